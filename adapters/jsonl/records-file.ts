import { dirname } from 'node:path';
import type { FileHandle } from '../../src/engine/storage/filesystem.ts';
import { nodeFileSystem } from '../../src/engine/storage/node-filesystem.ts';
import { asUncertain } from '../../src/engine/storage/uncertain.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { corruptFile } from '../../src/files/corrupt.ts';
import { type Line, LineReader } from '../../src/files/line-reader.ts';
import { openToRead } from '../../src/files/read-handle.ts';
import type { IsLive, Row, RowStore, RowWriter } from '../../src/files/row-store.ts';
import { WriteLock } from '../../src/files/write-lock.ts';
import { recordLine, removalLine } from './lines.ts';

const streamBytes = 1 << 20;
const lookupBytes = 1 << 16;
const encoder = new TextEncoder();

/** How a {@link RecordsFile} is opened. */
export interface RecordsFileOptions {
  readonly path: string;
  /** Whether this library writes it: then a last line that was cut off is left out, and otherwise it is an error. */
  readonly managed: boolean;
  /** What a line says. */
  readonly parse: (line: Line, place: string) => Row;
}

/** A file of one JSON object per line. A position is the byte where a line begins. */
export class RecordsFile implements RowStore {
  readonly recovery: string[] = [];
  readonly writer?: RowWriter;
  readonly #options: RecordsFileOptions;
  readonly #lock: WriteLock;
  #file: FileHandle;
  #end = 0;
  /** The last line has no line feed yet. */
  #unended = false;
  /** Lines that count no more. */
  #dead = 0;
  #broken: VectorStoreError | undefined;

  private constructor(options: RecordsFileOptions, file: FileHandle) {
    this.#options = options;
    this.#lock = new WriteLock(options.path);
    this.#file = file;
    if (options.managed) this.writer = this.#makeWriter();
  }

  /** @throws `Corruption` where the last line of somebody else's file is cut off. */
  static async open(options: RecordsFileOptions): Promise<RecordsFile> {
    const records = new RecordsFile(options, await openToRead(options.path));
    try {
      await records.#findEnd();
      return records;
    } catch (error) {
      await records.close();
      throw error;
    }
  }

  async #findEnd(): Promise<void> {
    const { path, managed } = this.#options;
    const size = await this.#file.size();
    const last = await lastLine(this.#file, path, size);
    this.#end = size;
    if (last === undefined) return;
    if (isJson(last.text)) {
      this.#unended = true;
      return;
    }
    if (!managed) throw corruptFile(`${path}, byte ${last.at}`, 'the last line is cut off');
    this.#end = last.at;
    this.recovery.push(
      `${path}: its last ${size - last.at} bytes, a line that was not written to the end, are left out`,
    );
  }

  get end(): number {
    return this.#end;
  }

  async *rows(from: number, to: number): AsyncGenerator<Row> {
    const { path, parse } = this.#options;
    const reader = new LineReader(this.#file, path, streamBytes);
    for (let at = from; ; ) {
      const line = await reader.lineAt(at, to);
      if (line === undefined) return;
      at = line.next;
      if (line.text.trim() !== '') yield parse(line, `${path}, byte ${line.at}`);
    }
  }

  async *read(positions: ArrayLike<number>): AsyncGenerator<Row> {
    const { path, parse } = this.#options;
    const reader = new LineReader(this.#file, path, positions.length < 100 ? lookupBytes : streamBytes);
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!;
      const line = await reader.lineAt(position, this.#end);
      if (line !== undefined) yield parse(line, `${path}, byte ${line.at}`);
    }
  }

  byteLength(): Promise<number> {
    return this.#file.size();
  }

  async close(): Promise<void> {
    await this.#lock.release();
    await this.#file.close();
  }

  #makeWriter(): RowWriter {
    return {
      append: (namespace, records) => this.#append(records.map((record) => recordLine(namespace, record))),
      superseded: (previous) => {
        this.#dead += previous.length;
      },
      remove: async (namespace, ids) => {
        await this.#append(ids.map((id) => removalLine(namespace, id)));
        this.#dead += 2 * ids.length;
      },
      flush: async () => {
        if (this.#broken !== undefined) throw this.#broken;
        await this.#file.sync();
      },
      compact: (isLive) => this.#compact(isLive),
    };
  }

  /** Adds lines, all or none. */
  async #append(lines: readonly string[]): Promise<number[]> {
    await this.#prepare();
    const before = this.#unended ? '\n' : '';
    const bytes = encoder.encode(before + lines.join(''));
    try {
      await this.#file.write(this.#end, bytes);
    } catch (error) {
      await this.#undo(error);
      throw error;
    }
    const positions: number[] = [];
    let at = this.#end + before.length;
    for (const line of lines) {
      positions.push(at);
      at += Buffer.byteLength(line);
    }
    this.#end = at;
    this.#unended = false;
    return positions;
  }

  async #undo(cause: unknown): Promise<void> {
    try {
      await this.#file.truncate(this.#end);
    } catch {
      const message = `${this.#options.path}: a failed write could not be undone; open it again`;
      this.#broken = asUncertain(new VectorStoreError('Durability', message, { cause }));
      throw this.#broken;
    }
  }

  /** Before the first write: nobody else may write, and nobody may have since the file was read. */
  async #prepare(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const { path } = this.#options;
    if (!(await this.#lock.take())) return;
    const writable = await nodeFileSystem.open(path, { create: false });
    await this.#file.close();
    this.#file = writable;
    const size = await writable.size();
    const last = await lastLine(writable, path, size);
    if ((this.#unended ? size : (last?.at ?? size)) !== this.#end) {
      await this.#lock.release();
      throw new VectorStoreError('Conflict', `${path} was changed since it was opened: close and open it again`);
    }
    await writable.truncate(this.#end);
  }

  /** Writes a file without the lines that count no more, and puts it in this one's place. */
  async #compact(isLive: IsLive): Promise<void> {
    if (this.#dead === 0) return;
    const { path } = this.#options;
    const temporary = `${path}.tmp`;
    const file = await nodeFileSystem.open(temporary, { create: true });
    try {
      await file.truncate(0);
      let at = 0;
      for await (const row of this.rows(0, this.#end)) {
        if (!isLive(row)) continue;
        const bytes = encoder.encode(recordLine(row.namespace, { ...row, json: JSON.stringify(row.payload) }));
        await file.write(at, bytes);
        at += bytes.byteLength;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await nodeFileSystem.rename(temporary, path);
    await nodeFileSystem.syncDirectory(dirname(path));
  }
}

/** The last line if no line feed ends it. */
async function lastLine(file: FileHandle, name: string, size: number): Promise<Line | undefined> {
  for (let bytes = lookupBytes; ; bytes *= 4) {
    const from = Math.max(0, size - bytes);
    const tail = await file.read(from, size - from);
    const feed = tail.lastIndexOf(0x0a);
    if (feed < 0 && from > 0) continue;
    const at = from + feed + 1;
    return at >= size ? undefined : new LineReader(file, name, bytes).lineAt(at, size);
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
