import type { FilterSpec } from '../data/filters.ts';
import type { VectorSet } from '../data/vector-set.ts';

/** What passes a filter, in the forms that the engines take. */
export interface Passing {
  /** What the records that pass are tagged with. */
  readonly tag: string;
  /** Ascending. */
  readonly rows: Uint32Array;
  /** 1 at each of them. */
  readonly has: Uint8Array;
}

/** Settings of the graph, the same for all. */
export interface GraphOptions {
  /** Filters that will be asked for: engines with payloads tag their records. */
  readonly filters: readonly FilterSpec[];
  readonly m: number;
  readonly efConstruction: number;
}

/** One way to search, over one data set. What it is given to search with is a row of the set's queries, by number. */
export interface Engine {
  /** Versions and settings, for the report. */
  readonly settings: string;
  /** Puts every row in. Not called where {@link load} is. */
  build(): void | Promise<void>;
  save(file: string): void | Promise<void>;
  load(file: string): void | Promise<void>;
  /** The breadth of a search (`ef`); what comes of it is ready before the clock starts. */
  setEffort(effort: number): void;
  /** Numbers of the rows that are found. */
  search(query: number, k: number): ArrayLike<number> | Promise<ArrayLike<number>>;
  /** The same, of those that pass; missing where it cannot be had. */
  searchAmong?(query: number, k: number, passing: Passing): ArrayLike<number> | Promise<ArrayLike<number>>;
  /** Of the index in memory, vectors included; missing where it does not tell. */
  indexBytes?(): number;
}

/** Opens an engine of a set, empty. */
export type EngineFactory = (set: VectorSet, options: GraphOptions) => Engine | Promise<Engine>;

/** A set's queries, or rows, as arrays of numbers: what some packages take. Made before the clock starts. */
export function asArrays(matrix: Float32Array, dimension: number): number[][] {
  return Array.from({ length: matrix.length / dimension }, (_, i) =>
    Array.from(matrix.subarray(i * dimension, (i + 1) * dimension)),
  );
}
