import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { ErrorCode } from './errors.ts';
import type { Filter, Path } from './filter/types.ts';

/** A record's key: a well-formed string of 1–512 UTF-8 bytes without NUL. Compared by code units; no Unicode normalisation. */
export type Id = string;

/** A vector as it comes in: exactly `dimension` finite numbers with |x| ≤ 1e17, rounded to f32 when stored. */
export type VectorInput = Float32Array | readonly number[];

/** Any JSON value. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** An untyped payload: any JSON object. */
export type Payload = { readonly [key: string]: JsonValue | undefined };

/** How vectors are compared: cosine similarity, inner product, or Euclidean (true L2) distance. */
export type Metric = 'cosine' | 'dot' | 'euclidean';

/** The type a payload field is declared with, for filtering. A value there must be missing, null, of that type, or an array of it. */
export type FieldType = 'keyword' | 'number' | 'boolean' | 'datetime' | 'text';

/** Which parts of a record come back. Narrows the result type. */
export interface Include {
  /** Default true. */
  readonly payload?: boolean;
  /** Default false. */
  readonly vector?: boolean;
}

/** What every method takes. */
export interface CallOptions {
  /** Aborts the call: it rejects with `Aborted` at once, whatever the backend does. */
  readonly signal?: AbortSignal;
  /** Milliseconds for the whole call (of a `scan`: for each page), retries included; then it rejects with `Timeout`. Default: the provider's. */
  readonly timeoutMs?: number;
}

type PayloadIn<P> = Record<never, never> extends P ? { readonly payload?: P } : { readonly payload: P };

/** A record to write. `payload` may be left out (`{}`) where the payload type allows an empty object. */
export type RecordInput<P extends object = Payload> = {
  readonly id: Id;
  /** `null`: a record without an embedding yet, where `capabilities.options.nullVector` is not refused. */
  readonly vector: VectorInput | null;
} & PayloadIn<P>;

type PayloadOut<P, I> = Include extends I
  ? { payload?: P }
  : I extends { readonly payload: infer B }
    ? [B] extends [false]
      ? unknown
      : [B] extends [true]
        ? { payload: P }
        : { payload?: P }
    : { payload: P };
type VectorOut<V, I> = Include extends I
  ? { vector?: V }
  : I extends { readonly vector: infer B }
    ? [B] extends [true]
      ? { vector: V }
      : [B] extends [false]
        ? unknown
        : { vector?: V }
    : unknown;

/** A record as it comes back from `get`, `scan` and `filter`. The vector is null for a record without an embedding. */
export type VectorRecord<P extends object = Payload, I extends Include = { payload: true; vector: true }> = {
  id: Id;
} & PayloadOut<P, I> &
  VectorOut<Float32Array | null, I>;

/**
 * A search hit. Best first; exact ties go by id (code units).
 *
 * | metric | `score` (higher is better) | `distance` (lower is better) |
 * |---|---|---|
 * | `cosine` | cosine, clamped to [−1, 1] | 1 − cosine |
 * | `dot` | inner product | −inner product |
 * | `euclidean` | −L2 | L2 |
 */
export type Match<P extends object = Payload, I extends Include = { payload: true }> = {
  id: Id;
  score: number;
  distance: number;
} & PayloadOut<P, I> &
  VectorOut<Float32Array, I>;

/** One page of a payload-only query. */
export interface Page<P extends object = Payload, I extends Include = { payload: true }> {
  records: VectorRecord<P, I>[];
  /** Pass it to the next call with the same filter; undefined on the last page. Opaque. */
  cursor?: string;
}

/** How hard an approximate index tries. Hints: what a backend cannot use is listed in `stats().ignoredHints`. */
export interface SearchParams {
  /** HNSW: size of the candidate list, ≥ k. */
  readonly ef?: number;
  /** IVF: number of lists visited. */
  readonly nprobe?: number;
}

