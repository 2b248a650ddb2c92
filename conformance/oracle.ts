import type { JsonValue, Metric } from '../src/types.ts';
import { constantOf, type Fields, lookUp, matches, splitPath } from './oracle/filter.ts';
import { type Scored, scoreBetween } from './oracle/scores.ts';

/** A JSON object, as a payload is. */
export type JsonObject = { readonly [key: string]: JsonValue };

export interface OracleRecord {
  readonly id: string;
  /** As it is stored: in f32. */
  readonly vector: Float32Array | null;
  readonly payload: JsonObject;
}

export interface OracleMatch extends OracleRecord, Scored {}

/** What a write is about. */
export type OracleTarget = { readonly ids: readonly string[] } | { readonly filter: unknown } | { readonly all: true };

/** What a write did. `refused`: the library must not do it, and nothing changes. */
export type OracleOutcome = { readonly written: string[]; readonly missing: string[] } | 'refused';

export interface OraclePatch {
  readonly mode: 'merge' | 'replace';
  readonly set: JsonObject;
  readonly unset: readonly string[];
}

/**
 * The whole store in the most obvious form: maps, brute force, f64. It shares no code with the library (but types), so that it can prove the
 * library wrong, its reference engine included.
 */
export class Oracle {
  readonly metric: Metric;
  readonly fields: Fields;
  /** Namespaces by name, `''` being the default one; records by id. */
  readonly #namespaces = new Map<string, Map<string, OracleRecord>>();

  constructor(metric: Metric, fields: Fields = {}) {
    this.metric = metric;
    this.fields = fields;
  }

  records(namespace = ''): OracleRecord[] {
    return [...this.#records(namespace).values()];
  }

  get(id: string, namespace = ''): OracleRecord | undefined {
    return this.#records(namespace).get(id);
  }

  /** Whole records; of several with one id the last wins. Returns how many distinct ones were written. */
  upsert(
    records: readonly { id: string; vector: ArrayLike<number> | null; payload?: JsonObject }[],
    namespace = '',
  ): { written: string[] } {
    const stored = this.#records(namespace);
    for (const { id, vector, payload = {} } of records) {
      stored.set(id, { id, vector: vector && Float32Array.from(vector), payload: copyOf(payload) });
    }
    return { written: [...new Set(records.map((record) => record.id))] };
  }

  delete(target: OracleTarget, namespace = ''): OracleOutcome {
    const outcome = this.#select(target, namespace);
    if (outcome !== 'refused') for (const id of outcome.written) this.#records(namespace).delete(id);
    return outcome;
  }

  setPayload(target: OracleTarget, patch: OraclePatch, namespace = ''): OracleOutcome {
    const setsAndUnsets = patch.unset.some((path) => lookUp(patch.set, splitPath(path)) !== undefined);
    const outcome = setsAndUnsets ? 'refused' : this.#select(target, namespace);
    if (outcome === 'refused') return outcome;
    for (const id of outcome.written) {
      const record = this.#records(namespace).get(id)!;
      const merged = patch.mode === 'replace' ? patch.set : withMembers(record.payload, patch.set);
      const payload = patch.unset.reduce<JsonObject>((rest, path) => without(rest, splitPath(path)), copyOf(merged));
      this.#records(namespace).set(id, { ...record, payload });
    }
    return outcome;
  }

  /** The records that match, in no particular order. */
  filter(filter: unknown, namespace = ''): OracleRecord[] {
    return this.records(namespace).filter((record) => matches(filter, record.payload, this.fields));
  }

  /** Every record with a vector that matches, best first, equal ones by id. */
  ranked(query: ArrayLike<number>, filter: unknown = {}, namespace = ''): OracleMatch[] {
    return this.filter(filter, namespace)
      .flatMap((record) =>
        record.vector === null ? [] : [{ ...record, ...scoreBetween(this.metric, query, record.vector) }],
      )
      .sort((a, b) => a.distance - b.distance || (a.id < b.id ? -1 : 1));
  }

  /** Names of the namespaces that hold something, but for the default one. */
  listNamespaces(): string[] {
    const named = [...this.#namespaces].filter(([name, records]) => name !== '' && records.size > 0);
    return named.map(([name]) => name).sort((a, b) => (a < b ? -1 : 1));
  }

  #records(namespace: string): Map<string, OracleRecord> {
    const known = this.#namespaces.get(namespace);
    if (known !== undefined) return known;
    const records = new Map<string, OracleRecord>();
    this.#namespaces.set(namespace, records);
    return records;
  }

  #select(target: OracleTarget, namespace: string): OracleOutcome {
    const records = this.#records(namespace);
    if ('all' in target) return { written: [...records.keys()], missing: [] };
    if ('filter' in target) {
      if (constantOf(target.filter) === true) return 'refused';
      return { written: this.filter(target.filter, namespace).map((record) => record.id), missing: [] };
    }
    const ids = [...new Set(target.ids)];
    return { written: ids.filter((id) => records.has(id)), missing: ids.filter((id) => !records.has(id)) };
  }
}

/** What comes back for a payload: a copy, members that are undefined left out, −0 as 0. */
function copyOf<T extends JsonValue>(value: T): T;
function copyOf(value: JsonValue): JsonValue {
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element: JsonValue) => copyOf(element));
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([key, member]) => [key, copyOf(member)]));
}

function withMembers(payload: JsonObject, members: JsonObject): JsonObject {
  return Object.fromEntries([...Object.entries(payload), ...Object.entries(members)]);
}

function without(object: JsonObject, [key, ...deeper]: readonly string[]): JsonObject {
  const entries = Object.entries(object).flatMap(([name, value]): [string, JsonValue][] => {
    if (name !== key) return [[name, value]];
    if (deeper.length === 0) return [];
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return [[name, isObject ? without(value as JsonObject, deeper) : value]];
  });
  return Object.fromEntries(entries);
}
