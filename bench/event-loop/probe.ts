/** Watches the turns of the event loop: how long each kept it, and what ran. Linux says besides how much of that this thread had a processor. */
import { closeSync, openSync, readSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';

/** One turn of the event loop. Milliseconds, on the clock of `performance.now()`. */
export interface Turn {
  readonly from: number;
  readonly to: number;
  /** Of these, how long this thread ran: the rest others had the processor, or a disk was waited for. NaN where the system does not say. */
  readonly ran: number;
  /** Of these, how long garbage was collected. */
  readonly garbage: number;
}

/** What an operation did to the event loop. */
export interface Watched {
  /** Milliseconds from call to answer. */
  readonly took: number;
  readonly turns: number;
  /** Turns longer than `least`, the longest first, by what this thread ran. */
  readonly long: readonly Turn[];
  readonly longest: Turn;
}

/** Turns that are shorter are only counted. */
const least = 5;

/** Runs something while the event loop turns as fast as it can. */
export async function watch(work: () => Promise<unknown>): Promise<Watched> {
  const clock = threadClock();
  const garbage: { from: number; to: number }[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries())
      garbage.push({ from: startTime, to: startTime + duration });
  });
  observer.observe({ entryTypes: ['gc'] });
  await nextTurn();
  const turns: { from: number; to: number; ran: number }[] = [];
  let [count, from, ran, over] = [0, performance.now(), clock.now(), false];
  const began = from;
  const turn = () => {
    const [to, has] = [performance.now(), clock.now()];
    count += 1;
    if (to - from > least || turns.length === 0) turns.push({ from, to, ran: has - ran });
    [from, ran] = [to, has];
  };
  const loop = () => {
    turn();
    if (!over) setImmediate(loop);
  };
  setImmediate(loop);
  let took: number;
  try {
    await work();
  } finally {
    took = performance.now() - began;
    over = true;
    // What the last turn still does counts as well.
    await nextTurn();
    await nextTurn();
    // Entries of the collector are told later.
    await new Promise((resolve) => setTimeout(resolve, 20));
    observer.disconnect();
    clock.close();
  }
  const long = turns
    .map((turn) => ({ ...turn, garbage: garbage.reduce((sum, each) => sum + overlap(turn, each), 0) }))
    .sort((a, b) => lengthOf(b) - lengthOf(a));
  return { took, turns: count, long, longest: long[0]! };
}

/** The time it ran is what the code is to blame for. */
export function lengthOf({ from, to, ran }: Turn): number {
  return Number.isNaN(ran) ? to - from : ran;
}

function overlap(a: { from: number; to: number }, b: { from: number; to: number }): number {
  return Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from));
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Processor time of this thread in milliseconds. */
function threadClock(): { now(): number; close(): void } {
  try {
    const file = openSync('/proc/thread-self/schedstat', 'r');
    const buffer = Buffer.alloc(64);
    return {
      now: () => Number.parseInt(buffer.toString('latin1', 0, readSync(file, buffer, 0, 64, 0)), 10) / 1e6,
      close: () => closeSync(file),
    };
  } catch {
    return { now: () => Number.NaN, close: () => {} };
  }
}
