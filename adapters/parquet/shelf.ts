import { basename, join } from 'node:path';
import { hasCode, replaceFile } from '../../src/engine/storage/filesystem.ts';
import { nodeFileSystem } from '../../src/engine/storage/node-filesystem.ts';
import { invalid, unsupported } from '../../src/errors.ts';
import {
  type ColumnOptions,
  dimensionOf,
  findColumns,
  foreignSpec,
  type PlainRow,
  toRow,
} from '../../src/files/columns.ts';
import { corruptFile } from '../../src/files/corrupt.ts';
import { type Location, locate } from '../../src/files/location.ts';
import { isFile, readText } from '../../src/files/read-handle.ts';
import type { FileSpec, OpenedFile, Row, Shelf } from '../../src/files/row-store.ts';
import { readSpec, specText } from '../../src/files/spec-file.ts';
import { WriteLock } from '../../src/files/write-lock.ts';
import { parseOwnKey, parseOwnRow } from './own-rows.ts';
import type { ParquetPackages } from './packages.ts';
import { PartReader } from './part-reader.ts';
import { maker, ownColumns, specKey, writePart } from './part-writer.ts';
import { Parts, type PartsPlace, partFiles, type RowFormat } from './parts.ts';

/*
 * <directory>/<collection>/_manifest.json       dimension, metric and fields, of a collection that this library made
 * <directory>/<collection>/part-00000001.parquet  records
 * <directory>/<collection>.parquet              or all of them in one file, which says itself what it is
 */
const ending = '.parquet';
const manifestName = '_manifest.json';
const sampleRows = 100;

/** Collections as Parquet files. */
export class ParquetShelf implements Shelf {
  readonly #location: Location;
  readonly #columns: ColumnOptions;
  readonly #packages: ParquetPackages;

  constructor(path: string, columns: ColumnOptions, packages: ParquetPackages) {
    this.#location = locate(path, [ending]);
    this.#columns = columns;
    this.#packages = packages;
  }

