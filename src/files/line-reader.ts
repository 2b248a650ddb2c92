import type { FileHandle } from '../engine/storage/filesystem.ts';
import { corruptFile } from './corrupt.ts';

/** A line, without its end. */
export interface Line {
  readonly text: string;
  /** Where it begins, and where the next one does. */
  readonly at: number;
  readonly next: number;
  /** Whether a line feed ends it. */
  readonly complete: boolean;
}

/** No line that this library writes is longer: a payload has 16 MiB, a vector 65,536 numbers. */
const maximumLineBytes = 64 * 2 ** 20;
const lineFeed = 0x0a;

/** Lines of a file by where they begin. */
export class LineReader {
  readonly #file: FileHandle;
  readonly #name: string;
  readonly #windowBytes: number;
  #window: Uint8Array = new Uint8Array(0);
  #windowAt = 0;

  /** @param windowBytes How much is read at once, unless a line is longer. */
  constructor(file: FileHandle, name: string, windowBytes: number) {
    this.#file = file;
    this.#name = name;
    this.#windowBytes = windowBytes;
  }

  /**
   * The line that begins there; undefined at the end.
   *
   * @param end Where reading must stop.
   * @throws `Corruption` for one that is no UTF-8 or far too long.
   */
  async lineAt(at: number, end: number): Promise<Line | undefined> {
    if (at >= end) return undefined;
    for (let bytes = this.#windowBytes; ; bytes *= 4) {
      const start = at - this.#windowAt;
      const length = this.#indexOfLineFeed(start);
      if (length !== undefined) return this.#line(at, start, length, true);
      const known = this.#windowAt + this.#window.byteLength;
      if (start >= 0 && known >= end) return this.#line(at, start, end - at, false);
      if (bytes > 4 * maximumLineBytes) throw corruptFile(`${this.#name}, byte ${at}`, 'a line of more than 64 MiB');
      this.#window = await this.#file.read(at, Math.min(bytes, end - at));
      this.#windowAt = at;
      if (this.#window.byteLength === 0) throw corruptFile(this.#name, 'it became shorter while it was read');
      if (this.#window.byteLength < Math.min(bytes, end - at)) end = at + this.#window.byteLength;
    }
  }

  #indexOfLineFeed(start: number): number | undefined {
    if (start < 0 || start >= this.#window.byteLength) return undefined;
    const found = this.#window.indexOf(lineFeed, start);
    return found < 0 ? undefined : found - start;
  }

  #line(at: number, start: number, length: number, complete: boolean): Line {
    const bytes = this.#window.subarray(start, start + length);
    const next = at + length + (complete ? 1 : 0);
    try {
      return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), at, next, complete };
    } catch {
      if (complete) throw corruptFile(`${this.#name}, byte ${at}`, 'the line is no UTF-8');
      return { text: '', at, next, complete };
    }
  }
}
