import type { Capabilities } from './capabilities.ts';
import type { ErrorCode, VectorStoreError } from './errors.ts';
import type { FilterNode } from './filter/normal-form.ts';
import type { Segments } from './filter/path.ts';
import type { FusionSettings } from './fusion.ts';
import type { ServerAddress } from './tracing.ts';
import type {
  CollectionInfo,
  CollectionStats,
  Consistency,
  FieldType,
  Health,
  Id,
  IdMode,
  IndexProgress,
  IndexSpec,
  Metric,
  Payload,
  SearchParams,
  SearchPlan,
} from './types.ts';

/*
 * The contract between the portable layer and a backend. Types and promises only, no logic.
 *
 * What a driver may assume: input is validated, frozen in meaning (own copies, never touched again by the caller), free of duplicate ids
 * within a call, split by `capabilities.limits`, and allowed by `capabilities`. It need not check any of this again.
 *
 * What a driver must promise: exact agreement with `filter/evaluate.ts` and `score.ts`; results that alias nothing it keeps; raw errors
 * thrown as they are (the portable layer calls `classify` and wraps once); nothing written after it has rejected with an error that it
 * classifies as `applied: 'no'`; `context.signal` obeyed as soon as it can.
 *
 * `namespace` is `''` for the default namespace.
 */

/** Travels with every call. */
export interface CallContext {
  /**
   * Fires at abort or deadline, whichever is first. Stop listening when the work is done: calls without either share one that never fires where
   * {@link Driver.defaultTimeoutMs} is Infinity.
   */
  readonly signal: AbortSignal;
  /** When the call's time is over, on the clock of `performance.now()`. Undefined: never. */
  readonly deadline?: number;
}

/** A record as drivers get it: an own copy. */
export interface DriverRecord {
  readonly id: Id;
  readonly vector: Float32Array | null;
  readonly payload: Payload;
  /** The payload as JSON text: what it was measured by, for drivers that store or send text. */
  readonly json: string;
}

/** A record as drivers give it back: nothing in it may alias the driver's state. Parts not asked for are left out. */
export interface StoredRecord {
  readonly id: Id;
  readonly payload?: Payload;
  readonly vector?: Float32Array | null;
}

/** A hit: `distance` as `score.ts` defines it. */
export interface StoredMatch extends StoredRecord {
  readonly distance: number;
}

/** Which parts to return. */
export interface Parts {
  readonly payload: boolean;
  readonly vector: boolean;
}

/** What every read says. */
export interface ReadOptions {
  readonly include: Parts;
  readonly consistency: Consistency;
}

/** A search, validated. */
export interface DriverSearch extends ReadOptions {
  readonly k: number;
  /** Parsed against the declared fields. Never `none`: the portable layer answers that itself. */
  readonly filter: FilterNode;
  /** Inclusive upper bound; Infinity where none was asked. */
  readonly maxDistance: number;
  readonly exact: boolean;
  readonly params: SearchParams;
}

/** A search by text, or by text and vector, validated. */
export interface DriverHybrid extends ReadOptions {
  /** As it was asked, for servers with a tokenizer of their own. */
  readonly text: string;
  /** What `tokenize` makes of it: distinct, sorted by code units. Perhaps none. */
  readonly terms: readonly string[];
  /** At least one declared `text` field, sorted by code units. */
  readonly fields: readonly { readonly field: string; readonly weight: number }[];
  /** Undefined: by text alone. */
  readonly vector?: Float32Array;
  readonly fusion: FusionSettings;
  readonly k: number;
  /** How deep each of the two rankings goes before they are fused; at least `k`. */
  readonly candidates: number;
  /** As in {@link DriverSearch}. */
  readonly filter: FilterNode;
  readonly exact: boolean;
  readonly params: SearchParams;
}

/** A hit of a {@link DriverHybrid}. */
export interface StoredHybridMatch extends StoredRecord {
  readonly score: number;
  /** For a record in that ranking. */
  readonly vectorScore?: number;
  readonly textScore?: number;
}

/** One page of a payload-only query. */
export interface DriverPage {
  readonly records: readonly StoredRecord[];
  /** Undefined at the end. */
  readonly cursor?: string;
}

/** Which records a write by target is about. */
export type DriverTarget = { readonly ids: readonly Id[] } | { readonly filter: FilterNode };

/** A patch: top-level keys to set, then paths to remove. */
export interface DriverPatch {
  readonly mode: 'merge' | 'replace';
  readonly set: Payload;
  /** `set` as JSON text. */
  readonly json: string;
  readonly unset: readonly Segments[];
}

/** How the ids of one driver call ended; ids not named were acknowledged. */
export interface DriverWriteResult {
  /** How many records were written or removed. */
  readonly acknowledged: number;
  /** For calls by filter: the ids, where the driver knows them. */
  readonly ids?: readonly Id[];
  readonly missing?: readonly Id[];
  readonly failed?: readonly { readonly id: Id; readonly code: ErrorCode }[];
  readonly unknown?: readonly Id[];
  /** Why, where some failed or are unknown and the driver can tell. */
  readonly cause?: VectorStoreError;
}

