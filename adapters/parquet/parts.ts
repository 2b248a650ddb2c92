import { join } from 'node:path';
import type { DriverRecord } from '../../src/driver.ts';
import { nodeFileSystem } from '../../src/engine/storage/node-filesystem.ts';
import { VectorStoreError } from '../../src/errors.ts';
import type { PlainRow } from '../../src/files/columns.ts';
import type { FileSpec, IsLive, Row, RowKey, RowStore, RowWriter } from '../../src/files/row-store.ts';
import type { WriteLock } from '../../src/files/write-lock.ts';
import type { Id } from '../../src/types.ts';
import type { ParquetPackages } from './packages.ts';
import { PartReader } from './part-reader.ts';
import { type OutgoingRow, writePart } from './part-writer.ts';

/** What is written and not in a file yet, at most: then a part is made of it. */
const pendingBytes = 32 << 20;

/** Where parts are. */
export interface PartsPlace {
  readonly directory: string;
  /** The file that is the whole collection; undefined where it has as many as it needs. */
  readonly single?: string;
}

/** How a row of a file is read. */
export interface RowFormat {
  /** @param number How many rows stand before it, in all parts. */
  row(plain: PlainRow, position: number, place: string): Row;
  /** The same of the columns `keyColumns`. */
  key?(plain: PlainRow, position: number, place: string): RowKey;
  readonly keyColumns?: readonly string[];
}

/** How {@link Parts} are opened. */
export interface PartsOptions {
  readonly packages: ParquetPackages;
  readonly place: PartsPlace;
  readonly format: RowFormat;
  /** Undefined: this library did not write them, and only reads them. */
  readonly own?: { readonly spec: FileSpec; readonly lock: WriteLock };
  readonly readers: readonly PartReader[];
  readonly recovery: readonly string[];
}

/** A file, and the positions of its rows. */
interface Part {
  reader: PartReader;
  readonly from: number;
  /** Where the next one begins. */
  readonly to: number;
  /** Ascending. Undefined: from `from` on without a gap. */
  positions?: Float64Array;
  /** Rows that count no more. */
  dead: number;
}

/**
 * A collection as Parquet files. What is written waits in memory until `flush` makes a file of it. Files never change: one that holds rows of
 * deleted records is replaced by one without them at `flush`, one that holds rows with newer versions when the collection is closed.
 */
export class Parts implements RowStore {
  readonly recovery: readonly string[];
  readonly writer?: RowWriter;
  readonly #options: PartsOptions;
  #parts: Part[] = [];
  /** By position, ascending. */
  readonly #pending = new Map<number, OutgoingRow>();
  #pendingBytes = 0;
  #pendingFrom: number;
  #end = 0;
  /** Rows of deleted records are still in files. */
  #removed = false;
  #nextNumber = 1;

  constructor(options: PartsOptions) {
    this.#options = options;
    this.recovery = options.recovery;
    for (const reader of options.readers) {
      this.#parts.push({ reader, from: this.#end, to: this.#end + reader.rowCount, dead: 0 });
      this.#end += reader.rowCount;
      this.#nextNumber = Math.max(this.#nextNumber, numberOf(reader.path) + 1);
    }
    this.#pendingFrom = this.#end;
    if (options.own !== undefined) this.writer = this.#makeWriter(options.own);
  }

  get end(): number {
    return this.#end;
  }

