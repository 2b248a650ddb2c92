import type { FileHandle } from '../engine/storage/filesystem.ts';
import type { Id, Payload } from '../types.ts';
import { copyPayload, isPlainObject, setOwn } from '../validate/payload.ts';
import { payloadObject } from './columns.ts';
import { corruptFile } from './corrupt.ts';
import { type Line, LineReader } from './line-reader.ts';
import { openToRead } from './read-handle.ts';

/** How lines of a {@link Sidecar} belong to the rows of the file of vectors: by id, or the first line to the first row and so on. */
export type SidecarOrder = 'by id' | 'by row';

/**
 * Payloads for a file that holds vectors only, as JSON lines: `{"id":…,"payload":{…}}`, or without `payload` every other member. In memory is
 * where each line begins.
 */
export class Sidecar {
  readonly byteLength: number;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #order: SidecarOrder;
  readonly #lines = new Map<Id, number>();
  readonly #ids: Id[] = [];
  readonly #reader: LineReader;
  /** One after another: the reader has one window. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle, byteLength: number, order: SidecarOrder) {
    this.#path = path;
    this.#file = file;
    this.byteLength = byteLength;
    this.#order = order;
    this.#reader = new LineReader(file, path, 1 << 16);
  }

  /** @throws `Corruption` for a line that is none, or an id that stands twice. */
  static async open(path: string, order: SidecarOrder): Promise<Sidecar> {
    const file = await openToRead(path);
    try {
      const sidecar = new Sidecar(path, file, await file.size(), order);
      await sidecar.#index();
      return sidecar;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #index(): Promise<void> {
    const reader = new LineReader(this.#file, this.#path, 1 << 20);
    for (let at = 0; ; ) {
      const line = await reader.lineAt(at, this.byteLength);
      if (line === undefined) return;
      at = line.next;
      if (line.text.trim() === '') continue;
      const { id } = this.#parse(line);
      const name = typeof id === 'string' || Number.isSafeInteger(id) ? String(id) : undefined;
      if (name === undefined && (this.#order === 'by id' || id !== undefined))
        throw corruptFile(`${this.#path}, byte ${line.at}`, 'no id, which is text or an integer');
      const key = name ?? String(this.#ids.length);
      if (this.#lines.has(key))
        throw corruptFile(`${this.#path}, byte ${line.at}`, `the id ${JSON.stringify(key)} again`);
      this.#lines.set(key, line.at);
      if (this.#order === 'by row') this.#ids.push(key);
    }
  }

  /** How many lines there are. */
  get size(): number {
    return this.#lines.size;
  }

  /** Undefined where the lines do not say whose row is whose. */
  idOfRow(row: number): Id | undefined {
    return this.#order === 'by row' ? this.#ids[row] : undefined;
  }

  /** Undefined where no line is about it. */
  payload(id: Id): Promise<Payload | undefined> {
    const turn = this.#last.then(() => this.#payload(id));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #payload(id: Id): Promise<Payload | undefined> {
    const at = this.#lines.get(id);
    const line = at === undefined ? undefined : await this.#reader.lineAt(at, this.byteLength);
    if (line === undefined) return undefined;
    const { id: _id, vector: _vector, payload, ...others } = this.#parse(line);
    const members: Record<string, unknown> = {};
    for (const key of Object.keys(others)) setOwn(members, key, others[key]);
    const given = payloadObject(payload);
    if (given === undefined) throw corruptFile(`${this.#path}, byte ${line.at}`, 'the payload is no object');
    for (const key of Object.keys(given)) setOwn(members, key, given[key]);
    try {
      return copyPayload(members, 'payload');
    } catch (error) {
      throw corruptFile(`${this.#path}, byte ${line.at}`, error instanceof Error ? error.message : 'no payload');
    }
  }

  #parse({ text, at }: Line): Record<string, unknown> {
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw corruptFile(`${this.#path}, byte ${at}`, 'the line is no JSON');
    }
    if (!isPlainObject(json)) throw corruptFile(`${this.#path}, byte ${at}`, 'the line is no JSON object');
    return json;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
