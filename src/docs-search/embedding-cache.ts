/** Node only. Embeddings by the hash of their text, in one compact file, so that nothing is computed twice. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { isMissing, writeFileAtomic } from './files.ts';

// File: magic (8 bytes), model checksum (32), dimension (u32), count (u32), per entry key (16) and f32 vector, SHA-256 (32).
const magic = Buffer.from('AVEMBED1');
const headerBytes = 48;
const keyBytes = 16;
const hashBytes = 32;
const defaultCapacity = 50_000;

/** Embeddings of one model. What is lost here is only computed again, so a damaged file counts as an empty one. */
export class EmbeddingCache {
  readonly #path: string;
  readonly #checksum: Buffer;
  readonly #dimension: number;
  readonly #capacity: number;
  /** By key in hexadecimal; the longest unused first. */
  readonly #vectors = new Map<string, Float32Array>();
  #isDirty = false;
  #saving: Promise<void> = Promise.resolve();

  private constructor(path: string, checksum: string, dimension: number, capacity: number) {
    this.#path = path;
    this.#checksum = Buffer.from(checksum, 'hex');
    this.#dimension = dimension;
    this.#capacity = capacity;
  }

  /**
   * @param path The file; it need not exist.
   * @param checksum SHA-256 of the model in hexadecimal: entries of another model are not used.
   * @param dimension Length of the vectors.
   * @param capacity How many are kept (1.6 kB each at 384 numbers); beyond it the longest unused go.
   */
  static async open(path: string, checksum: string, dimension: number, capacity = defaultCapacity) {
    const cache = new EmbeddingCache(path, checksum, dimension, capacity);
    cache.#decode(await readFile(path).catch(emptyIfMissing));
    return cache;
  }

  get size(): number {
    return this.#vectors.size;
  }

  /** Not to be changed by the caller. */
  get(text: string): Float32Array | undefined {
    const key = keyOf(text);
    const vector = this.#vectors.get(key);
    if (vector === undefined) return undefined;
    this.#vectors.delete(key);
    this.#vectors.set(key, vector);
    return vector;
  }

  set(text: string, vector: Float32Array): void {
    if (vector.length !== this.#dimension)
      throw new RangeError(`expected ${this.#dimension} numbers, got ${vector.length}`);
    const key = keyOf(text);
    this.#vectors.delete(key);
    this.#vectors.set(key, vector.slice());
    for (const oldest of this.#vectors.keys()) {
      if (this.#vectors.size <= this.#capacity) break;
      this.#vectors.delete(oldest);
    }
    this.#isDirty = true;
  }

  /** Writes the file if anything is new. Of two processes that save at once, the last one's file stays. */
  save(): Promise<void> {
    this.#saving = this.#saving.catch(() => {}).then(() => this.#write());
    return this.#saving;
  }

  async #write(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    await writeFileAtomic(this.#path, this.#encode());
  }

  #encode(): Buffer {
    const header = Buffer.alloc(headerBytes);
    magic.copy(header);
    this.#checksum.copy(header, 8);
    header.writeUInt32LE(this.#dimension, 40);
    header.writeUInt32LE(this.#vectors.size, 44);
    const parts: Uint8Array[] = [header];
    for (const [key, vector] of this.#vectors) {
      parts.push(Buffer.from(key, 'hex'), Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength));
    }
    const body = Buffer.concat(parts);
    return Buffer.concat([body, sha256(body)]);
  }

  #decode(file: Buffer): void {
    const entryBytes = keyBytes + this.#dimension * 4;
    if (file.length < headerBytes + hashBytes || !file.subarray(0, 8).equals(magic)) return;
    if (!file.subarray(8, 40).equals(this.#checksum) || file.readUInt32LE(40) !== this.#dimension) return;
    const count = file.readUInt32LE(44);
    const end = headerBytes + count * entryBytes;
    if (file.length !== end + hashBytes || !sha256(file.subarray(0, end)).equals(file.subarray(end))) return;
    for (let at = headerBytes; at < end; at += entryBytes) {
      // Copied, because a Float32Array must begin at a multiple of four.
      const bytes = Uint8Array.prototype.slice.call(file, at + keyBytes, at + entryBytes);
      this.#vectors.set(file.toString('hex', at, at + keyBytes), new Float32Array(bytes.buffer));
    }
  }
}

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest();
const keyOf = (text: string) =>
  createHash('sha256')
    .update(text)
    .digest('hex')
    .slice(0, keyBytes * 2);

function emptyIfMissing(error: unknown): Buffer {
  if (isMissing(error)) return Buffer.alloc(0);
  throw error;
}
