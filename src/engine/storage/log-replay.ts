import { VectorStoreError } from '../../errors.ts';
import { TimeSlice } from '../../time-slice.ts';
import { crc32 } from './crc32.ts';
import type { FileHandle } from './filesystem.ts';
import { checkLogHeader, EntryFormat, entryHeadBytes, type LogIdentity, logHeaderBytes } from './log-format.ts';

const windowBytes = 4 * 2 ** 20;

/** A log that is read: where it is, whose it is, and how much of it is known to have been durable. */
export interface ReplayedLog {
  readonly file: FileHandle;
  readonly path: string;
  readonly identity: LogIdentity;
  readonly durable: number;
}

/**
 * Hands out the body of each entry, in order; returns where the valid part ends.
 *
 * What is not valid there is the rest of writes that were interrupted, unless it is known to have been durable once: by what the caller
 * knows, or by what a later entry says. Then it is damage.
 *
 * @throws `Corruption`
 */
export async function replayLog(log: ReplayedLog, apply: (body: Uint8Array) => Promise<void> | void): Promise<number> {
  const { file, path, identity, durable } = log;
  const size = await file.size();
  checkLogHeader(await file.read(0, logHeaderBytes), identity, path);
  const format = new EntryFormat(identity);
  const window = new Window(file, size);
  const slice = new TimeSlice(new AbortController().signal);
  let at = logHeaderBytes;
  while (at < size) {
    const head = format.head(await window.at(at, entryHeadBytes), at);
    if (head === undefined) break;
    const body = await window.at(at + entryHeadBytes, head.bodyBytes);
    if (body.byteLength < head.bodyBytes || crc32(body) !== head.bodyChecksum) break;
    await apply(body);
    at += entryHeadBytes + head.bodyBytes;
    await slice.pause();
  }
  if (at < durable || (at < size && (await isKnownDurable(window, size, format, at))))
    throw new VectorStoreError('Corruption', `${path} is damaged at offset ${at}: restore it from a copy`);
  return at;
}

/** Whether some entry after `end` says that what is at `end` had been durable. */
async function isKnownDurable(window: Window, size: number, format: EntryFormat, end: number): Promise<boolean> {
  const step = 2 ** 16;
  for (let from = end + 1; from + entryHeadBytes <= size; from += step) {
    const bytes = await window.at(from, Math.min(step + entryHeadBytes - 1, size - from));
    for (let i = 0; i + entryHeadBytes <= bytes.byteLength; i++) {
      // The first byte of the magic, to pass over nearly all places quickly.
      if (bytes[i] !== 0x41) continue;
      const head = format.head(bytes.subarray(i, i + entryHeadBytes), from + i);
      if (head !== undefined && head.durable > end) return true;
    }
  }
  return false;
}

/** A moving window over a file, so that opening takes bounded memory. */
class Window {
  readonly #file: FileHandle;
  readonly #size: number;
  #start = 0;
  #bytes: Uint8Array = new Uint8Array(0);

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** A view of bytes, valid until the next call; fewer than asked for where the file ends before. */
  async at(offset: number, wanted: number): Promise<Uint8Array> {
    const length = Math.max(0, Math.min(wanted, this.#size - offset));
    const end = this.#start + this.#bytes.byteLength;
    if (offset < this.#start || offset + length > end) {
      this.#start = offset;
      this.#bytes = await this.#file.read(offset, Math.min(Math.max(length, windowBytes), this.#size - offset));
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}