/** What `search` and `searchBatch` take. */
export interface SearchOptions<P extends object = Payload, I extends Include = Include> extends CallOptions {
  /** How many matches, 1–10,000. Default 10. */
  readonly k?: number;
  readonly filter?: Filter<P>;
  /** Default: payload, no vector. */
  readonly include?: I;
  /** Drop matches with a lower score (inclusive). Above 0 it is refused under `euclidean`, where scores are ≤ 0. */
  readonly minScore?: number;
  /** Drop matches with a higher distance (inclusive). */
  readonly maxDistance?: number;
  /** Compare with every record instead of asking the approximate index. Default false. */
  readonly exact?: boolean;
  readonly params?: SearchParams;
  /** Refuse (`Unsupported`) a hint in `params` that this backend cannot use, instead of listing it in `stats()`. Default false. */
  readonly strict?: boolean;
  /** Default `session`: reads see the writes acknowledged through the same handle. */
  readonly consistency?: Consistency;
}

/**
 * How a search is answered.
 *
 * | strategy | what is compared with the query |
 * |---|---|
 * | `nothing` | nothing: no record can match |
 * | `exact-scan` | the vector of every record that passes the filter |
 * | `code-scan` | the quantised code of every record that passes the filter, then the vectors of the best |
 * | `graph` | what a walk through the graph meets |
 * | `graph-filtered` | what a walk meets that goes only to records that pass the filter, through others where it must |
 * | `post-filter` | what a walk through the graph, or a search that ignores the filter, meets; what does not pass is left out |
 * | `lists` | the lists nearest to the query |
 * | `lists-filtered` | of the lists nearest to the query what passes the filter, of more lists than usual where few do |
 */
export type SearchStrategy =
  | 'nothing'
  | 'exact-scan'
  | 'code-scan'
  | 'graph'
  | 'graph-filtered'
  | 'post-filter'
  | 'lists'
  | 'lists-filtered';

/** How a search was answered, from `explain`. */
export interface SearchPlan {
  /** The index in force, defaults filled in. */
  readonly index: IndexSpec;
  readonly strategy: SearchStrategy;
  /** Why this strategy, in a sentence. */
  readonly reason: string;
  /** The strategies that were weighed, the one taken included. */
  readonly considered: readonly {
    readonly strategy: SearchStrategy;
    /**
     * What it was expected to cost, in comparisons of a walk (one of a scan of codes, whose rows are in order, counts a sixteenth); undefined where
     * nothing is expected.
     */
    readonly cost?: number;
  }[];
  /** Records of the namespace. */
  readonly total: number;
  /** Of these, records that pass the filter: what `count(filter)` says. */
  readonly matching: number;
  /** Of these, records with a vector: what can be found. */
  readonly candidates: number;
  /** The hints in effect: what was given or the index's own setting, raised to what `k` needs. */
  readonly params: SearchParams;
  /** Distances computed for this search, counted. */
  readonly compared: {
    /** To original vectors: what is proposed by an index is scored again by them. */
    readonly vectors: number;
    /** To codes, or to the index's own copies; undefined where the index does not count. */
    readonly index?: number;
  };
  /** Hints of `params`, and settings of the index, that have no effect here. */
  readonly ignoredHints: readonly string[];
}

/** What `searchHybrid` looks for. */
export interface HybridQuery {
  /** Its terms are runs of letters, digits and marks, compared after NFKC and lower-casing, as `$match` does. At most 1,024 different ones. */
  readonly text: string;
  /** Left out: the ranking by text alone. */
  readonly vector?: VectorInput;
}

/**
 * How the ranking by vector and the ranking by text become one.
 *
 * `rrf`: reciprocal rank fusion, Σ 1 / (`rankConstant` + rank), ranks from 1. Needs no tuning, and knows nothing of how far apart scores are.
 * `weighted`: `vectorWeight` · v + (1 − `vectorWeight`) · t, where v and t are the scores, from 0 for the last candidate of that ranking to 1 for
 * its first (0 for a record that is not in it).
 */
export type Fusion =
  | {
      readonly type: 'rrf';
      /** 1–10,000. Default 60. */
      readonly rankConstant?: number;
    }
  | {
      readonly type: 'weighted';
      /** 0–1. Default 0.5. */
      readonly vectorWeight?: number;
    };

