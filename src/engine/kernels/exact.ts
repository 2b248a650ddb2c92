import type { Metric } from '../../types.ts';
import { rowBytes } from '../row-format.ts';
import { exactBinary } from './binary.ts';
import { moduleOf } from './module.ts';

/** What assembly/exact exports. Addresses and sizes in bytes. */
interface ExactExports {
  promote(from: number, to: number, dimension: number): void;
  distances(
    metric: number,
    dimension: number,
    rows: number,
    stride: number,
    listed: number,
    count: number,
    query: number,
    queryNorm: number,
    out: number,
  ): void;
}

const metrics: { readonly [M in Metric]: number } = { cosine: 0, dot: 1, euclidean: 2 };
const pageBytes = 65_536;
/** Rows compared in one call. */
const block = 1_024;
/** A memory is asked for this much more at least, and for a sixteenth of what it has. */
const leastGrowth = 2 ** 20;

/** f32 rows in a memory of their own, and exact distances to them: to the bit those of `distanceBetween`. */
export class ExactRows {
  readonly #metric: Metric;
  readonly #dimension: number;
  readonly #memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536 });
  readonly #kernels: ExactExports;
  readonly #stride: number;
  readonly #at: { readonly query: number; readonly listed: number; readonly out: number; readonly rows: number };
  #bytes: DataView;
  #floats: Float32Array;

  constructor(dimension: number, metric: Metric) {
    this.#dimension = dimension;
    this.#metric = metric;
    this.#stride = rowBytes(dimension, metric);
    const listed = 64 + Math.ceil(dimension / 2) * 2 * 12;
    const out = listed + 4 * block;
    this.#at = { query: 64, listed, out, rows: Math.ceil((out + 8 * block) / 64) * 64 };
    this.#kernels = instantiate(this.#memory);
    this.#bytes = new DataView(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
    this.reserve(1);
  }

  /** The most rows that a memory of 4 GiB has room for. */
  static mostRows(dimension: number, metric: Metric): number {
    return Math.floor((2 ** 32 - 32 * block - 16 * dimension - pageBytes) / rowBytes(dimension, metric));
  }

  /** Makes room for this many rows in all. */
  reserve(rows: number): void {
    const needed = this.#at.rows + rows * this.#stride - this.#memory.buffer.byteLength;
    if (needed <= 0) return;
    const wanted = Math.max(needed, leastGrowth, this.#memory.buffer.byteLength / 16);
    const free = 65_536 - this.#memory.buffer.byteLength / pageBytes;
    this.#memory.grow(Math.min(free, Math.ceil(wanted / pageBytes)));
    this.#bytes = new DataView(this.#memory.buffer);
    this.#floats = new Float32Array(this.#memory.buffer);
  }

  /** A view, valid until the next `reserve`. */
  at(row: number): Float32Array {
    const from = (this.#at.rows + row * this.#stride) / 4;
    return this.#floats.subarray(from, from + this.#dimension);
  }

  /** Rows that follow one another, as they are in memory (see {@link rowBytes}). A view, valid until the next `reserve`. */
  bytes(row: number, count: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#at.rows + row * this.#stride, count * this.#stride);
  }

  /** @param length The vector's norm. */
  set(row: number, vector: Float32Array, length: number): void {
    const from = this.#at.rows + row * this.#stride;
    this.#floats.set(vector, from / 4);
    if (this.#metric === 'cosine') this.#bytes.setFloat64(from + 4 * this.#dimension, length, true);
  }

  /** Visits each row with its distance, in the order of the list. */
  distances(
    query: Float32Array,
    queryNorm: number,
    rows: ArrayLike<number>,
    visit: (row: number, distance: number) => void,
  ): void {
    const { query: wide, listed, out } = this.#at;
    const dimension = this.#dimension;
    const narrow = wide + 8 * dimension;
    this.#floats.set(query, narrow / 4);
    this.#kernels.promote(narrow, wide, dimension);
    const list = new Uint32Array(this.#memory.buffer, listed, block);
    for (let from = 0; from < rows.length; from += block) {
      const count = Math.min(block, rows.length - from);
      for (let i = 0; i < count; i++) list[i] = rows[from + i]!;
      const first = this.#at.rows;
      this.#kernels.distances(
        metrics[this.#metric],
        dimension,
        first,
        this.#stride,
        listed,
        count,
        wide,
        queryNorm,
        out,
      );
      for (let i = 0; i < count; i++) visit(rows[from + i]!, this.#bytes.getFloat64(out + 8 * i, true));
    }
  }

  get byteLength(): number {
    return this.#memory.buffer.byteLength;
  }
}

function instantiate(memory: WebAssembly.Memory): ExactExports {
  return new WebAssembly.Instance(moduleOf(exactBinary), { env: { memory } }).exports as unknown as ExactExports;
}
