import type { FileMetaData, ParquetParsers } from 'hyparquet';
import type { FileHandle } from '../../src/engine/storage/filesystem.ts';
import { VectorStoreError } from '../../src/errors.ts';
import type { PlainRow } from '../../src/files/columns.ts';
import { corruptFile } from '../../src/files/corrupt.ts';
import { openToRead } from '../../src/files/read-handle.ts';
import { checkFooter, type Leaf, rangeOf } from './footer-check.ts';
import type { ParquetPackages } from './packages.ts';
import { checkPages } from './page-check.ts';
import { withinTime } from './time-limit.ts';

/** Numbers and other values that are decoded at once, at most, unless one row has more. */
const sliceValues = 1 << 24;

/** Rows next to each other that are decoded together. */
interface Slice {
  /** Of the row group. */
  readonly group: number;
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
  readonly #leaves: readonly Leaf[];
  /** Columns whose pages were looked at, by row group. */
  readonly #checked = new Map<number, Set<string>>();

  private constructor(
    path: string,
    packages: ParquetPackages,
    file: FileHandle,
    size: number,
    { metadata, leaves }: { readonly metadata: FileMetaData; readonly leaves: readonly Leaf[] },
  ) {
    this.path = path;
    this.metadata = metadata;
    this.#leaves = leaves;
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
        const footer = await readFooter(path, file, size);
        const read = () => {
          const metadata = packages.reader.parquetMetadata(footer);
          return { metadata, leaves: checkFooter(path, metadata, packages.reader.parquetSchema(metadata), size) };
        };
        const { metadata, leaves } = withinTime(footer.byteLength, read);
        return new PartReader(path, packages, file, size, { metadata, leaves });
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

  #decode({ from, to, group }: Slice, columns: string[] | undefined): Promise<PlainRow[]> {
    const { reader, compressors } = this.#packages;
    return guarded(this.path, async () => {
      await this.#checkPages(group, columns ?? this.columnNames);
      return reader.parquetReadObjects({
        file: bufferOf(this.path, this.#file, this.#size),
        metadata: this.metadata,
        rowStart: from,
        rowEnd: to,
        ...(columns && { columns }),
        compressors,
        parsers,
      });
    });
  }

  /** Once for each column of a row group, before it is decoded. */
  async #checkPages(group: number, columns: readonly string[]): Promise<void> {
    const { internals, compressors } = this.#packages;
    const checked = this.#checked.get(group) ?? new Set();
    this.#checked.set(group, checked);
    for (const [i, leaf] of this.#leaves.entries()) {
      const metadata = this.metadata.row_groups[group]?.columns[i]?.meta_data;
      if (metadata === undefined || checked.has(leaf.path) || !columns.includes(leaf.name)) continue;
      const { start, end } = rangeOf(metadata);
      const bytes = await bufferOf(this.path, this.#file, this.#size).slice(start, end);
      withinTime(bytes.byteLength, () => checkPages(bytes, { ...leaf, metadata }, internals, compressors));
      checked.add(leaf.path);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

/** The end of a file, where it says what it is: its length and a mark stand last. */
async function readFooter(path: string, file: FileHandle, size: number): Promise<ArrayBuffer> {
  const buffer = bufferOf(path, file, size);
  const length = new DataView(await buffer.slice(size - 8)).getUint32(0, true);
  return buffer.slice(size - 8 - length);
}

/** Row groups, cut where they are large. */
function slicesOf(metadata: FileMetaData): Slice[] {
  const slices: Slice[] = [];
  let from = 0;
  for (const [number, group] of metadata.row_groups.entries()) {
    const rows = Number(group.num_rows);
    const values = group.columns.reduce((sum, column) => sum + Number(column.meta_data?.num_values ?? 0), 0);
    const most = Math.max(1, Math.floor(sliceValues / Math.max(1, values / Math.max(1, rows))));
    for (let at = 0; at < rows; at += most)
      slices.push({ group: number, from: from + at, to: from + Math.min(rows, at + most) });
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

/** What goes wrong in the reader is the file's fault, unless the file cannot be read at all. */
async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (VectorStoreError.is(error) || (error instanceof Error && 'syscall' in error)) throw error;
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
