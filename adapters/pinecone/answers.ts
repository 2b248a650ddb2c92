import { HttpFault } from '../../src/remote/http-fault.ts';
import type { Payload } from '../../src/types.ts';
import { isPlainObject } from '../../src/validate/payload.ts';

/** A record as the data plane gives it. */
export interface WireRecord {
  readonly id: string;
  readonly values: readonly number[];
  readonly metadata: Payload;
}

/** A hit. */
export interface WireMatch extends WireRecord {
  readonly score: number;
}

/** A page of something. */
export interface WirePage<T> {
  readonly items: readonly T[];
  readonly next: string | undefined;
}

/** `{ matches: [{ id, score, values?, metadata? }] }`. With a `dimension` each has values. */
export function readMatches(json: unknown, dimension?: number): WireMatch[] {
  const { matches } = objectOf(json, 'query');
  if (!Array.isArray(matches)) throw unexpected('query', 'has no matches');
  return matches.map((match: unknown) => {
    const record = recordOf(match, 'query', dimension);
    const { score } = match as { score?: unknown };
    if (typeof score !== 'number') throw unexpected('query', 'has a match without a score');
    return { ...record, score };
  });
}

/** `{ vectors: { id: { id, values, metadata? } } }` */
export function readRecords(json: unknown, call: 'fetch' | 'fetch by metadata', dimension: number): WireRecord[] {
  const { vectors } = objectOf(json, call);
  if (!isPlainObject(vectors)) throw unexpected(call, 'has no vectors');
  return Object.entries(vectors).map(([id, vector]) => {
    const record = recordOf(vector, call, dimension);
    if (record.id !== id) throw unexpected(call, 'gives a record under another id');
    return record;
  });
}

/** That no record came which was not asked for: writes would go on with it. */
export function checkAsked(records: readonly WireRecord[], ids: readonly string[]): void {
  const asked = new Set(ids);
  if (!records.every(({ id }) => asked.has(id))) throw unexpected('fetch', 'has a record that was not asked for');
}

/** `{ vectors: [{ id }], namespace, usage, pagination?: { next } }`; an empty page may have no vectors. */
export function readIds(json: unknown): WirePage<string> {
  const answer = objectOf(json, 'list');
  const { vectors = [] } = answer;
  const isList = 'vectors' in answer || 'namespace' in answer || 'usage' in answer;
  if (!isList || !Array.isArray(vectors)) throw unexpected('list', 'has no vectors');
  const items = vectors.map((vector: unknown) => {
    const { id } = objectOf(vector, 'list');
    if (typeof id !== 'string') throw unexpected('list', 'has a vector without an id');
    return id;
  });
  return { items, next: readNext(json) };
}

/** `{ pagination?: { next } }` */
export function readNext(json: unknown): string | undefined {
  const { pagination } = objectOf(json, 'a page');
  const next = isPlainObject(pagination) ? pagination.next : undefined;
  return typeof next === 'string' && next !== '' ? next : undefined;
}

/** Records by namespace. */
export function readCounts(json: unknown): Map<string, number> {
  const { namespaces = {}, dimension } = objectOf(json, 'describe_index_stats');
  if (!isPlainObject(namespaces) || typeof dimension !== 'number')
    throw unexpected('describe_index_stats', 'has no namespaces');
  return new Map(
    Object.entries(namespaces).map(([name, summary]) => {
      const { vectorCount = 0 } = objectOf(summary, 'describe_index_stats');
      if (typeof vectorCount !== 'number') throw unexpected('describe_index_stats', 'has a namespace without a count');
      return [name, vectorCount];
    }),
  );
}

/** That a write without an answer worth reading was answered by the service. */
export function checkWritten(json: unknown): void {
  objectOf(json, 'a write');
}

/** That all records were taken. */
export function checkUpserted(json: unknown, sent: number): void {
  const { upsertedCount } = objectOf(json, 'upsert');
  if (upsertedCount !== sent) throw unexpected('upsert', `does not say that all ${sent} records were taken`);
}

function recordOf(value: unknown, call: string, dimension: number | undefined): WireRecord {
  const { id, values, metadata } = objectOf(value, call);
  if (typeof id !== 'string') throw unexpected(call, 'has a record without an id');
  if (values != null && !isNumbers(values)) throw unexpected(call, 'has a vector that is none');
  if (dimension !== undefined && values?.length !== dimension)
    throw unexpected(call, `has a record without its ${dimension} values`);
  if (metadata != null && !isPlainObject(metadata)) throw unexpected(call, 'has metadata that is none');
  return { id, values: values ?? [], metadata: (metadata ?? {}) as Payload };
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((x) => typeof x === 'number');
}

function objectOf(value: unknown, call: string): Record<string, unknown> {
  if (!isPlainObject(value)) throw unexpected(call, 'is no object where one should be');
  return value;
}

function unexpected(call: string, problem: string): HttpFault {
  return new HttpFault('unexpected', `the answer to ${call} ${problem}`);
}