  async *rows(from: number, to: number): AsyncGenerator<Row> {
    for (const part of this.#parts) {
      if (part.to <= from || part.from >= to) continue;
      const first = indexFrom(part, from);
      const last = indexFrom(part, to);
      yield* this.#partRows(part, numbers(first, last));
    }
    for (const [position, row] of this.#pending) if (position >= from && position < to) yield pendingRow(position, row);
  }

  async *keys(): AsyncGenerator<RowKey> {
    const { key, keyColumns } = this.#options.format;
    if (key === undefined || keyColumns === undefined) {
      yield* this.rows(0, this.#end);
      return;
    }
    for (const part of this.#parts) {
      let position = part.from;
      for await (const plain of part.reader.columns(keyColumns)) {
        yield key(plain, position, `${part.reader.path}, row ${position - part.from}`);
        position++;
      }
    }
  }

  async *read(positions: ArrayLike<number>): AsyncGenerator<Row> {
    let next = 0;
    for (const part of this.#parts) {
      const wanted: number[] = [];
      for (; next < positions.length && positions[next]! < part.to; next++)
        wanted.push(indexFrom(part, positions[next]!));
      if (wanted.length > 0) yield* this.#partRows(part, wanted);
    }
    for (; next < positions.length; next++) {
      const row = this.#pending.get(positions[next]!);
      if (row !== undefined) yield pendingRow(positions[next]!, row);
    }
  }

  async *#partRows(part: Part, wanted: Iterable<number>): AsyncGenerator<Row> {
    for await (const { number, row } of part.reader.rows(wanted)) {
      const position = part.positions === undefined ? part.from + number : part.positions[number]!;
      yield this.#options.format.row(row, position, `${part.reader.path}, row ${number}`);
    }
  }

  async byteLength(): Promise<number> {
    return this.#parts.reduce((sum, { reader }) => sum + reader.byteLength, 0);
  }

  async close(): Promise<void> {
    const parts = this.#parts;
    this.#parts = [];
    this.#pending.clear();
    await Promise.all(parts.map(({ reader }) => reader.close()));
    await this.#options.own?.lock.release();
  }

  #makeWriter({ lock, spec }: NonNullable<PartsOptions['own']>): RowWriter {
    return {
      append: async (namespace, records, isLive) => {
        await this.#prepare(lock);
        if (this.#pendingBytes >= pendingBytes) await this.#writePending(spec, isLive);
        return records.map((record) => this.#add(namespace, record));
      },
      superseded: (previous) => {
        for (const position of previous) this.#bury(position);
      },
      remove: async (_namespace: string, _ids: readonly Id[], positions) => {
        await this.#prepare(lock);
        for (const position of positions) if (this.#bury(position)) this.#removed = true;
      },
      flush: async (isLive) => {
        if (this.#options.place.single !== undefined) {
          if (this.#pending.size > 0 || this.#removed || this.#parts.length > 1) await this.#writeWhole(spec, isLive);
          return;
        }
        await this.#writePending(spec, isLive);
        if (this.#removed) await this.#compact(spec, isLive);
      },
      compact: async (isLive) => {
        if (this.#options.place.single === undefined) await this.#compact(spec, isLive);
        else if (this.#parts.some(({ dead }) => dead > 0)) await this.#writeWhole(spec, isLive);
      },
    };
  }

  /** Before the first write: nobody else may write, and nobody may have since the files were read. */
  async #prepare(lock: WriteLock): Promise<void> {
    if (!(await lock.take())) return;
    const { place } = this.#options;
    const there = (await partFiles(place)).map((file) => join(place.directory, file));
    const sizes = await Promise.all(there.map(sizeOf));
    const same =
      there.length === this.#parts.length &&
      this.#parts.every(({ reader }, i) => reader.path === there[i] && reader.byteLength === sizes[i]);
    if (same) return;
    await lock.release();
    throw new VectorStoreError(
      'Conflict',
      `${place.directory} was changed since it was opened: close and open it again`,
    );
  }

  #add(namespace: string, { id, vector, payload, json }: DriverRecord): number {
    const position = this.#end++;
    this.#pending.set(position, { namespace, id, vector, payload, json });
    this.#pendingBytes += bytesOf({ vector, json });
    return position;
  }

  /** A row counts no more. Returns whether it is in a file. */
  #bury(position: number): boolean {
    const pending = this.#pending.get(position);
    if (pending !== undefined) {
      this.#pending.delete(position);
      this.#pendingBytes -= bytesOf(pending);
      return false;
    }
    const part = this.#parts.find(({ from, to }) => position >= from && position < to);
    if (part !== undefined) part.dead++;
    return part !== undefined;
  }

  /** Makes a file of what waits. */
  async #writePending(spec: FileSpec, _isLive: IsLive): Promise<void> {
    if (this.#pending.size === 0) return;
    const { place, packages } = this.#options;
    const number = String(this.#nextNumber).padStart(8, '0');
    const name = place.single === undefined ? `part-${number}.parquet` : `${place.single}.part-${number}.tmp`;
    const path = join(place.directory, name);
    await writePart(path, each(this.#pending.values()), spec, packages);
    this.#nextNumber++;
    const positions = Float64Array.from(this.#pending.keys());
    const reader = await PartReader.open(path, packages);
    this.#parts.push({ reader, from: this.#pendingFrom, to: this.#end, positions, dead: 0 });
    this.#pending.clear();
    this.#pendingBytes = 0;
    this.#pendingFrom = this.#end;
  }

  /** Replaces files that hold rows which count no more, the oldest first: what a newer file hides must not come to light. */
  async #compact(spec: FileSpec, isLive: IsLive): Promise<void> {
    for (const part of this.#parts.filter(({ dead }) => dead > 0)) {
      const { path } = part.reader;
      const positions: number[] = [];
      const count = await writePart(path, this.#live(part, isLive, positions), spec, this.#options.packages);
      await part.reader.close();
      part.reader = await PartReader.open(path, this.#options.packages);
      part.positions = Float64Array.from(positions);
      part.dead = 0;
      if (count === 0) await this.#discard(part);
    }
    this.#removed = false;
  }

  async #discard(part: Part): Promise<void> {
    this.#parts = this.#parts.filter((other) => other !== part);
    await part.reader.close();
    await nodeFileSystem.remove(part.reader.path);
    await nodeFileSystem.syncDirectory(this.#options.place.directory);
  }

  /** Writes one file of all that counts. */
  async #writeWhole(spec: FileSpec, isLive: IsLive): Promise<void> {
    const { place, packages } = this.#options;
    const path = join(place.directory, place.single!);
    const positions: number[] = [];
    const { pending, parts } = { pending: this.#pending, parts: this.#parts };
    const live = this.#live.bind(this);
    async function* all() {
      for (const part of parts) yield* live(part, isLive, positions);
      for (const [position, row] of pending) {
        positions.push(position);
        yield row;
      }
    }
    await writePart(path, all(), spec, packages);
    for (const { reader } of parts) {
      await reader.close();
      if (reader.path !== path) await nodeFileSystem.remove(reader.path);
    }
    const reader = await PartReader.open(path, packages);
    this.#parts = [{ reader, from: 0, to: this.#end, positions: Float64Array.from(positions), dead: 0 }];
    this.#pending.clear();
    this.#pendingBytes = 0;
    this.#pendingFrom = this.#end;
    this.#removed = false;
  }

  async *#live(part: Part, isLive: IsLive, positions: number[]): AsyncGenerator<OutgoingRow> {
    for await (const row of this.#partRows(part, numbers(0, part.reader.rowCount))) {
      if (!isLive(row)) continue;
      positions.push(row.position);
      yield { ...row, json: JSON.stringify(row.payload) };
    }
  }
}

/** Names of the parts, in the order they were written. */
export async function partFiles({ directory, single }: PartsPlace): Promise<string[]> {
  const files = await nodeFileSystem.list(directory);
  if (single !== undefined) return files.filter((file) => file === single);
  return files.filter((file) => /^[^._].*\.parquet$/.test(file)).sort();
}

async function sizeOf(path: string): Promise<number> {
  const file = await nodeFileSystem.open(path, { create: false });
  return file.size().finally(() => file.close());
}

/** Number of the first row at or behind a position. */
function indexFrom({ from, positions, reader }: Part, position: number): number {
  if (positions === undefined) return Math.max(0, Math.min(reader.rowCount, position - from));
  let [low, high] = [0, positions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positions[middle]! < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* numbers(from: number, to: number): Generator<number> {
  for (let i = from; i < to; i++) yield i;
}

async function* each(rows: Iterable<OutgoingRow>): AsyncGenerator<OutgoingRow> {
  yield* rows;
}

function pendingRow(position: number, { namespace, id, vector, json }: OutgoingRow): Row {
  return { position, namespace, id, vector: vector?.slice() ?? null, payload: JSON.parse(json) };
}

function bytesOf({ vector, json }: Pick<OutgoingRow, 'vector' | 'json'>): number {
  return 4 * (vector?.length ?? 0) + 2 * json.length + 100;
}

function numberOf(path: string): number {
  return Number(/part-(\d{1,12})\.parquet$/.exec(path)?.[1] ?? 0);
}
