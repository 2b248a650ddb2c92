import type { CollectionDriver, StoredMatch, StoredRecord } from '../../src/driver.ts';
import { evaluate } from '../../src/filter/evaluate.ts';
import { matchAll } from '../../src/filter/normal-form.ts';
import { compareIds } from '../../src/score.ts';
import type { JsonValue, Payload } from '../../src/types.ts';
import { inCollection, inStore, type PlantedBug } from './plant.ts';

const changeMatches = (
  name: string,
  change: (matches: StoredMatch[], inner: CollectionDriver) => StoredMatch[],
): PlantedBug =>
  inCollection(name, (inner) => ({
    search: async (...args) => (await inner.search(...args)).map((matches) => change(matches, inner)),
  }));

const changePayloads = (name: string, change: (payload: Payload) => Payload): PlantedBug => {
  const changed = <R extends StoredRecord>(record: R): R =>
    record.payload === undefined ? record : { ...record, payload: change(record.payload) };
  return inCollection(name, (inner) => ({
    get: async (...args) => (await inner.get(...args)).map(changed),
    search: async (...args) => (await inner.search(...args)).map((matches) => matches.map(changed)),
    filter: async (...args) => {
      const page = await inner.filter(...args);
      return { ...page, records: page.records.map(changed) };
    },
  }));
};

/** Answers that are wrong. */
export const readBugs: readonly PlantedBug[] = [
  changeMatches('the score is inverted', (matches) =>
    matches.map((match) => ({ ...match, distance: -match.distance })).reverse(),
  ),
  changeMatches('matches with score 0 are dropped', (matches, { info }) =>
    matches.filter(({ distance }) => (info.metric === 'cosine' ? 1 - distance : distance) !== 0),
  ),
  changeMatches('the Euclidean distance is squared', (matches, { info }) =>
    info.metric === 'euclidean' ? matches.map((match) => ({ ...match, distance: match.distance ** 2 })) : matches,
  ),
  changeMatches('a cosine is off by a thousandth', (matches, { info }) =>
    info.metric === 'cosine' ? matches.map((match) => ({ ...match, distance: match.distance - 1e-3 })) : matches,
  ),
  changeMatches('ties go by id backwards', (matches) =>
    [...matches].sort((a, b) => a.distance - b.distance || compareIds(b.id, a.id)),
  ),
  changeMatches('the last match is lost', (matches) => (matches.length > 2 ? matches.slice(0, -1) : matches)),
  changeMatches('ids and payloads are paired by position in another order', (matches) =>
    matches.map((match, i) => ({
      ...match,
      ...(match.payload && { payload: matches[matches.length - 1 - i]!.payload! }),
    })),
  ),
  inCollection('matches at the very bound are left out', (inner) => ({
    search: async (namespace, queries, options, context) => {
      const answers = await inner.search(namespace, queries, options, context);
      return answers.map((matches) => matches.filter(({ distance }) => options.maxDistance - distance > 1e-9));
    },
  })),
  inCollection('a filter is applied after the k nearest were taken', (inner) => ({
    search: async (namespace, queries, options, context) => {
      const all = { ...options, filter: matchAll, include: { ...options.include, payload: true } };
      const answers = await inner.search(namespace, queries, all, context);
      return answers.map((matches) => matches.filter((match) => evaluate(options.filter, match.payload)));
    },
  })),
  inCollection('answers of a batch come in another order', (inner) => ({
    search: async (...args) => {
      const answers = await inner.search(...args);
      return answers.reverse();
    },
  })),
  inCollection('a page begins with the last record of the page before', (inner) => {
    const last = new Map<string, StoredRecord>();
    return {
      filter: async (namespace, filter, options, context) => {
        const page = await inner.filter(namespace, filter, options, context);
        const before = options.cursor === undefined ? undefined : last.get(options.cursor);
        if (page.cursor !== undefined) last.set(page.cursor, page.records.at(-1)!);
        return before === undefined ? page : { ...page, records: [before, ...page.records] };
      },
    };
  }),
  inCollection('only the first page is read', (inner) => ({
    filter: async (...args) => ({ records: (await inner.filter(...args)).records }),
  })),
  inCollection('the count ignores its filter', (inner) => ({
    count: (namespace, _filter, options, context) => inner.count(namespace, matchAll, options, context),
  })),
  inCollection('namespaces see the default namespace', (inner) => ({
    get: (_namespace, ids, options, context) => inner.get('', ids, options, context),
  })),
  inCollection('vectors come back normalised', (inner) => ({
    get: async (...args) =>
      (await inner.get(...args)).map((record) => ({
        ...record,
        ...(record.vector && { vector: normalised(record.vector) }),
      })),
  })),
  inCollection('results share memory with the store', (inner) => {
    const kept = new Map<string, StoredRecord>();
    return {
      get: async (namespace, ids, options, context) => {
        const records = await inner.get(namespace, ids, options, context);
        return records.map((record) => {
          const key = JSON.stringify([namespace, record, record.vector && [...record.vector]]);
          kept.set(key, kept.get(key) ?? record);
          return kept.get(key)!;
        });
      },
    };
  }),
  changePayloads('null members are left out', (payload) =>
    Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== null)),
  ),
  changePayloads('nested payloads are flattened', (payload) => flatten(payload)),
  changePayloads('texts that look like JSON are parsed', (payload) =>
    Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, parsed(value)])),
  ),
  inStore('a search stores the query in the caller’s array', (store) => ({
    search(vector: number[], ...rest: never[]) {
      if (Array.isArray(vector)) vector.sort();
      return store.search!(...([vector, ...rest] as never[]));
    },
  })),
];

function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length === 0 ? vector : vector.map((x) => x / length);
}

function flatten(payload: Payload, prefix = ''): Payload {
  const flat: Record<string, JsonValue | undefined> = {};
  for (const [key, value] of Object.entries(payload)) {
    const nested = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (nested) Object.assign(flat, flatten(value as Payload, `${prefix}${key}.`));
    else flat[`${prefix}${key}`] = value;
  }
  return flat;
}

function parsed(value: JsonValue | undefined): JsonValue | undefined {
  if (typeof value !== 'string' || !/^[[{\d]/.test(value)) return value;
  try {
    return JSON.parse(value) as JsonValue;
  } catch {
    return value;
  }
}
