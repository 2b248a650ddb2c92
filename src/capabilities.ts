import { unsupported } from './errors.ts';
import type { FilterOperator } from './filter/parse.ts';
import { filterOperators } from './filter/parse.ts';
import type { FieldType, IdMode, Metric, SearchParams } from './types.ts';

/**
 * How a backend does a thing: by itself; by us on top of it, with the same result (at a cost, in words, and perhaps not atomically);
 * or not at all, with the reason. There is no fourth way.
 */
export type Support =
  | 'native'
  | { readonly emulated: { readonly cost: string; readonly atomic: boolean } }
  | { readonly refused: string };

/** The names of {@link Operation}. */
export const operations = [
  'upsert',
  'delete',
  'deleteByFilter',
  'deleteAll',
  'search',
  'searchBatch',
  'searchHybrid',
  'explain',
  'filter',
  'setPayload',
  'setPayloadByFilter',
  'get',
  'scan',
  'count',
  'recreateIndex',
  'namespaces',
  'listNamespaces',
  'dropNamespace',
  'stats',
  'flush',
] as const;
/** A thing that a handle can be asked to do. */
export type Operation = (typeof operations)[number];

/** The names of {@link OptionName}. */
export const optionNames = [
  /** `search({ exact: true })` */
  'exact',
  /** `search({ filter })` */
  'searchFilter',
  /** `upsert({ vector: null })` */
  'nullVector',
  /** `setPayload({ mode: 'replace' })` */
  'replacePayload',
  /** `setPayload({ unset })` */
  'unset',
  /** `consistency: 'strong'` and `'eventual'` */
  'strongConsistency',
  'eventualConsistency',
  /** `delete` and `setPayload` know which ids were absent */
  'missingIds',
  /** a collection opened again, by another process or after a restart, holds what was acknowledged */
  'persistence',
  /** `createCollection({ ttlSeconds })`: records expire */
  'ttl',
] as const;
/** An option whose support differs between backends; see the comments in {@link optionNames}. */
export type OptionName = (typeof optionNames)[number];

/** Upper bounds, inclusive. Bytes are UTF-8 or wire bytes. */
export interface Limits {
  readonly dimension: number;
  readonly k: number;
  readonly idBytes: number;
  readonly namespaceBytes: number;
  /** Of one payload, as JSON text. */
  readonly payloadBytes: number;
  /** Per request to the backend; the portable layer splits. */
  readonly batchRecords: number;
  readonly batchBytes: number;
  /** Ids per get, delete or setPayload request. */
  readonly batchIds: number;
  /** Query vectors per request. */
  readonly batchQueries: number;
  /** Requests in flight at once. */
  readonly concurrency: number;
  /** Rows that an emulation may read before it gives up with `Unsupported`. */
  readonly scanBudget: number;
}

/**
 * What a backend can do, as data: shown to users, enforced before any request, and read by the conformance suite to choose its tests
 * (everything refused has a test that it is refused).
 */
export interface Capabilities {
  readonly operations: Readonly<Record<Operation, Support>>;
  readonly filterOperators: Readonly<Record<FilterOperator, Support>>;
  readonly options: Readonly<Record<OptionName, Support>>;
  readonly metrics: Readonly<Record<Metric, Support>>;
  readonly fieldTypes: Readonly<Record<FieldType, Support>>;
  /** Names that `index.type` may have beside `auto`. */
  readonly indexTypes: readonly string[];
  /** Search hints that have an effect (on an open collection: with its index). */
  readonly searchParams: readonly (keyof SearchParams)[];
  readonly idModes: readonly IdMode[];
  /** Reads see the writes acknowledged through the same handle. */
  readonly consistency: 'session' | 'eventual';
  /**
   * A stored vector comes back with the same bits, rounded (by 1e-6 of its length at most), or only its direction (normalised). Under `dot` and
   * `euclidean` never `direction`. Of a database: as in its collections under `cosine`; each collection says what holds for itself.
   */
  readonly vectorReadback: 'bits' | 'rounded' | 'direction';
  readonly limits: Limits;
}

/** The portable bounds; a backend may have lower or higher ones. */
export const portableLimits: Limits = Object.freeze({
  dimension: 4_096,
  k: 10_000,
  idBytes: 512,
  namespaceBytes: 128,
  payloadBytes: 16 * 2 ** 20,
  batchRecords: 1_000,
  batchBytes: 32 * 2 ** 20,
  batchIds: 10_000,
  batchQueries: 1_000,
  concurrency: 1,
  scanBudget: 100_000,
});

/** Whether it is done at all, natively or emulated. */
export function isSupported(support: Support): boolean {
  return support === 'native' || 'emulated' in support;
}

/** The reason of a refusal; undefined where it is done. */
export function refusal(support: Support): string | undefined {
  return typeof support === 'object' && 'refused' in support ? support.refused : undefined;
}

/** Throws `Unsupported` with the reason if the thing is refused. */
export function requireSupport(support: Support, what: string): void {
  const reason = refusal(support);
  if (reason !== undefined) throw unsupported(what, reason);
}

/** The capabilities of a backend that does everything natively, but for what is given: the short way to write a table. Deep-frozen. */
export function capabilitiesOf(differences: CapabilityDifferences): Capabilities {
  return frozen({
    operations: { ...allNative(operations), ...differences.operations },
    filterOperators: { ...allNative(filterOperators), ...differences.filterOperators },
    options: { ...allNative(optionNames), ...differences.options },
    metrics: { ...allNative(['cosine', 'dot', 'euclidean']), ...differences.metrics },
    fieldTypes: { ...allNative(['keyword', 'number', 'boolean', 'datetime', 'text']), ...differences.fieldTypes },
    indexTypes: differences.indexTypes,
    searchParams: differences.searchParams ?? [],
    idModes: differences.idModes ?? ['native'],
    consistency: differences.consistency ?? 'session',
    vectorReadback: differences.vectorReadback ?? 'bits',
    limits: { ...portableLimits, ...differences.limits },
  });
}

/** A copy that cannot be changed, at any depth: what is refused is decided by it. */
function frozen<T extends object>(table: T): T {
  const entries = Object.entries(table).map(([key, value]) => [
    key,
    typeof value === 'object' && value !== null ? frozen(value) : value,
  ]);
  return Object.freeze(Array.isArray(table) ? entries.map(([, value]) => value) : Object.fromEntries(entries)) as T;
}

/** See {@link capabilitiesOf}: each table holds only what is not native. */
export interface CapabilityDifferences {
  readonly operations?: Partial<Record<Operation, Support>>;
  readonly filterOperators?: Partial<Record<FilterOperator, Support>>;
  readonly options?: Partial<Record<OptionName, Support>>;
  readonly metrics?: Partial<Record<Metric, Support>>;
  readonly fieldTypes?: Partial<Record<FieldType, Support>>;
  readonly indexTypes: readonly string[];
  readonly searchParams?: readonly (keyof SearchParams)[];
  readonly idModes?: readonly IdMode[];
  readonly consistency?: 'session' | 'eventual';
  readonly vectorReadback?: 'bits' | 'rounded' | 'direction';
  readonly limits?: Partial<Limits>;
}

function allNative<K extends string>(keys: readonly K[]): Record<K, Support> {
  const entries: [K, Support][] = keys.map((key) => [key, 'native']);
  return Object.fromEntries(entries) as Record<K, Support>;
}
