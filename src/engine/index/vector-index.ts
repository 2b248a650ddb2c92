import type { TimeSlice } from '../../time-slice.ts';
import type { IndexDrift, IndexSpec, Metric, SearchParams } from '../../types.ts';
import type { SearchTrace } from '../search-trace.ts';
import type { SavedContent } from './saved-content.ts';

/**
 * The seam between the engine and whatever finds near vectors. Implementations: `flat` here, hnswlib and faiss in `adapters/`.
 *
 * The engine keeps ids, payloads, filters, namespaces and the original vectors; it asks an index only for **candidates**, which it scores
 * again exactly (so an index never decides a score, nor the order), and falls back to comparing with every allowed record when an index
 * comes back with fewer candidates than there must be.
 *
 * A `slot` is a small integer (uint32) that stands for one record; the engine reuses slots of removed records.
 */
export interface VectorIndex {
  /** The settings in force, defaults filled in. */
  readonly spec: IndexSpec;
  /**
   * Adds the vectors at these slots, or replaces them where they were added before. May put work off (training), never off a later search.
   */
  add(slots: readonly number[]): void;
  /** Forgets slots. They are all present. */
  remove(slots: readonly number[]): void;
  /** What is probably nearest to the query. Undefined: not ready (too few vectors to train, say) — the engine then compares with every record. */
  search(query: Float32Array, k: number, options: IndexSearchOptions): Proposal | undefined;
  /**
   * As `search` for queries without a filter, by other threads, where that pays: what each finds, in their order. May end before the last: `search`
   * answers the others. What is yielded fits the vectors as they were when it was called.
   */
  searchTogether?(queries: readonly Float32Array[], k: number, options: IndexSearchOptions): AsyncIterable<Proposal>;
  /** Where threads search: resolves when they rest, and `settle` can go on. */
  rest?(): Promise<unknown> | undefined;
  /**
   * Does what `add` and `remove` put off, until `until` (as `performance.now()`), and returns how many vectors are left. Searches in between
   * are right, only slower. Left out where nothing is put off.
   */
  settle?(until: number): number;
  /** The same with other threads as far as they are of use, in one go. `settle` does what is left. */
  settleWithThreads?(slice: TimeSlice, onLeft?: (left: number) => void): Promise<void>;
  /** Memory in bytes, without the original vectors. */
  readonly byteLength: number;
  /** Where it is trained, and enough was added since to tell. */
  readonly drift?: IndexDrift | undefined;
  /** The whole index as bytes for {@link VectorIndexProvider.load}; undefined where building it again is as good. */
  serialize(): Uint8Array | undefined;
  /** The same bytes in parts, where that spares a copy of the index: they are views of it, valid until the next write, whatever is searched meanwhile. */
  serializeInParts?(): readonly Uint8Array[] | undefined;
  /** Frees native memory. Nothing is called afterwards. */
  dispose(): void;
}

/** The slots that a search of an index proposes. */
export interface Proposal {
  /** In any order, without duplicates and without removed ones; every one satisfies `allowed`. At least `k` where the index can. */
  readonly slots: readonly number[];
  /**
   * Where it spares reading vectors that are costly to read (see {@link VectorSource.isCostly}): how many of the slots, from the first on, are worth
   * comparing once the first `k` have been compared.
   *
   * @param nearest Distances of the first `k`, in their order.
   */
  readonly worth?: ((nearest: readonly number[]) => number) | undefined;
}

/** What a search of an index goes by. */
export interface IndexSearchOptions {
  readonly params: SearchParams;
  /** Which slots may be found; undefined for all. Never throws. */
  readonly allowed: SlotSet | undefined;
  /** How many slots `allowed` has. */
  readonly allowedCount: number;
  /** Where to write down what is done and why. */
  readonly trace?: SearchTrace | undefined;
}

/** A set of slots, as the engine's bitsets are. */
export interface SlotSet {
  /** Whether a slot is among them. */
  has(slot: number): boolean;
  /** Ascending. */
  forEach(visit: (slot: number) => void): void;
  /** One bit for each slot, the lowest first: the set's own, not to be kept or written to. */
  view?(): Uint32Array;
}

/** The original vectors, which an index reads instead of keeping its own copy where it can. */
export interface VectorSource {
  readonly dimension: number;
  readonly metric: Metric;
  /** A view, valid until the next write; copy to keep. Only for slots with a vector. */
  at(slot: number): Float32Array;
  /** Whether reading one takes longer than comparing with it: those of a file. */
  readonly isCostly?: boolean;
}

/** Makes indexes of one or several types. One per adapter. */
export interface VectorIndexProvider {
  /** Values of `IndexSpec.type` it knows, the default first. */
  readonly types: readonly string[];
  /**
   * Checks settings, before anything is built: fills in defaults and lists what it has no use for (as paths, for example `index.nlist`).
   *
   * @throws `InvalidArgument` for values out of range or that the native code could not survive; `Unsupported` for what cannot work here.
   */
  resolve(spec: IndexSpec, dimension: number, metric: Metric): ResolvedIndex;
  /** An empty index. */
  create(resolved: ResolvedIndex, vectors: VectorSource): VectorIndex;
  /**
   * From the bytes of {@link VectorIndex.serialize}, already verified by checksum, for the same settings and the same slots and vectors.
   *
   * @throws anything: the engine then builds the index again and says so in `stats().recovery`.
   */
  load(bytes: Uint8Array, resolved: ResolvedIndex, vectors: VectorSource): VectorIndex;
  /**
   * The same straight from a file, without a copy in between, for indexes that damaged bytes can do no harm to: whether they were is known afterwards only.
   * Undefined where `load` is the way.
   */
  loadFrom?(
    content: SavedContent,
    resolved: ResolvedIndex,
    vectors: VectorSource,
  ): Promise<VectorIndex | undefined> | undefined;
  /** Search hints it has a use for, of `ef`, `nprobe`, for this type. */
  usedParams(spec: IndexSpec): readonly (keyof SearchParams)[];
}

/** An index specification as it is in force. */
export interface ResolvedIndex {
  readonly spec: IndexSpec;
  readonly ignoredHints: readonly string[];
}