  async names(): Promise<string[]> {
    const { directory, only } = this.#location;
    const entries = await nodeFileSystem.list(directory);
    const names: string[] = [];
    for (const entry of only === undefined ? entries : [only.file]) {
      const name = entry.endsWith(ending) ? entry.slice(0, -ending.length) : entry;
      if (!names.includes(name) && (await this.#find(name)) !== undefined) names.push(name);
    }
    return names;
  }

  async has(name: string): Promise<boolean> {
    return (await this.#find(name)) !== undefined;
  }

  async #find(name: string): Promise<PartsPlace | undefined> {
    const { directory, only } = this.#location;
    if (/^[._]|[/\\]/.test(name) || name.endsWith('.tmp') || (only !== undefined && only.name !== name))
      return undefined;
    const file = only?.file ?? name + ending;
    if (await isFile(join(directory, file))) return { directory, single: file };
    if (only !== undefined) return undefined;
    const place = { directory: join(directory, name) };
    if (await isFile(join(place.directory, manifestName))) return place;
    const parts = await partFiles(place).catch((error: unknown) => {
      // A file of that name is no collection; a directory that cannot be read is no answer.
      if (hasCode(error, 'ENOTDIR')) return [];
      throw error;
    });
    return parts.length > 0 ? place : undefined;
  }

  async open(name: string): Promise<OpenedFile> {
    const place = (await this.#find(name))!;
    const readers: PartReader[] = [];
    try {
      for (const file of await partFiles(place))
        readers.push(await PartReader.open(join(place.directory, file), this.#packages));
      const spec = await ownSpec(place, readers);
      return spec === undefined ? await this.#openForeign(place, readers) : await this.#openOwn(place, readers, spec);
    } catch (error) {
      await Promise.all(readers.map((reader) => reader.close()));
      throw error;
    }
  }

  async #openOwn(place: PartsPlace, readers: readonly PartReader[], spec: FileSpec): Promise<OpenedFile> {
    for (const reader of readers) reader.select(ownColumns);
    const format: RowFormat = {
      row: (plain, position, at) => parseOwnRow(plain, spec.dimension, position, at),
      key: parseOwnKey,
      keyColumns: ['id', 'namespace'],
    };
    const leftover = (await nodeFileSystem.list(place.directory)).filter((file) => isLeftover(file, place));
    const recovery = leftover.map(
      (file) => `${join(place.directory, file)}: left by a write that did not end, is left out`,
    );
    const own = { spec, lock: new WriteLock(join(place.directory, place.single ?? 'part')) };
    return {
      spec,
      managed: true,
      store: new Parts({ packages: this.#packages, place, format, own, readers, recovery }),
    };
  }

  async #openForeign(place: PartsPlace, readers: readonly PartReader[]): Promise<OpenedFile> {
    const sample: PlainRow[] = [];
    for (const reader of readers) {
      if (sample.length === sampleRows) break;
      for await (const { row } of reader.rows(upTo(Math.min(sampleRows - sample.length, reader.rowCount))))
        sample.push(row);
    }
    const path = place.single === undefined ? place.directory : join(place.directory, place.single);
    const columns = findColumns(sample, this.#columns, path);
    const dimension = dimensionOf(sample, columns);
    if (dimension === undefined) throw unsupported(path, `its first ${sampleRows} rows hold no vector`);
    const spec = foreignSpec(dimension, this.#columns);
    const format: RowFormat = {
      row: (plain, position, at): Row => toRow(plain, columns, spec, { position, number: position, place: at }),
    };
    return {
      spec,
      managed: false,
      store: new Parts({ packages: this.#packages, place, format, readers, recovery: [] }),
    };
  }

  readonly editor = {
    create: async (name: string, spec: FileSpec): Promise<OpenedFile> => {
      const { directory, only } = this.#location;
      if (only !== undefined && only.name !== name)
        throw invalid('name', `${only.file} holds one collection, which has the name ${JSON.stringify(only.name)}`);
      if (only !== undefined) {
        await nodeFileSystem.makeDirectory(directory);
        await writePart(join(directory, only.file), none(), spec, this.#packages);
        return this.open(name);
      }
      const own = join(directory, name);
      await nodeFileSystem.makeDirectory(own);
      await replaceFile(nodeFileSystem, own, manifestName, [new TextEncoder().encode(`${specText(spec)}\n`)]);
      return this.open(name);
    },
    drop: async (name: string): Promise<void> => {
      const place = (await this.#find(name))!;
      const { directory } = this.#location;
      const path = place.single === undefined ? place.directory : join(directory, place.single);
      // Gone at once under its name, its files a little later.
      const aside = join(directory, `.${basename(path)}.dropped`);
      await nodeFileSystem.removeTree(aside);
      await nodeFileSystem.rename(path, aside);
      await nodeFileSystem.syncDirectory(directory);
      await nodeFileSystem.removeTree(aside);
    },
  };
}

/** What the files say they are, where this library wrote them. */
async function ownSpec(place: PartsPlace, readers: readonly PartReader[]): Promise<FileSpec | undefined> {
  if (place.single === undefined) {
    const path = join(place.directory, manifestName);
    return (await isFile(path)) ? readSpec(await readText(path), path) : undefined;
  }
  const [reader] = readers;
  if (reader === undefined) throw corruptFile(join(place.directory, place.single), 'it is gone');
  const { metadata, path, columnNames } = reader;
  // Tools that change a file keep its notes, and put their own name in as the maker.
  const note = metadata.key_value_metadata?.find(({ key }) => key === specKey)?.value;
  const ours = metadata.created_by === maker && ownColumns.every((column) => columnNames.includes(column));
  return ours && note !== undefined ? readSpec(note, path) : undefined;
}

function isLeftover(file: string, { single }: PartsPlace): boolean {
  return file.endsWith('.tmp') && (single === undefined || file.startsWith(`${single}.`));
}

function* upTo(count: number): Generator<number> {
  for (let i = 0; i < count; i++) yield i;
}

async function* none(): AsyncGenerator<never> {}
