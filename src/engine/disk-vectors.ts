import { norm } from '../score.ts';
import type { Metric } from '../types.ts';
import { ExactRows } from './kernels/exact.ts';
import type { OriginalVectors } from './original-vectors.ts';
import { rowBytes } from './row-format.ts';
import { VectorTable } from './vector-table.ts';

/** Where the vectors of a snapshot are read. */
export interface StoredVectors {
  /** Fills `target` with the rows from a slot on, as {@link rowBytes} says. */
  rows(first: number, target: Uint8Array): void;
  /** Fills `target` with the vector of a slot. */
  vector(slot: number, target: Float32Array): void;
}

/** Bytes of rows that are compared at once. */
const stagedBytes = 2 ** 19;
/** So many rows that nobody asked for are read rather than making another call. */
const bridged = 4;

/** Original vectors that stay in a snapshot's file: only those written since it was made are in memory. */
export class DiskVectors implements OriginalVectors {
  readonly dimension: number;
  readonly metric: Metric;
  #stored: StoredVectors | undefined;
  /** Written since the snapshot: by slot as long as there is none, else by number of `#numbers`. */
  #written: VectorTable;
  #numbers = new Map<number, number>();

  constructor(dimension: number, metric: Metric, stored?: StoredVectors) {
    this.dimension = dimension;
    this.metric = metric;
    this.#stored = stored;
    this.#written = new VectorTable(dimension, metric);
  }

  at(slot: number): Float32Array {
    if (this.#stored === undefined) return this.#written.at(slot);
    const number = this.#numbers.get(slot);
    return number === undefined ? this.#read(this.#stored, slot) : this.#written.at(number);
  }

  copyAt(slot: number): Float32Array {
    if (this.#stored === undefined) return this.#written.copyAt(slot);
    const number = this.#numbers.get(slot);
    return number === undefined ? this.#read(this.#stored, slot) : this.#written.copyAt(number);
  }

  #read(stored: StoredVectors, slot: number): Float32Array {
    const vector = new Float32Array(this.dimension);
    stored.vector(slot, vector);
    return vector;
  }

  set(slot: number, vector: Float32Array): void {
    this.#written.set(this.#stored === undefined ? slot : this.#numberOf(slot), vector);
  }

  get isCostly(): boolean {
    return this.#stored !== undefined;
  }

  distances(query: Float32Array, slots: ArrayLike<number>, visit: (slot: number, distance: number) => void): void {
    if (this.#stored === undefined) {
      this.#written.distances(query, slots, visit);
      return;
    }
    const queryNorm = this.metric === 'cosine' ? norm(query) : 1;
    const staging = stagingFor(this.dimension, this.metric);
    for (let done = 0; done < slots.length; ) {
      const places = this.#stage(staging, this.#stored, slots, done);
      staging.rows.distances(query, queryNorm, places, (_, distance) => visit(slots[done++]!, distance));
    }
  }

  /** Brings the rows of the next slots together; returns where each of them is. */
  #stage({ rows, capacity }: Staging, stored: StoredVectors, slots: ArrayLike<number>, from: number): number[] {
    const places: number[] = [];
    for (let used = 0; used < capacity && from + places.length < slots.length; ) {
      const first = slots[from + places.length]!;
      const number = this.#numbers.get(first);
      if (number !== undefined) {
        const vector = this.#written.at(number);
        rows.set(used, vector, this.metric === 'cosine' ? norm(vector) : 1);
        places.push(used++);
        continue;
      }
      // As many rows as lie close together in the file are one call.
      let last = first;
      for (let i = from + places.length; i < slots.length; i++) {
        const slot = slots[i]!;
        if (slot !== first && (slot <= last || slot - last > bridged || this.#numbers.has(slot))) break;
        if (slot - first >= capacity - used) break;
        last = slot;
        places.push(used + slot - first);
      }
      stored.rows(first, rows.bytes(used, last - first + 1));
      used += last - first + 1;
    }
    return places;
  }

  /** All vectors are found there from now on. */
  moveTo(stored: StoredVectors): void {
    this.#stored = stored;
    this.#written = new VectorTable(this.dimension, this.metric);
    this.#numbers = new Map();
  }

  get byteLength(): number {
    // An entry of the map takes about as much as four numbers.
    return this.#written.byteLength + this.#numbers.size * 32;
  }

  #numberOf(slot: number): number {
    const number = this.#numbers.get(slot) ?? this.#numbers.size;
    this.#numbers.set(slot, number);
    return number;
  }
}

/** Where rows are brought together to be compared. */
interface Staging {
  readonly rows: ExactRows;
  readonly capacity: number;
}

/** One for all tables of a kind: nothing stays in it from one call to the next. */
const stagings = new Map<string, Staging>();

function stagingFor(dimension: number, metric: Metric): Staging {
  const kind = `${metric} ${dimension}`;
  let staging = stagings.get(kind);
  if (staging === undefined) {
    const capacity = Math.max(16, Math.floor(stagedBytes / rowBytes(dimension, metric)));
    staging = { rows: new ExactRows(dimension, metric), capacity };
    staging.rows.reserve(capacity);
    stagings.set(kind, staging);
  }
  return staging;
}
