import type { FileHandle } from '../engine/storage/filesystem.ts';
import { unsupported } from '../errors.ts';
import { minimumNorm, norm } from '../score.ts';
import type { Id, Metric, Payload } from '../types.ts';
import { corruptFile } from './corrupt.ts';
import { f16Value } from './f16.ts';
import type { Row, RowKey, RowStore } from './row-store.ts';
import type { Sidecar } from './sidecar.ts';
import { elementBytes, type TableLayout } from './table-layout.ts';

const blockBytes = 1 << 20;

/** What a {@link TableStore} is made of. */
export interface TableOptions {
  readonly path: string;
  readonly file: FileHandle;
  readonly layout: TableLayout;
  readonly metric: Metric;
  readonly sidecar?: Sidecar;
}

/** Bytes of some rows next to each other. */
interface Block {
  readonly from: number;
  readonly to: number;
  readonly vectors: DataView;
  readonly labels?: DataView;
  readonly marks?: DataView;
}

/** A file of vectors as a collection that is only read. A position is the number of a row. */
export class TableStore implements RowStore {
  readonly recovery: readonly string[] = [];
  readonly end: number;
  readonly #options: TableOptions;
  readonly #starts: number[] = [];

  constructor(options: TableOptions) {
    this.#options = options;
    let end = 0;
    for (const { count } of options.layout.segments) {
      this.#starts.push(end);
      end += count;
    }
    this.end = end;
  }

  async *keys(): AsyncGenerator<RowKey> {
    for (const [i, segment] of this.#options.layout.segments.entries()) {
      const start = this.#starts[i]!;
      const labels = segment.labels;
      if (labels === undefined || labels.stride === segment.stride || segment.deletedAt !== undefined) {
        yield* this.#rows(i, start, start + segment.count);
        continue;
      }
      const step = Math.max(1, Math.floor(blockBytes / labels.stride));
      for (let from = 0; from < segment.count; from += step) {
        const to = Math.min(segment.count, from + step);
        const view = await this.#view(labels.at + from * labels.stride, (to - from - 1) * labels.stride + 8);
        for (let row = from; row < to; row++)
          yield this.#key(start + row, labelAt(view, (row - from) * labels.stride, labels.signed));
      }
    }
  }

  async *rows(from: number, to: number): AsyncGenerator<Row> {
    for (const [i, start] of this.#starts.entries()) {
      const { count } = this.#options.layout.segments[i]!;
      if (start + count > from && start < to) yield* this.#rows(i, Math.max(from, start), Math.min(to, start + count));
    }
  }

  async *#rows(i: number, from: number, to: number): AsyncGenerator<Row> {
    let block: Block | undefined;
    for (let position = from; position < to; position++) {
      if (block === undefined || position >= block.to) block = await this.#block(i, position, to);
      const row = await this.#row(i, position, block);
      if (row !== undefined) yield row;
    }
  }

  async *read(positions: ArrayLike<number>): AsyncGenerator<Row> {
    let segment = 0;
    let block: Block | undefined;
    for (let p = 0; p < positions.length; p++) {
      const position = positions[p]!;
      while (segment + 1 < this.#starts.length && position >= this.#starts[segment + 1]!) {
        segment++;
        block = undefined;
      }
      if (block === undefined || position >= block.to) {
        const last = this.#starts[segment]! + this.#options.layout.segments[segment]!.count;
        // Not more than is asked for, where that is little.
        block = await this.#block(segment, position, Math.min(last, position + positions.length - p));
      }
      const row = await this.#row(segment, position, block);
      if (row !== undefined) yield row;
    }
  }

  async byteLength(): Promise<number> {
    return (await this.#options.file.size()) + (this.#options.sidecar?.byteLength ?? 0);
  }

  async close(): Promise<void> {
    await this.#options.file.close();
    await this.#options.sidecar?.close();
  }

  /** Vectors from one row on. */
  async #block(i: number, from: number, most: number): Promise<Block> {
    const { stride, vectorAt, labels, deletedAt } = this.#options.layout.segments[i]!;
    const to = Math.min(most, from + Math.max(1, Math.floor(blockBytes / stride)));
    const first = from - this.#starts[i]!;
    const part = (at: number, step: number, bytes: number) =>
      this.#view(at + first * step, (to - from - 1) * step + bytes);
    return {
      from,
      to,
      vectors: await part(vectorAt, stride, this.#vectorBytes),
      ...(labels && { labels: await part(labels.at, labels.stride, 8) }),
      ...(deletedAt !== undefined && { marks: await part(deletedAt, stride, 1) }),
    };
  }

  get #vectorBytes(): number {
    const { dimension, element } = this.#options.layout;
    return dimension * elementBytes[element];
  }

  async #view(at: number, length: number): Promise<DataView> {
    const bytes = await this.#options.file.read(at, length);
    if (bytes.byteLength !== length) throw corruptFile(this.#options.path, 'it became shorter while it was read');
    return new DataView(bytes.buffer, bytes.byteOffset, length);
  }

  /** Undefined for one that was deleted. */
  async #row(i: number, position: number, { from, vectors, labels, marks }: Block): Promise<Row | undefined> {
    const segment = this.#options.layout.segments[i]!;
    const n = position - from;
    if (marks !== undefined && (marks.getUint8(n * segment.stride) & 1) === 1) return undefined;
    const label =
      labels === undefined || segment.labels === undefined
        ? undefined
        : labelAt(labels, n * segment.labels.stride, segment.labels.signed);
    const key = this.#key(position, label);
    const vector = this.#vector(vectors, n * segment.stride, position);
    return { ...key, vector, payload: await this.#payload(key.id) };
  }

  #key(position: number, label: bigint | undefined): RowKey {
    const { sidecar } = this.#options;
    const id = sidecar?.idOfRow(position) ?? String(label ?? position);
    return { position, id, namespace: '' };
  }

  async #payload(id: Id): Promise<Payload> {
    return (await this.#options.sidecar?.payload(id)) ?? {};
  }

  #vector(view: DataView, at: number, position: number): Float32Array {
    const { layout, path, metric } = this.#options;
    const vector = new Float32Array(layout.dimension);
    for (let i = 0; i < vector.length; i++) {
      const x = numberAt(view, at, i, layout.element);
      if (!(Math.abs(x) <= 1e17)) throw corruptFile(`${path}, row ${position}`, `the vector holds ${x}`);
      vector[i] = x;
      if (vector[i] !== x)
        throw unsupported(
          `${path}, row ${position}`,
          `${x} is no 32-bit number, and would be rounded; convert the file`,
        );
    }
    if (metric === 'cosine' && norm(vector) < minimumNorm)
      throw corruptFile(`${path}, row ${position}`, 'the vector has no direction, which cosine needs');
    return vector;
  }
}

function labelAt(view: DataView, at: number, signed: boolean): bigint {
  return signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true);
}

function numberAt(view: DataView, at: number, i: number, element: TableLayout['element']): number {
  if (element === 'f4') return view.getFloat32(at + 4 * i, true);
  if (element === 'f8') return view.getFloat64(at + 8 * i, true);
  return f16Value(view.getUint16(at + 2 * i, true));
}
