import type { BlockFile } from './block-file.ts';

/** Read at once where reads follow one another. */
const aheadBytes = 2 ** 18;
/** Two reads follow one another if they are no further apart. */
const nearBytes = 2 ** 14;

/** Small reads of a file, which are few calls where they follow one another. */
export class ReadAhead {
  readonly #file: BlockFile;
  #window = new Uint8Array(0);
  #start = 0;
  #length = 0;

  constructor(file: BlockFile) {
    this.#file = file;
  }

  /** A view of bytes, valid until the next call. It begins in memory at a multiple of four if `offset` is one. */
  at(offset: number, length: number): Uint8Array<ArrayBuffer> {
    if (offset < this.#start || offset + length > this.#start + this.#length) this.#move(offset, length);
    return this.#window.subarray(offset - this.#start, offset - this.#start + length);
  }

  /** Memory in use. */
  get byteLength(): number {
    return this.#window.byteLength;
  }

  #move(offset: number, length: number): void {
    const end = this.#start + this.#length;
    const follows = this.#length > 0 && offset >= this.#start && offset - end <= nearBytes;
    const start = offset - (offset % 4);
    const wanted = Math.max(offset + length - start, follows ? aheadBytes : 0);
    // Beyond the end of the file there is nothing, and the file says so if it is asked.
    const bytes = Math.max(offset + length - start, Math.min(wanted, this.#file.byteLength - start));
    if (bytes > this.#window.byteLength) this.#window = new Uint8Array(bytes);
    // Nothing is in the window if this throws.
    this.#length = 0;
    this.#file.read(start, this.#window.subarray(0, bytes));
    this.#start = start;
    this.#length = bytes;
  }
}
