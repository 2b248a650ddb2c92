import { replaceFile } from '../../src/engine/storage/filesystem.ts';
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
import { type Line, LineReader } from '../../src/files/line-reader.ts';
import { fileAt, type Location, locate } from '../../src/files/location.ts';
import { isFile, openToRead, readText } from '../../src/files/read-handle.ts';
import type { FileSpec, OpenedFile, Row, Shelf } from '../../src/files/row-store.ts';
import { readSpec, specText } from '../../src/files/spec-file.ts';
import { WriteLock } from '../../src/files/write-lock.ts';
import { parseObject, parseRecord } from './lines.ts';
import { RecordsFile } from './records-file.ts';

/*
 * <directory>/<collection>.jsonl           the records
 * <directory>/<collection>.manifest.json   dimension, metric and fields, of a collection that this library made
 */
const endings = ['.jsonl', '.ndjson'];
/** Rows by which columns are told. */
const sampleRows = 100;

/** Collections as files of JSON lines. */
export class JsonlShelf implements Shelf {
  readonly #location: Location;
  readonly #columns: ColumnOptions;

  constructor(path: string, columns: ColumnOptions) {
    this.#location = locate(path, endings);
    this.#columns = columns;
  }

  async names(): Promise<string[]> {
    const { directory, only } = this.#location;
    const files = await nodeFileSystem.list(directory);
    if (only !== undefined) return files.includes(only.file) ? [only.name] : [];
    const names = files.flatMap((file) => {
      const ending = endings.find((known) => file.endsWith(known));
      return ending === undefined || file === ending ? [] : file.slice(0, -ending.length);
    });
    return [...new Set(names)];
  }

  async has(name: string): Promise<boolean> {
    return (await this.#find(name)) !== undefined;
  }

  async #find(name: string): Promise<string | undefined> {
    const { only } = this.#location;
    if (only !== undefined && only.name !== name) return undefined;
    if (/[/\\]/.test(name)) return undefined;
    const candidates = only === undefined ? endings.map((ending) => name + ending) : [only.file];
    for (const file of candidates) if (await isFile(fileAt(this.#location, file))) return fileAt(this.#location, file);
    return undefined;
  }

  async open(name: string): Promise<OpenedFile> {
    const path = (await this.#find(name))!;
    const manifest = await this.#manifest(name);
    return manifest === undefined ? openForeign(path, this.#columns) : openOwn(path, manifest);
  }

  async #manifest(name: string): Promise<FileSpec | undefined> {
    const path = fileAt(this.#location, manifestOf(name));
    if (!(await isFile(path))) return undefined;
    return readSpec(await readText(path), path);
  }

  readonly editor = {
    create: async (name: string, spec: FileSpec): Promise<OpenedFile> => {
      const { directory, only } = this.#location;
      if (only !== undefined && only.name !== name)
        throw invalid('name', `${only.file} holds one collection, which has the name ${JSON.stringify(only.name)}`);
      await nodeFileSystem.makeDirectory(directory);
      const path = fileAt(this.#location, only?.file ?? `${name}.jsonl`);
      const text = new TextEncoder().encode(`${specText(spec)}\n`);
      // The records come last: without them there is no collection.
      await replaceFile(nodeFileSystem, directory, manifestOf(name), [text]);
      await (await nodeFileSystem.open(path, { create: true })).close();
      await nodeFileSystem.syncDirectory(directory);
      return openOwn(path, spec);
    },
    drop: async (name: string): Promise<void> => {
      const path = (await this.#find(name))!;
      const lock = new WriteLock(path);
      await lock.take();
      try {
        await nodeFileSystem.remove(path);
        await nodeFileSystem.remove(fileAt(this.#location, manifestOf(name)));
        await nodeFileSystem.syncDirectory(this.#location.directory);
      } finally {
        await lock.release();
      }
    },
  };
}

const manifestOf = (name: string) => `${name}.manifest.json`;

async function openOwn(path: string, spec: FileSpec): Promise<OpenedFile> {
  const parse = ({ text, at }: Line, place: string) => parseRecord(text, spec.dimension, at, place);
  return { spec, store: await RecordsFile.open({ path, managed: true, parse }), managed: true };
}

async function openForeign(path: string, options: ColumnOptions): Promise<OpenedFile> {
  const sample = await firstRows(path);
  const columns = findColumns(sample, options, path);
  const dimension = dimensionOf(sample, columns);
  if (dimension === undefined) throw unsupported(path, `its first ${sampleRows} lines hold no vector`);
  const spec = foreignSpec(dimension, options);
  // Only where the file has no ids is the number of a row needed.
  const numbers = columns.id === undefined ? await lineNumbers(path) : undefined;
  const parse = ({ text, at }: Line, place: string): Row =>
    toRow(parseObject(text, place), columns, spec, { position: at, number: numbers?.get(at) ?? 0, place });
  const store = await RecordsFile.open({ path, managed: false, parse });
  return { spec, store, managed: false };
}

async function firstRows(path: string): Promise<PlainRow[]> {
  const rows: PlainRow[] = [];
  for await (const { text, at } of linesOf(path)) {
    rows.push(parseObject(text, `${path}, byte ${at}`));
    if (rows.length === sampleRows) break;
  }
  return rows;
}

async function lineNumbers(path: string): Promise<Map<number, number>> {
  const numbers = new Map<number, number>();
  for await (const { at } of linesOf(path)) numbers.set(at, numbers.size);
  return numbers;
}

/** Lines that are not blank. */
async function* linesOf(path: string): AsyncGenerator<Line> {
  const file = await openToRead(path);
  try {
    const reader = new LineReader(file, path, 1 << 20);
    const size = await file.size();
    for (let at = 0; ; ) {
      const line = await reader.lineAt(at, size);
      if (line === undefined) return;
      at = line.next;
      if (line.text.trim() !== '') yield line;
    }
  } finally {
    await file.close();
  }
}
