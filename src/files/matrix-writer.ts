/** Node only. Writes vectors as a matrix that numpy reads, and their ids and payloads as JSON lines, one for each row. */
import { dirname } from 'node:path';
import { hasCode } from '../engine/storage/filesystem.ts';
import { nodeFileSystem } from '../engine/storage/node-filesystem.ts';
import { VectorStoreError } from '../errors.ts';
import type { Id, Payload } from '../types.ts';
import { isFile } from './read-handle.ts';

/** One row, and what belongs to it. */
export interface MatrixRow {
  readonly id: Id;
  readonly vector: Float32Array;
  readonly payload: Payload;
}

/** Of the file: what numpy pads its own headers to, with room for any number of rows. */
const headerBytes = 128;
const chunkBytes = 1 << 20;

/** Where the lines of a matrix are: `vectors.jsonl` beside `vectors.npy`. */
export function linesBeside(path: string): string {
  return path.replace(/\.npy$/i, '.jsonl');
}

/**
 * Writes `path` (`….npy`, little-endian 32-bit floats in C order) and the file of {@link linesBeside}, both whole or not at all.
 *
 * @returns How many rows there are.
 * @throws `AlreadyExists` where one of the two files is there.
 */
export async function writeMatrix(path: string, dimension: number, rows: AsyncIterable<MatrixRow>): Promise<number> {
  const lines = linesBeside(path);
  for (const file of [path, lines])
    if (await isFile(file))
      throw new VectorStoreError('AlreadyExists', `${file} is there: remove it, or take another name`);
  await nodeFileSystem.makeDirectory(dirname(path));
  const [matrix, text] = await Promise.all([path, lines].map((file) => Output.create(file)));
  try {
    await matrix!.append(new Uint8Array(headerBytes));
    const encoder = new TextEncoder();
    let count = 0;
    for await (const { id, vector, payload } of rows) {
      await matrix!.append(new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
      await text!.append(encoder.encode(`${JSON.stringify({ id, payload })}\n`));
      count += 1;
    }
    await matrix!.finish(headerOf(count, dimension));
    await text!.finish();
    // Lines without a matrix are none; a matrix without its lines would have other ids.
    await text!.publish();
    await matrix!.publish();
    return count;
  } catch (error) {
    await Promise.all([matrix!.discard(), text!.discard()]);
    throw error;
  }
}

/** Version 1.0 of the format. */
function headerOf(rows: number, dimension: number): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${dimension}), }`;
  const bytes = new Uint8Array(headerBytes).fill(0x20);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, headerBytes - 10, 0]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[headerBytes - 1] = 0x0a;
  return bytes;
}

/** A file under another name, until it is whole. */
class Output {
  readonly #path: string;
  readonly #file: Awaited<ReturnType<typeof nodeFileSystem.open>>;
  readonly #chunk = new Uint8Array(chunkBytes);
  #filled = 0;
  #written = 0;

  private constructor(path: string, file: Awaited<ReturnType<typeof nodeFileSystem.open>>) {
    this.#path = path;
    this.#file = file;
  }

  static async create(path: string): Promise<Output> {
    const file = await nodeFileSystem.open(`${path}.tmp`, { create: true });
    await file.truncate(0);
    return new Output(path, file);
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.#filled + bytes.length > chunkBytes) await this.#flush();
    if (bytes.length > chunkBytes) {
      await this.#file.write(this.#written, bytes);
      this.#written += bytes.length;
      return;
    }
    this.#chunk.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  /** @param start What the file begins with, now that it is known. */
  async finish(start?: Uint8Array): Promise<void> {
    await this.#flush();
    if (start !== undefined) await this.#file.write(0, start);
    await this.#file.sync();
    await this.#file.close();
  }

  async publish(): Promise<void> {
    await nodeFileSystem.rename(`${this.#path}.tmp`, this.#path);
    await nodeFileSystem.syncDirectory(dirname(this.#path));
  }

  async discard(): Promise<void> {
    await this.#file.close().catch(() => undefined);
    await nodeFileSystem.remove(`${this.#path}.tmp`).catch((error: unknown) => {
      if (!hasCode(error, 'ENOENT')) throw error;
    });
  }

  async #flush(): Promise<void> {
    await this.#file.write(this.#written, this.#chunk.subarray(0, this.#filled));
    this.#written += this.#filled;
    this.#filled = 0;
  }
}
