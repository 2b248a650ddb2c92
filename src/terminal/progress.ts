/** Node only. What a person sees while something takes long: a bar on a terminal, plain lines elsewhere. */
import { Presets, SingleBar } from 'cli-progress';

/** Where progress goes. */
export interface Progress {
  /** One line about what happens now. */
  status(text: string): void;
  /**
   * Begins a task of `total` units of work on `items` things. With the name of these things their rate is shown, too.
   * @param before Units, and things, that were done before this run: no part of the rate. Default 0.
   */
  begin(label: string, total: number, items: number, things?: string, before?: number): ProgressTask;
}

/** A task under way. */
export interface ProgressTask {
  /** @param work Units done so far. @param items Things done so far. */
  update(work: number, items: number): void;
  /** Ends it, complete or not. */
  end(): void;
}

/** The part of a stream that is used here; `process.stderr` is one. */
export interface ProgressStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

const linesEveryMs = 10_000;

/** Progress on a stream: a bar where it is a terminal, else a line every ten seconds without escape codes. */
export function progressOn(stream: ProgressStream = process.stderr): Progress {
  return {
    status: (text) => void stream.write(`${text}\n`),
    begin: (label, total, items, things, before = 0) =>
      (stream.isTTY ? bar : lines)(stream, label, Math.max(total, 1), items, before, things),
  };
}

/** No progress. */
export const silent: Progress = { status: () => {}, begin: () => ({ update: () => {}, end: () => {} }) };

function bar(
  stream: ProgressStream,
  label: string,
  total: number,
  items: number,
  before: number,
  things?: string,
): ProgressTask {
  const format = `${label} {bar} {percentage} % | {items}/${items} | {rate}{left}`;
  const single = new SingleBar({ stream, format, barsize: 24, hideCursor: true, fps: 8 }, Presets.shades_classic);
  const started = performance.now();
  single.start(total, 0, { items: 0, left: '', rate: '' });
  return {
    update: (work, done) => {
      const rate = rateOf(started, done - before, things);
      single.update(work, {
        items: done,
        left: timeLeft(started, (work - before) / Math.max(1, total - before)),
        rate,
      });
    },
    end: () => single.stop(),
  };
}

function lines(
  stream: ProgressStream,
  label: string,
  total: number,
  items: number,
  before: number,
  things?: string,
): ProgressTask {
  const started = performance.now();
  let printed = started;
  let last = 0;
  stream.write(`${label}: ${items}\n`);
  return {
    update(work, done) {
      last = work;
      if (performance.now() - printed < linesEveryMs) return;
      printed = performance.now();
      const percent = Math.floor((work / total) * 100);
      stream.write(
        `${label}: ${done}/${items} (${percent} %), ${rateOf(started, done - before, things)}${timeLeft(started, (work - before) / Math.max(1, total - before))}\n`,
      );
    },
    end() {
      const outcome = last < total ? 'stopped after' : 'done in';
      stream.write(`${label}: ${outcome} ${duration(performance.now() - started)}\n`);
    },
  };
}

function rateOf(started: number, done: number, things: string | undefined): string {
  const seconds = (performance.now() - started) / 1_000;
  return things === undefined || seconds <= 0 ? '' : `${Math.round(done / seconds).toLocaleString('en')} ${things}/s, `;
}

function timeLeft(started: number, fraction: number): string {
  if (fraction <= 0) return '';
  return `${duration(((performance.now() - started) * (1 - fraction)) / fraction)} left`;
}

/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
