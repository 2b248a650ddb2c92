import { VectorStoreError } from '../../errors.ts';
import { crc32 } from './crc32.ts';
import { type FileHandle, type FileSystem, openExisting } from './filesystem.ts';

/*
 * A file that is written once, from beginning to end, and then read in any order: content in blocks of 4 KiB, then the tail: CRC-32 of each
 * block (u32 each). Whoever wants to read it must know how long it is and the tail's checksum, so that every byte that is ever used has
 * been verified, and none that is not need be.
 */
const blockBytes = 4_096;
/** Content written at once. */
const chunkBytes = 64 * blockBytes;

/** What is remembered of a finished file, to open it. */
export interface BlockFileSeal {
  /** Bytes of the content, without the tail. */
  readonly bytes: number;
  readonly checksum: number;
}

/** Writes a file of checksummed blocks. */
export class BlockFileWriter {
  readonly #file: FileHandle;
  readonly #chunk = new Uint8Array(chunkBytes);
  #checksums = new Uint32Array(256);
  /** Bytes in the file, and in the chunk that is not in it yet. */
  #written = 0;
  #pending = 0;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async create(fs: FileSystem, path: string): Promise<BlockFileWriter> {
    const file = await fs.open(path, { create: true });
    try {
      await file.truncate(0);
    } catch (error) {
      await file.close();
      throw error;
    }
    return new BlockFileWriter(file);
  }

  /** Where the next byte goes. */
  get offset(): number {
    return this.#written + this.#pending;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + chunkBytes - this.#pending);
      this.#chunk.set(part, this.#pending);
      this.#pending += part.byteLength;
      at += part.byteLength;
      if (this.#pending === chunkBytes) await this.#flush();
    }
  }

  /** Zeros up to a multiple of eight. */
  async align(): Promise<void> {
    const rest = this.offset % 8;
    if (rest !== 0) await this.write(new Uint8Array(8 - rest));
  }

  /** Everything is durable when this returns, but for the file's name. */
  async finish(): Promise<BlockFileSeal> {
    await this.#flush();
    const blocks = Math.ceil(this.#written / blockBytes);
    const tail = new Uint8Array(this.#checksums.buffer, 0, 4 * blocks);
    await this.#file.write(this.#written, tail);
    await this.#file.sync();
    return { bytes: this.#written, checksum: crc32(tail) };
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #flush(): Promise<void> {
    const first = this.#written / blockBytes;
    const blocks = Math.ceil(this.#pending / blockBytes);
    this.#reserve(first + blocks);
    for (let i = 0; i < blocks; i++) {
      const block = this.#chunk.subarray(i * blockBytes, Math.min((i + 1) * blockBytes, this.#pending));
      this.#checksums[first + i] = crc32(block);
    }
    await this.#file.write(this.#written, this.#chunk.subarray(0, this.#pending));
    this.#written += this.#pending;
    this.#pending = 0;
  }

  #reserve(blocks: number): void {
    if (blocks <= this.#checksums.length) return;
    const grown = new Uint32Array(Math.max(blocks, 2 * this.#checksums.length));
    grown.set(this.#checksums);
    this.#checksums = grown;
  }
}

/** Reads a file of checksummed blocks. Each block is verified when it is read for the first time. */
export class BlockFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #bytes: number;
  readonly #checksums: Uint32Array;
  readonly #verified: Uint8Array;
  /** Where blocks are verified of which somebody wants a part. */
  readonly #whole = new Uint8Array(blockBytes);

  private constructor(path: string, file: FileHandle, bytes: number, checksums: Uint32Array) {
    this.path = path;
    this.#file = file;
    this.#bytes = bytes;
    this.#checksums = checksums;
    this.#verified = new Uint8Array(checksums.length);
  }

  /** @throws `Corruption` */
  static async open(fs: FileSystem, path: string, { bytes, checksum }: BlockFileSeal): Promise<BlockFile> {
    const file = await openExisting(fs, path);
    try {
      const tailBytes = 4 * Math.ceil(bytes / blockBytes);
      if ((await file.size()) !== bytes + tailBytes)
        throw new VectorStoreError('Corruption', `${path} is not as long as it was written: restore it from a copy`);
      const tail = await file.read(bytes, tailBytes);
      if (tail.byteLength !== tailBytes || crc32(tail) !== checksum)
        throw new VectorStoreError('Corruption', `${path} fails its checksum: restore it from a copy`);
      return new BlockFile(path, file, bytes, new Uint32Array(new Uint8Array(tail).buffer));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes of the content. */
  get byteLength(): number {
    return this.#bytes;
  }

  /**
   * Fills `target` from `offset`.
   *
   * @throws `Corruption`; `Unavailable` if the system cannot read.
   */
  read(offset: number, target: Uint8Array): void {
    const end = offset + target.byteLength;
    if (end > this.#bytes) throw this.#damaged(offset);
    this.#fill(offset, target);
    for (let block = Math.floor(offset / blockBytes); block * blockBytes < end; block++) {
      if (this.#verified[block] === 1) continue;
      const from = block * blockBytes;
      const whole = from >= offset && Math.min(from + blockBytes, this.#bytes) <= end;
      if (whole)
        this.#verify(block, target.subarray(from - offset, Math.min(from - offset + blockBytes, target.byteLength)));
      else this.#readAround(block, offset, target);
    }
  }

  /** Of a block of which `target` has a part only, all is read and verified. */
  #readAround(block: number, offset: number, target: Uint8Array): void {
    const from = block * blockBytes;
    const bytes = this.#whole.subarray(0, Math.min(blockBytes, this.#bytes - from));
    this.#fill(from, bytes);
    this.#verify(block, bytes);
    const start = Math.max(from, offset);
    const end = Math.min(from + bytes.byteLength, offset + target.byteLength);
    // What was read first may not have been the same.
    target.set(bytes.subarray(start - from, end - from), start - offset);
  }

  #fill(offset: number, target: Uint8Array): void {
    let filled: number;
    try {
      filled = this.#file.readSync(offset, target);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'unknown error';
      throw new VectorStoreError('Unavailable', `${this.path} cannot be read: ${why}`, { cause });
    }
    if (filled !== target.byteLength) throw this.#damaged(offset);
  }

  /** Many bytes, while others have their turn. They begin in memory at a multiple of eight if `offset` is one. */
  async load(offset: number, length: number): Promise<Uint8Array> {
    const first = Math.floor(offset / blockBytes);
    const start = first * blockBytes;
    const end = Math.min(Math.ceil((offset + length) / blockBytes) * blockBytes, this.#bytes);
    const blocks = await this.#file.read(start, Math.max(0, end - start));
    if (start + blocks.byteLength < offset + length) throw this.#damaged(offset);
    this.#verify(first, blocks);
    const bytes = blocks.subarray(offset - start, offset - start + length);
    // Else a copy, so that numbers in it lie where views of them may begin. (A Buffer's own `slice` makes none.)
    return bytes.byteOffset % 8 === offset % 8 ? bytes : new Uint8Array(bytes);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #verify(first: number, blocks: Uint8Array): void {
    for (let at = 0, block = first; at < blocks.byteLength; at += blockBytes, block++) {
      if (this.#verified[block] === 1) continue;
      if (crc32(blocks.subarray(at, at + blockBytes)) !== this.#checksums[block])
        throw this.#damaged(block * blockBytes);
      this.#verified[block] = 1;
    }
  }

  #damaged(offset: number): VectorStoreError {
    return new VectorStoreError('Corruption', `${this.path} is damaged at offset ${offset}: restore it from a copy`);
  }
}