/** What a collection is created with: validated, fields canonical. */
export interface DriverSpec {
  readonly dimension: number;
  readonly metric: Metric;
  readonly index: IndexSpec;
  readonly fields: { readonly [field: string]: FieldType };
  /** Only where `capabilities.options.ttl` is supported. */
  readonly ttlSeconds?: number;
  readonly strict: boolean;
}

/** What the caller of `collection(name)` says of a collection that has no manifest. */
export interface DriverOpenOptions {
  readonly fields?: { readonly [field: string]: FieldType };
  readonly idMode?: IdMode;
}

/** One open collection. Methods are called concurrently. */
export interface CollectionDriver {
  readonly info: CollectionInfo;
  readonly capabilities: Capabilities;
  /**
   * Why this backend cannot hold a record that the portable rules allow; undefined if it can. Asked of every record before anything is sent,
   * so that a bad one is refused with its place.
   */
  checkRecord?(record: DriverRecord): { readonly place: 'vector' | 'payload'; readonly problem: string } | undefined;
  /** Bytes of a record in a request, for splitting by `limits.batchBytes`. Default: 4 per number, plus id and payload text. */
  wireBytes?(record: DriverRecord): number;
  /** Replaces whole records. All ids distinct. */
  upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult>;
  /** By ids or by a filter; absent ids are reported where the backend can know. */
  delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult>;
  /** One answer per query, each sorted by `compareMatches`, at most `k` long. */
  search(
    namespace: string,
    queries: readonly Float32Array[],
    options: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]>;
  /** Where `capabilities.operations.explain` is not refused. Answers the search, and says how; of `ignoredHints` those of the index. */
  explain?(namespace: string, query: Float32Array, options: DriverSearch, context: CallContext): Promise<SearchPlan>;
  /**
   * Where `capabilities.operations.searchHybrid` is not refused. At most `k` records that hold a term or are among the nearest, by falling
   * score, ties by id.
   */
  searchHybrid?(namespace: string, asked: DriverHybrid, context: CallContext): Promise<StoredHybridMatch[]>;
  /** Records that match, in any order that pages stably while nothing is written. */
  filter(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions & { readonly limit: number; readonly cursor?: string },
    context: CallContext,
  ): Promise<DriverPage>;
  /** Merges or replaces payloads, never vectors; missing ids are reported, not created. */
  setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult>;
  /** Present records in any order, each once. */
  get(namespace: string, ids: readonly Id[], options: ReadOptions, context: CallContext): Promise<StoredRecord[]>;
  /** Exact. */
  count(
    namespace: string,
    filter: FilterNode,
    options: { readonly consistency: Consistency },
    context: CallContext,
  ): Promise<number>;
  /** Rebuilds the index of all namespaces; reads go on and stay right. */
  recreateIndex(
    index: IndexSpec,
    options: { readonly strict: boolean; readonly onProgress?: (progress: IndexProgress) => void },
    context: CallContext,
  ): Promise<void>;
  /** Names of the non-empty namespaces but the default one, in any order. */
  listNamespaces(context: CallContext): Promise<string[]>;
  /** Removes all records of a namespace (of the default one too); none is fine. Returns how many, where known. */
  dropNamespace(namespace: string, context: CallContext): Promise<number | undefined>;
  /** Figures over all namespaces. */
  stats(context: CallContext): Promise<CollectionStats>;
  /** What was acknowledged is on stable storage afterwards. */
  flush(context: CallContext): Promise<void>;
  /** Once, by the portable layer; nothing is called afterwards. */
  close(): Promise<void>;
}

/** One backend. */
export interface Driver {
  /** Lower-case name, as in URLs. */
  readonly provider: string;
  /** For telemetry. `connect` says it where the configuration does. */
  readonly server?: ServerAddress;
  readonly capabilities: Capabilities;
  /** Milliseconds for a call that sets none; Infinity where calls cannot hang: an embedded store, not the client of a server. */
  readonly defaultTimeoutMs: number;
  /** Throws (anything classified as) `AlreadyExists`. The name is portable. */
  createCollection(name: string, spec: DriverSpec, context: CallContext): Promise<CollectionDriver>;
  /** Any name that the backend allows. Throws (anything classified as) `NotFound`. */
  openCollection(name: string, options: DriverOpenOptions, context: CallContext): Promise<CollectionDriver>;
  /** All of them, of others too, in any order. */
  listCollections(context: CallContext): Promise<CollectionInfo[]>;
  /** By any name that the backend allows. */
  hasCollection(name: string, context: CallContext): Promise<boolean>;
  /** False where there was none. Open handles answer `NotFound` afterwards. */
  dropCollection(name: string, context: CallContext): Promise<boolean>;
  /** How things are now: never tried again. */
  health(context: CallContext): Promise<Health>;
  /** The vendor's client, for what this library does not cover. */
  unwrap(): unknown;
  /** After all its collections were closed. */
  close(): Promise<void>;
  /**
   * What a raw error of this backend means. `applied` is for writes: whether the call may have taken effect in spite of the error.
   * Undefined: not an error of this backend (the portable layer then says `Internal`, applied unknown).
   */
  classify(error: unknown): Classification | undefined;
}

/** What a raw error means; see {@link Driver.classify}. */
export interface Classification {
  readonly code: ErrorCode;
  /** One sentence, without secrets. */
  readonly message: string;
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly applied: 'no' | 'unknown';
}
