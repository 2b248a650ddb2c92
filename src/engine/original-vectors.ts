import type { VectorSource } from './index/vector-index.ts';

/** The original vectors of a partition by slot, wherever they are, and exact distances to them. */
export interface OriginalVectors extends VectorSource {
  set(slot: number, vector: Float32Array): void;
  /** The vector in memory of its own. Only for slots with one. */
  copyAt(slot: number): Float32Array;
  /** Visits slots with their distance to a query, to the bit as `distanceBetween` gives it, in the order of the list. */
  distances(query: Float32Array, slots: ArrayLike<number>, visit: (slot: number, distance: number) => void): void;
  /** Bytes in memory. */
  readonly byteLength: number;
}
