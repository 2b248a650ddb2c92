import { cosineOf, dot, euclidean, norm } from '../score.ts';
import type { TimeSlice } from '../time-slice.ts';
import type { Metric } from '../types.ts';
import { ExactRows } from './kernels/exact.ts';
import type { OriginalVectors } from './original-vectors.ts';
import { rowBytes } from './row-format.ts';

/** Up to this many a partition keeps no memory of its own for kernels: there may be thousands of such namespaces. */
const fewRows = 256;

/** Of a file. */
const bytesReadAtOnce = 2 ** 20;

/** The original vectors of a partition by slot, in memory, and exact distances to them. */
export class VectorTable implements OriginalVectors {
  readonly dimension: number;
  readonly metric: Metric;
  /** As long as there are few. */
  #few: Float32Array | undefined = new Float32Array(0);
  readonly #many: ExactRows[] = [];
  /** Rows of one memory. */
  readonly #most: number;

  constructor(dimension: number, metric: Metric) {
    this.dimension = dimension;
    this.metric = metric;
    this.#most = ExactRows.mostRows(dimension, metric);
  }

  at(slot: number): Float32Array {
    if (this.#few === undefined) return this.#rowsOf(slot).at(slot % this.#most);
    return this.#few.subarray(slot * this.dimension, (slot + 1) * this.dimension);
  }

  copyAt(slot: number): Float32Array {
    return this.at(slot).slice();
  }

  set(slot: number, vector: Float32Array): void {
    this.#makeRoom(slot);
    if (this.#few === undefined) this.#setMany(slot, vector);
    else this.#few.set(vector, slot * this.dimension);
  }

  /**
   * Takes over the vectors of the slots from 0 on, in slices.
   *
   * @param read Fills `target` with rows that follow one another, as files have them; see {@link rowBytes}.
   */
  async load(slots: number, read: (first: number, target: Uint8Array) => void, slice: TimeSlice): Promise<void> {
    if (slots === 0) return;
    const bytesOfRow = rowBytes(this.dimension, this.metric);
    const atOnce = Math.max(1, Math.floor(bytesReadAtOnce / bytesOfRow));
    this.#makeRoom(slots - 1);
    for (let first = 0; first < slots; ) {
      const count = Math.min(atOnce, slots - first, this.#most - (first % this.#most));
      if (this.#few === undefined) read(first, this.#rowsOf(first).bytes(first % this.#most, count));
      else {
        const rows = new Uint8Array(count * bytesOfRow);
        read(first, rows);
        for (let i = 0; i < count; i++)
          this.#few.set(new Float32Array(rows.buffer, i * bytesOfRow, this.dimension), (first + i) * this.dimension);
      }
      first += count;
      await slice.pause();
    }
  }

  /** Visits slots with their distance to a query, to the bit as `distanceBetween` gives it, in the order of the list. */
  distances(query: Float32Array, slots: ArrayLike<number>, visit: (slot: number, distance: number) => void): void {
    const queryNorm = this.metric === 'cosine' ? norm(query) : 1;
    if (this.#few !== undefined) {
      for (let i = 0; i < slots.length; i++) visit(slots[i]!, this.#distanceToFew(slots[i]!, query, queryNorm));
    } else if (this.#many.length === 1) {
      this.#many[0]!.distances(query, queryNorm, slots, visit);
    } else {
      for (let i = 0; i < slots.length; i++) {
        const slot = slots[i]!;
        this.#rowsOf(slot).distances(query, queryNorm, [slot % this.#most], (_, distance) => visit(slot, distance));
      }
    }
  }

  get byteLength(): number {
    return this.#few?.byteLength ?? this.#many.reduce((sum, rows) => sum + rows.byteLength, 0);
  }

  #rowsOf(slot: number): ExactRows {
    return this.#many[Math.floor(slot / this.#most)]!;
  }

  #setMany(slot: number, vector: Float32Array): void {
    this.#rowsOf(slot).set(slot % this.#most, vector, this.metric === 'cosine' ? norm(vector) : 1);
  }

  #makeRoom(slot: number): void {
    if (this.#few === undefined || slot >= fewRows) this.#makeMuchRoom(slot);
    else if ((slot + 1) * this.dimension > this.#few.length) {
      const grown = new Float32Array(Math.min(fewRows, Math.max(slot + 1, 2 * slot)) * this.dimension);
      grown.set(this.#few);
      this.#few = grown;
    }
  }

  #makeMuchRoom(slot: number): void {
    const last = Math.floor(slot / this.#most);
    while (this.#many.length <= last) this.#many.push(new ExactRows(this.dimension, this.metric));
    for (let i = 0; i < last; i++) this.#many[i]!.reserve(this.#most);
    this.#many[last]!.reserve((slot % this.#most) + 1);
    const few = this.#few;
    if (few === undefined) return;
    this.#few = undefined;
    for (let from = 0; from * this.dimension < few.length; from++)
      this.#setMany(from, few.subarray(from * this.dimension, (from + 1) * this.dimension));
  }

  #distanceToFew(slot: number, query: Float32Array, queryNorm: number): number {
    const rows = this.#few!;
    const at = slot * this.dimension;
    switch (this.metric) {
      case 'cosine':
        return 1 - cosineOf(dot(query, rows, at), queryNorm, norm(this.at(slot)));
      case 'dot':
        return 0 - dot(query, rows, at);
      case 'euclidean':
        return euclidean(query, rows, at);
    }
  }
}
