import { VectorStoreError } from '../../errors.ts';
import { ByteWriter } from './bytes.ts';
import { crc32c } from './crc32c.ts';
import type { FileHandle, FileSystem } from './filesystem.ts';
import { decodeOperation, encodeOperation, type Operation } from './operations.ts';

/*
 * File: magic (4 bytes), format version (u32), then entries.
 * Entry: length of the body (u32), CRC-32C of that length (u32), CRC-32C of the body (u32), body. Both checksums are chained to the
 * previous entry's, which makes an entry valid only in its place.
 *
 * An entry that the end of the file cuts short, or whose body does not check and ends with the file, is a write that was interrupted: it is
 * discarded, and reported. Anything else that does not check is damage. The length has a checksum of its own, lest a damaged one pass for a
 * short file and all that follows be discarded with it.
 */
const magic = [0x41, 0x56, 0x4c, 0x47]; // AVLG
const version = 1;
const headerBytes = 8;
const entryHeaderBytes = 12;
const windowBytes = 8 * 2 ** 20;

/** The operations of a collection since its beginning (or since the log was written anew), on disk. */
export class OperationLog {
  readonly #file: FileHandle;
  readonly #path: string;
  #size: number;
  #chain: number;
  #entries: number;
  #failed: unknown;

  private constructor(path: string, file: FileHandle, at: { size: number; chain: number; entries: number }) {
    this.#path = path;
    this.#file = file;
    this.#size = at.size;
    this.#chain = at.chain;
    this.#entries = at.entries;
  }

  /** An empty log in a new file. */
  static async create(fs: FileSystem, path: string): Promise<OperationLog> {
    const file = await fs.open(path, { create: true });
    await file.truncate(0);
    await file.write(0, new ByteWriter().raw(Uint8Array.from(magic)).u32(version).bytes());
    return new OperationLog(path, file, { size: headerBytes, chain: 0, entries: 0 });
  }

  /**
   * Opens a log and replays it.
   *
   * @returns What was discarded at the end, in words, if anything.
   * @throws `Corruption`
   */
  static async open(
    fs: FileSystem,
    path: string,
    dimension: number,
    apply: (operation: Operation) => void,
  ): Promise<{ log: OperationLog; discarded: string | undefined }> {
    const file = await fs.open(path, { create: false });
    try {
      const size = await file.size();
      const end = await replay(file, path, size, (body) => apply(decodeOperation(body, dimension)));
      const log = new OperationLog(path, file, end);
      if (end.size === size) return { log, discarded: undefined };
      await file.truncate(end.size);
      return {
        log,
        discarded: `${path}: discarded an incomplete, unacknowledged write of ${size - end.size} bytes at offset ${end.size}`,
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get byteLength(): number {
    return this.#size;
  }
  /** How many operations it holds: with the file's name, the version of what it describes. */
  get entries(): number {
    return this.#entries;
  }

  /** Appends an operation: visible to the next open, durable after {@link sync}. If it fails nothing is appended. */
  async append(operation: Operation): Promise<void> {
    this.#refuseIfFailed();
    const { bytes, chain } = encodeEntry(operation, this.#chain);
    try {
      await this.#file.write(this.#size, bytes);
    } catch (error) {
      await this.#undo(error);
      throw error;
    }
    this.#size += bytes.byteLength;
    this.#chain = chain;
    this.#entries += 1;
  }

  /** A failed sync may have lost what was written before: the log takes no more afterwards. */
  async sync(): Promise<void> {
    this.#refuseIfFailed();
    try {
      await this.#file.sync();
    } catch (error) {
      this.#failed = error;
      this.#refuseIfFailed();
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #undo(error: unknown): Promise<void> {
    try {
      await this.#file.truncate(this.#size);
    } catch {
      this.#failed = error;
    }
  }

  #refuseIfFailed(): void {
    if (this.#failed === undefined) return;
    throw new VectorStoreError(
      'Durability',
      `${this.#path} could not be written; the collection takes no more writes until it is opened again`,
      { cause: this.#failed },
    );
  }
}

function encodeEntry(operation: Operation, previous: number): { bytes: Uint8Array; chain: number } {
  const writer = new ByteWriter().u32(0).u32(0).u32(0);
  encodeOperation(operation, writer);
  writer.patchU32(0, writer.length - entryHeaderBytes);
  const bytes = writer.bytes();
  const lengthChecksum = crc32c(bytes.subarray(0, 4), previous);
  const chain = crc32c(bytes.subarray(entryHeaderBytes), lengthChecksum);
  writer.patchU32(4, lengthChecksum).patchU32(8, chain);
  return { bytes, chain };
}

/** Hands out each entry's body; returns where the valid part ends. */
async function replay(
  file: FileHandle,
  path: string,
  size: number,
  apply: (body: Uint8Array) => void,
): Promise<{ size: number; chain: number; entries: number }> {
  const header = await file.read(0, headerBytes);
  checkHeader(header, path);
  const window = new Window(file, size);
  let at = headerBytes;
  let chain = 0;
  let entries = 0;
  while (at < size) {
    const head = await window.at(at, entryHeaderBytes);
    if (head === undefined) break;
    const view = new DataView(head.buffer, head.byteOffset, entryHeaderBytes);
    const [length, lengthChecksum, bodyChecksum] = [
      view.getUint32(0, true),
      view.getUint32(4, true),
      view.getUint32(8, true),
    ];
    if (crc32c(head.subarray(0, 4), chain) !== lengthChecksum) throw damaged(path, at);
    const end = at + entryHeaderBytes + length;
    const body = await window.at(at + entryHeaderBytes, length);
    if (body === undefined) break;
    if (crc32c(body, lengthChecksum) !== bodyChecksum) {
      if (end === size) break;
      throw damaged(path, at);
    }
    apply(body);
    at = end;
    chain = bodyChecksum;
    entries += 1;
  }
  return { size: at, chain, entries };
}

function damaged(path: string, offset: number): VectorStoreError {
  return new VectorStoreError('Corruption', `${path} is damaged at offset ${offset}: restore it from a copy`);
}

function checkHeader(header: Uint8Array, path: string): void {
  if (header.byteLength < headerBytes || magic.some((byte, i) => header[i] !== byte)) {
    throw new VectorStoreError('Corruption', `${path} is no log of this engine`);
  }
  const found = new DataView(header.buffer, header.byteOffset).getUint32(4, true);
  if (found !== version)
    throw new VectorStoreError('Corruption', `${path} has format version ${found}; this release reads ${version}`);
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

  /** A view of bytes, valid until the next call; undefined if the file ends before. */
  async at(offset: number, length: number): Promise<Uint8Array | undefined> {
    if (offset + length > this.#size) return undefined;
    const end = this.#start + this.#bytes.byteLength;
    if (offset < this.#start || offset + length > end) {
      this.#start = offset;
      this.#bytes = await this.#file.read(offset, Math.min(Math.max(length, windowBytes), this.#size - offset));
    }
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length);
  }
}