/** What `searchHybrid` takes. */
export interface HybridOptions<P extends object = Payload, I extends Include = Include> extends CallOptions {
  /** How many matches, 1–10,000. Default 10. */
  readonly k?: number;
  readonly filter?: Filter<P>;
  /** Default: payload, no vector. */
  readonly include?: I;
  /** The text fields to rank by, each with its weight, from 0.000001 to 1,000,000. Default: every declared `text` field, with weight 1. */
  readonly fields?: { readonly [K in Path<P>]?: number };
  /** Default `{ type: 'rrf' }`. Without a vector there is nothing to fuse: the scores of the text stand. */
  readonly fusion?: Fusion;
  /** How many records of each ranking are fused, from `k` to 10,000. Default: the larger of 4 · `k` and 50, at most 10,000. */
  readonly candidates?: number;
  /** Of the ranking by vector: compare with every record instead of asking the approximate index. Default false. */
  readonly exact?: boolean;
  /** Of the ranking by vector. */
  readonly params?: SearchParams;
  /** Refuse (`Unsupported`) a hint in `params` that this backend cannot use, instead of listing it in `stats()`. Default false. */
  readonly strict?: boolean;
  /** Default `session`: reads see the writes acknowledged through the same handle. */
  readonly consistency?: Consistency;
}

/** A hit of `searchHybrid`. Best first; exact ties go by id (code units). The vector is null for a record without an embedding. */
export type HybridMatch<P extends object = Payload, I extends Include = { payload: true }> = {
  id: Id;
  /** The fused score (higher is better); without a vector in the query, `textScore`. To compare within one answer only. */
  score: number;
  /** −`score`. */
  distance: number;
  /** The score of `search`, where the record is among the nearest candidates. */
  vectorScore?: number;
  /** Where the record holds a term and is among the best candidates; above 0. Differs by backend. */
  textScore?: number;
} & PayloadOut<P, I> &
  VectorOut<Float32Array | null, I>;

/** `session`: a handle reads its own writes. `strong`: everybody's. `eventual`: whatever is there. */
export type Consistency = 'session' | 'strong' | 'eventual';

