import { crc32 } from '../../engine/storage/crc32.ts';
import { type FileHandle, type FileSystem, readFile } from '../../engine/storage/filesystem.ts';
import { type Mark, readMark } from './marks.ts';

/** What a line of the log says: a mark, or that one has been replaced by others. */
export type LogLine = { readonly seq: number; readonly mark: Mark } | { readonly cancel: number };

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });
const segmentBytes = 4 * 2 ** 20;
const name = /^marks-(\d{10})\.log$/;

interface Segment {
  readonly path: string;
  readonly file: FileHandle;
  size: number;
}

/**
 * The marks on disk: files of lines `crc32 json`, appended to. A file whose marks have all been worked off is removed; working off a mark again
 * after a crash does no harm, so nothing needs to be noted of single ones.
 */
export class LogSegments {
  readonly #fs: FileSystem;
  readonly #directory: string;
  readonly #live = new Map<number, number>();
  readonly #bySeq = new Map<number, number>();
  #current: (Segment & { readonly number: number }) | undefined;
  #next = 1;
  #last: Promise<unknown> = Promise.resolve();
  #unsynced = false;

  private constructor(fs: FileSystem, directory: string) {
    this.#fs = fs;
    this.#directory = directory;
  }

  /** Opens the log; `damaged` if some of what it once held cannot be read. */
  static async open(
    fs: FileSystem,
    directory: string,
  ): Promise<{ log: LogSegments; marks: { seq: number; mark: Mark }[]; damaged: boolean }> {
    const log = new LogSegments(fs, directory);
    const marks = new Map<number, Mark>();
    let damaged = false;
    for (const file of (await fs.list(directory)).filter((each) => name.test(each)).sort()) {
      const number = Number(name.exec(file)![1]);
      log.#next = number + 1;
      log.#live.set(number, 0);
      const { lines, complete } = linesOf(await readFile(fs, `${directory}/${file}`));
      damaged ||= !complete;
      for (const line of lines) {
        if ('cancel' in line) {
          if (marks.delete(line.cancel)) log.#settle(line.cancel);
          continue;
        }
        marks.set(line.seq, line.mark);
        log.#enter(line.seq, number);
      }
    }
    await log.#removeEmpty();
    return { log, marks: [...marks].map(([seq, mark]) => ({ seq, mark })), damaged };
  }

  /** Appends; on return the operating system has it. */
  append(lines: readonly LogLine[]): Promise<void> {
    return this.#inTurn(async () => {
      const segment = await this.#segment();
      const bytes = encoder.encode(lines.map(textOf).join(''));
      await segment.file.write(segment.size, bytes);
      segment.size += bytes.byteLength;
      this.#unsynced = true;
      for (const line of lines) {
        if ('seq' in line) this.#enter(line.seq, segment.number);
        else this.#settle(line.cancel);
      }
    });
  }

  /** What was appended survives a loss of power. */
  sync(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#unsynced) return;
      await this.#current?.file.sync();
      this.#unsynced = false;
    });
  }

  /** The marks of these numbers have been worked off. */
  done(seqs: Iterable<number>): Promise<void> {
    return this.#inTurn(async () => {
      for (const seq of seqs) this.#settle(seq);
      await this.#removeEmpty();
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#current?.file.sync();
      await this.#current?.file.close();
      this.#current = undefined;
    });
  }

  async #segment(): Promise<Segment & { readonly number: number }> {
    if (this.#current !== undefined && this.#current.size < segmentBytes) return this.#current;
    await this.#current?.file.sync();
    await this.#current?.file.close();
    const number = this.#next++;
    const path = pathOf(this.#directory, number);
    const file = await this.#fs.open(path, { create: true });
    await file.truncate(0);
    await this.#fs.syncDirectory(this.#directory);
    this.#live.set(number, 0);
    this.#current = { number, path, file, size: 0 };
    return this.#current;
  }

  async #removeEmpty(): Promise<void> {
    for (const [number, live] of this.#live) {
      if (live > 0) continue;
      if (this.#current?.number === number) {
        // Begun again in place: a quiet day must not make and remove a file for each write.
        if (this.#current.size > 0) await this.#current.file.truncate(0);
        this.#current.size = 0;
        continue;
      }
      await this.#fs.remove(pathOf(this.#directory, number));
      this.#live.delete(number);
    }
  }

  #enter(seq: number, segment: number): void {
    this.#bySeq.set(seq, segment);
    this.#live.set(segment, (this.#live.get(segment) ?? 0) + 1);
  }

  #settle(seq: number): void {
    const segment = this.#bySeq.get(seq);
    if (segment === undefined) return;
    this.#bySeq.delete(seq);
    this.#live.set(segment, this.#live.get(segment)! - 1);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function pathOf(directory: string, number: number): string {
  return `${directory}/marks-${String(number).padStart(10, '0')}.log`;
}

function textOf(line: LogLine): string {
  const json = JSON.stringify(line);
  return `${crc32(encoder.encode(json)).toString(16).padStart(8, '0')} ${json}\n`;
}

/** All whole lines; not complete if one before the end is broken. A broken end was never acknowledged. */
function linesOf(bytes: Uint8Array): { lines: LogLine[]; complete: boolean } {
  const lines: LogLine[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    if (end < 0) return { lines, complete: true };
    const line = readLine(bytes.subarray(at, end));
    if (line === undefined) return { lines, complete: false };
    lines.push(line);
    at = end + 1;
  }
  return { lines, complete: true };
}

function readLine(bytes: Uint8Array): LogLine | undefined {
  const json = bytes.subarray(9);
  try {
    if (Number.parseInt(decoder.decode(bytes.subarray(0, 8)), 16) !== crc32(json)) return undefined;
    const value: unknown = JSON.parse(decoder.decode(json));
    const { seq, cancel, mark } = value as { seq?: unknown; cancel?: unknown; mark?: unknown };
    if (typeof cancel === 'number') return { cancel };
    return typeof seq === 'number' ? { seq, mark: readMark(mark) } : undefined;
  } catch {
    return undefined;
  }
}
