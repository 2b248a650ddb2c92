import type { Capabilities } from './capabilities.ts';
import type { Filter } from './filter/types.ts';
import type {
  CallOptions,
  CollectionStats,
  DeleteTarget,
  FilterOptions,
  GetOptions,
  HybridMatch,
  HybridOptions,
  HybridQuery,
  Id,
  Include,
  IndexProgress,
  IndexSpec,
  Match,
  Metric,
  Page,
  PatchTarget,
  Payload,
  RecordInput,
  ScanOptions,
  SearchOptions,
  SearchPlan,
  SetPayloadOptions,
  UpsertOptions,
  VectorInput,
  VectorRecord,
  WriteOptions,
  WriteResult,
} from './types.ts';

/**
 * One collection (or one namespace of it), the same on every backend.
 *
 * Every method takes `signal` and `timeoutMs`, rejects with a {@link VectorStoreError}, never mutates its input, and returns data that the
 * caller may change. After `close()` every method rejects with `StoreClosed`; after the collection was dropped, with `NotFound`.
 */
export interface VectorStore<P extends object = Payload> extends AsyncDisposable {
  readonly name: string;
  /** The namespace this handle works in; `undefined` for the default one. */
  readonly namespaceName: string | undefined;
  readonly dimension: number;
  readonly metric: Metric;
  readonly capabilities: Capabilities;

  /**
   * Writes whole records: what was there under an id is replaced, payload included. Of several records with one id the last wins.
   *
   * One record and arrays are validated whole before anything is sent; other iterables and async iterables are streams: read with backpressure,
   * validated and sent batch by batch, of any length in bounded memory. Thousands of records are read in several turns of the event loop: leave them as they
   * are until the promise is settled.
   *
   * @throws `InvalidArgument` before anything is sent; `PartialFailure` with `result` once some records may have been written, an error of the
   *   stream as its `cause`.
   */
  upsert(
    records: RecordInput<P> | Iterable<RecordInput<P>> | AsyncIterable<RecordInput<P>>,
    options?: UpsertOptions,
  ): Promise<WriteResult>;

  /**
   * Removes records by id, by filter, or all of them (of this namespace). Absent ids are no error: they are listed in `missing`.
   * A filter that is always true is refused: say `{ all: true }`.
   */
  delete(target: DeleteTarget<P>, options?: WriteOptions): Promise<WriteResult>;

  /** The `k` nearest records, best first. An empty collection gives `[]`. Records without a vector are never found. */
  search<const I extends Include = { payload: true }>(
    vector: VectorInput,
    options?: SearchOptions<P, I>,
  ): Promise<Match<P, I>[]>;

  /** One answer per query vector, in their order; each the same as `search` gives. `[]` for no queries. */
  searchBatch<const I extends Include = { payload: true }>(
    vectors: readonly VectorInput[],
    options?: SearchOptions<P, I>,
  ): Promise<Match<P, I>[][]>;

  /**
   * The records whose declared `text` fields hold terms of the text, ranked by them; with a vector fused with the nearest records. By capability:
   * `capabilities.operations.searchHybrid`. What is found and filtered is the same on every backend, scores by text are not. Where it is emulated
   * every call reads all records of the namespace.
   *
   * @throws `InvalidArgument` for a collection that declares no `text` field, too; `Unsupported` where the backend ranks no text, or it is
   *   emulated and the namespace has more records than `capabilities.limits.scanBudget`.
   */
  searchHybrid<const I extends Include = { payload: true }>(
    query: HybridQuery,
    options?: HybridOptions<P, I>,
  ): Promise<HybridMatch<P, I>[]>;

  /**
   * How `search` answers this question: the strategy, why, what was weighed against it, and how many distances it took. Answers the search to say
   * so, and changes nothing. By capability: `capabilities.operations.explain`.
   *
   * @throws `Unsupported` where the backend does not say how it searches.
   */
  explain(vector: VectorInput, options?: SearchOptions<P>): Promise<SearchPlan>;

  /** One page of the records whose payload matches, in no particular order. No vector is involved. */
  filter<const I extends Include = { payload: true }>(
    filter: Filter<P>,
    options?: FilterOptions<I>,
  ): Promise<Page<P, I>>;

  /**
   * Merges top-level keys into payloads (or replaces them), then removes `unset` paths; vectors stay. In the patch `null` is a value and an
   * `undefined` member is left alone. Absent ids are listed in `missing`, not created.
   */
  setPayload(target: PatchTarget<P>, patch: Partial<P>, options?: SetPayloadOptions<P>): Promise<WriteResult>;

  /** One record; undefined where there is none. */
  get<const I extends Include = { payload: true; vector: true }>(
    id: Id,
    options?: GetOptions<I>,
  ): Promise<VectorRecord<P, I> | undefined>;
  /** Records in the order asked, duplicates kept, undefined where there is none. */
  get<const I extends Include = { payload: true; vector: true }>(
    ids: readonly Id[],
    options?: GetOptions<I>,
  ): Promise<(VectorRecord<P, I> | undefined)[]>;

  /**
   * Every record (that matches), unordered, in bounded memory. Records that nobody touches meanwhile appear exactly once, others at most once.
   */
  scan<const I extends Include = { payload: true; vector: true }>(
    options?: ScanOptions<P, I>,
  ): AsyncIterableIterator<VectorRecord<P, I>>;

  /** How many records there are, or match. Exact. */
  count(filter?: Filter<P>, options?: CallOptions): Promise<number>;

  /** Rebuilds the index with other settings, in all namespaces. Reads go on meanwhile. Root handle only. */
  recreateIndex(
    index: IndexSpec,
    options?: CallOptions & { readonly strict?: boolean; readonly onProgress?: (progress: IndexProgress) => void },
  ): Promise<void>;

  /** A handle on a namespace: equal ids in two namespaces are different records, and no operation crosses. Root handle only. */
  namespace(name: string): VectorStore<P>;
  /** The names of the non-empty namespaces, sorted by code units, without the default one. Root handle only. */
  listNamespaces(options?: CallOptions): Promise<string[]>;
  /** Removes a namespace with all its records; one that does not exist is fine. Root handle only. */
  dropNamespace(name: string, options?: CallOptions): Promise<void>;

  /** Sizes, the index in force, ignored hints, and what opening had to mend. */
  stats(options?: CallOptions): Promise<CollectionStats>;
  /** What was acknowledged is on stable storage afterwards, where the backend has any. Root handle only. */
  flush(options?: CallOptions): Promise<void>;
  /** Closes this handle (and, on a store from `openStore`, the connection). Closing twice is fine. */
  close(): Promise<void>;
}