/** What `filter` takes. */
export interface FilterOptions<I extends Include = Include> extends CallOptions {
  /** Records per page, 1–10,000. Default 100. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
  readonly include?: I;
  readonly consistency?: Consistency;
}

/** What `get` takes. */
export interface GetOptions<I extends Include = Include> extends CallOptions {
  /** Default: payload and vector. */
  readonly include?: I;
  readonly consistency?: Consistency;
}

/** What `scan` takes. `timeoutMs` is per page. */
export interface ScanOptions<P extends object = Payload, I extends Include = Include> extends CallOptions {
  readonly filter?: Filter<P>;
  /** Default: payload and vector. */
  readonly include?: I;
  /** Records fetched per request, 1–10,000. Default 1,000. */
  readonly batchSize?: number;
  readonly consistency?: Consistency;
}

/** What every write takes. */
export interface WriteOptions extends CallOptions {
  /** Also list the acknowledged ids. Default false, so that a stream of any length needs bounded memory. */
  readonly details?: boolean;
}

/** What `upsert` takes. */
export interface UpsertOptions extends WriteOptions {
  /** Batches in flight at once, 1–64. Default and upper bound: the provider's. */
  readonly concurrency?: number;
  /** Records per batch. Default and upper bound: the provider's. */
  readonly batchSize?: number;
}

/** What `setPayload` takes. */
export interface SetPayloadOptions<P extends object = Payload> extends WriteOptions {
  /** `merge` (default) replaces the given top-level keys; `replace` replaces the whole payload. */
  readonly mode?: 'merge' | 'replace';
  /** Paths removed after the merge. A path that is also set is refused. */
  readonly unset?: readonly Path<P>[];
}

/** Which records a delete is about. Everything must be said in so many words: an always-true filter is refused. */
export type DeleteTarget<P extends object = Payload> =
  | Id
  | readonly Id[]
  | { readonly filter: Filter<P> }
  | { readonly all: true };

/** Which records a `setPayload` is about. */
export type PatchTarget<P extends object = Payload> = Id | readonly Id[] | { readonly filter: Filter<P> };

/** How each id of a write ended. Every id is in exactly one of the four. */
export interface WriteResult {
  /** How many were written. */
  acknowledged: number;
  /** Which ones, with `details: true`. */
  acknowledgedIds?: Id[];
  /** `delete`, `setPayload`: ids that were not there, where the backend can know. */
  missing: Id[];
  /** Certainly not written. */
  failed: { id: Id; code: ErrorCode }[];
  /** Perhaps written: the answer was lost. Writing the same again is safe. */
  unknown: Id[];
}

/** An index by name with its parameters. A hint for recall and speed, never for what is found under `exact: true`. */
export interface IndexSpec {
  /** For example `flat`, `hnsw`, `ivf-flat`. `auto` (default) leaves it to the backend. */
  readonly type: string;
  /** HNSW: links per node, 2–128. Default 16. */
  readonly m?: number;
  /** HNSW: candidate list while building, 4–4096. Default 200. */
  readonly efConstruction?: number;
  /** HNSW: default candidate list while searching, 1–65,536. Default 64. */
  readonly ef?: number;
  /** IVF: number of lists, 1–65,536. */
  readonly nlist?: number;
  /** IVF: lists visited by default. */
  readonly nprobe?: number;
  /** Backend-specific settings by their own names, for example `factory` on faiss. */
  readonly options?: { readonly [name: string]: string | number | boolean };
}

/** Payload fields declared for filtering, by path (dotted; special segments quoted). */
export type FieldSpecs<P extends object = Payload> = { readonly [K in Path<P>]?: FieldType };

/** What a collection is made of. */
export interface CollectionSpec<P extends object = Payload, S extends PayloadSchema = PayloadSchema> {
  /** Length of every vector: 1–4096 portable, more where `capabilities.limits.dimension` says so. */
  readonly dimension: number;
  readonly metric: Metric;
  readonly index?: IndexSpec;
  /** Any Standard Schema (zod, valibot, arktype …) of a JSON object: gives the payload type and validates writes. Its output is stored. */
  readonly payload?: S;
  readonly fields?: FieldSpecs<P>;
  /** Seconds after its last upsert at which a record expires, 1–2³¹; where `capabilities.options.ttl` is not refused. Default: never. */
  readonly ttlSeconds?: number;
  /** Refuse (`Unsupported`) an index setting that this backend cannot use, instead of listing it in `stats().ignoredHints`. Default false. */
  readonly strict?: boolean;
}

/** A schema for payloads, by the Standard Schema interface. */
export type PayloadSchema = StandardSchemaV1<object, object>;

/** How ids are kept: `native` as they are, `hashed` where the backend cannot hold any string. */
export type IdMode = 'native' | 'hashed';

/** What is known of a collection without opening it. */
export interface CollectionInfo {
  readonly name: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly fields: { readonly [path: string]: FieldType };
  readonly idMode: IdMode;
  readonly index: IndexSpec;
  /** False for a collection that this library did not create. */
  readonly managed: boolean;
}

/** How far the vectors of late are from what an index learnt to stand for vectors: centroids, or the centre of codes. Mean squared distances. */
export interface IndexDrift {
  /** Of the vectors it was trained on. Above 0. */
  readonly trained: number;
  /** Of the vectors written lately. */
  readonly recent: number;
  /** How many those are; at least 256. */
  readonly vectors: number;
}

/** Figures about a collection. Sizes in bytes. */
export interface CollectionStats {
  /** Records in all namespaces. */
  readonly count: number;
  readonly namespaces: number;
  readonly index: IndexSpec;
  /** Memory of the vector index, without the original vectors where it shares them. */
  readonly indexBytes?: number;
  /** Memory of the original vectors. */
  readonly vectorBytes?: number;
  /** Files on disk. */
  readonly diskBytes?: number;
  /** Of the namespace where it is largest; undefined where the index is not trained, does not say, or has seen too few vectors since. */
  readonly drift?: IndexDrift;
  /** Index settings and search hints that this backend had no use for, as paths, for example `index.m`. */
  readonly ignoredHints: readonly string[];
  /** What opening had to mend, in words; empty when nothing. */
  readonly recovery: readonly string[];
}

/** Whether a database answers. */
export interface Health {
  readonly ok: boolean;
  /** The server's or engine's version, where it says so. */
  readonly version?: string;
  readonly latencyMs: number;
  /** Why not, where `ok` is false. */
  readonly problem?: string;
}

/** How far a `recreateIndex` is. */
export interface IndexProgress {
  readonly done: number;
  readonly total: number;
}
