import type { FileMetaData, ParquetParsers, SchemaTree } from 'hyparquet';
import type { FileHandle } from '../../src/engine/storage/filesystem.ts';
import type { PlainRow } from '../../src/files/columns.ts';
import { corruptFile } from '../../src/files/corrupt.ts';
import { openToRead } from '../../src/files/read-handle.ts';
import type { ParquetPackages } from './packages.ts';

/** Numbers and other values that are decoded at once, at most, unless one row has more. */
const sliceValues = 1 << 24;

/** Rows next to each other that are decoded together. */
interface Slice {
  readonly from: number;
  readonly to: number;
}

/** One Parquet file, read in slices of rows; the last slice is kept. */
export class PartReader {
  readonly path: string;
  readonly metadata: FileMetaData;
  /** Of the top level. */
  readonly columnNames: readonly string[];
  readonly #packages: ParquetPackages;
  readonly #file: FileHandle;
  readonly #size: number;
  #slices: readonly Slice[] = [];
  #cached: { readonly slice: Slice; readonly rows: Promise<readonly PlainRow[]> } | undefined;
  #columns: string[] | undefined;

  private constructor(path: string, packages: ParquetPackages, file: FileHandle, size: number, metadata: FileMetaData) {
    this.path = path;
    this.metadata = metadata;
    this.#packages = packages;
    this.#file = file;
    this.#size = size;
    this.columnNames = packages.reader.parquetSchema(metadata).children.map(({ element }) => element.name);
    this.#slices = slicesOf(metadata);
  }

  /** @throws `Corruption` */
  static async open(path: string, packages: ParquetPackages): Promise<PartReader> {
    const file = await openToRead(path);
    try {
      const size = await file.size();
      return await guarded(path, async () => {
        const metadata = await packages.reader.parquetMetadataAsync(bufferOf(path, file, size));
        checkRowCounts(path, metadata, size);
        checkColumns(path, metadata, packages.reader.parquetSchema(metadata));
        return new PartReader(path, packages, file, size, metadata);
      });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  get rowCount(): number {
    return Number(this.metadata.num_rows);
  }

  get byteLength(): number {
    return this.#size;
  }

  /** Decodes only these columns from now on. */
  select(columns: readonly string[]): void {
    this.#columns = [...columns];
    this.#cached = undefined;
  }

  /** Rows by number, which ascend. Nothing of a row may be changed. */
  async *rows(numbers: Iterable<number>): AsyncGenerator<{ readonly number: number; readonly row: PlainRow }> {
    let at = 0;
    for (const number of numbers) {
      while (at < this.#slices.length && this.#slices[at]!.to <= number) at++;
      const slice = this.#slices[at];
      if (slice === undefined) return;
      const row = (await this.#decoded(slice))[number - slice.from];
      if (row === undefined) throw corruptFile(this.path, 'it holds fewer rows than it says');
      yield { number, row };
    }
  }

  /** All values of some columns, row by row, without the others. */
  async *columns(names: readonly string[]): AsyncGenerator<PlainRow> {
    for (const slice of this.#slices) {
      const rows = await this.#decode(slice, [...names]);
      if (rows.length !== slice.to - slice.from) throw corruptFile(this.path, 'it holds fewer rows than it says');
      yield* rows;
    }
  }

  #decoded(slice: Slice): Promise<readonly PlainRow[]> {
    if (this.#cached?.slice === slice) return this.#cached.rows;
    const rows = this.#decode(slice, this.#columns);
    this.#cached = { slice, rows };
    rows.catch(() => {
      this.#cached = undefined;
    });
    return rows;
  }

  #decode({ from, to }: Slice, columns: string[] | undefined): Promise<PlainRow[]> {
    const { reader, compressors } = this.#packages;
    return guarded(this.path, () =>
      reader.parquetReadObjects({
        file: bufferOf(this.path, this.#file, this.#size),
        metadata: this.metadata,
        rowStart: from,
        rowEnd: to,
        ...(columns && { columns }),
        compressors,
        parsers,
      }),
    );
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** No file has this many rows for each of its bytes, however well its ids are compressed. */
const maximumRowsPerByte = 1_024n;

function checkRowCounts(path: string, { num_rows: total, row_groups: groups }: FileMetaData, size: number): void {
  let sum = 0n;
  for (const { num_rows: rows } of groups) {
    if (typeof rows !== 'bigint' || rows < 0n) throw corruptFile(path, 'a row group has fewer rows than none');
    sum += rows;
  }
  if (sum !== total || total > BigInt(size) * maximumRowsPerByte)
    throw corruptFile(path, 'its row groups do not add up to its rows, or are far too many');
}

/**
 * Every row group has the columns of the schema, in its order. The reader counts on it: of others it would begin some and not wait for them, and
 * their errors would end the process.
 */
function checkColumns(path: string, { row_groups: groups }: FileMetaData, schema: SchemaTree): void {
  const leaves = leavesOf(schema);
  for (const { columns } of groups) {
    const found = columns.map(({ meta_data: column }) => JSON.stringify(column?.path_in_schema));
    if (found.length !== leaves.length || found.some((leaf, i) => leaf !== leaves[i]))
      throw corruptFile(path, 'a row group has other columns than the file');
  }
  if (new Set(leaves).size !== leaves.length) throw corruptFile(path, 'two columns have one name');
}

function leavesOf({ path, children }: SchemaTree): string[] {
  return children.length === 0 ? [JSON.stringify(path)] : children.flatMap(leavesOf);
}

/** Row groups, cut where they are large. */
function slicesOf(metadata: FileMetaData): Slice[] {
  const slices: Slice[] = [];
  let from = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const values = group.columns.reduce((sum, column) => sum + Number(column.meta_data?.num_values ?? 0), 0);
    const most = Math.max(1, Math.floor(sliceValues / Math.max(1, values / Math.max(1, rows))));
    for (let at = 0; at < rows; at += most) slices.push({ from: from + at, to: from + Math.min(rows, at + most) });
    from += rows;
  }
  return slices;
}

function bufferOf(path: string, file: FileHandle, byteLength: number) {
  return {
    byteLength,
    async slice(start: number, end = byteLength): Promise<ArrayBuffer> {
      if (!(start >= 0 && end >= start && end <= byteLength))
        throw corruptFile(path, 'it refers to bytes that are not there');
      const bytes = await file.read(start, end - start);
      if (bytes.byteLength < end - start) throw corruptFile(path, 'it became shorter while it was read');
      return bytes.slice().buffer;
    },
  };
}

/** What goes wrong in the reader is the file's fault. */
async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code === 'string') throw error;
    throw corruptFile(path, `no readable Parquet file: ${error instanceof Error ? error.message : 'unknown error'}`);
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Texts keep a byte-order mark that they begin with, instants the digits that a Date has no room for. */
const parsers: Partial<ParquetParsers> = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && decoder.decode(bytes),
  timestampFromMicroseconds: (micros: bigint) => instantText(micros, 6),
  timestampFromNanoseconds: (nanos: bigint) => instantText(nanos, 9),
};

function instantText(value: bigint, digits: 6 | 9): string | null {
  const unit = 10n ** BigInt(digits);
  const fraction = ((value % unit) + unit) % unit;
  const date = new Date(Number((value - fraction) / unit) * 1_000);
  if (Number.isNaN(date.getTime())) return null;
  const text = fraction.toString().padStart(digits, '0');
  const rest = text.slice(3).replace(/0+$/, '');
  return date.toISOString().replace(/000Z$/, `${text.slice(0, 3)}${rest}Z`);
}
