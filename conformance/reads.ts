import { isSupported } from '../src/capabilities.ts';
import type { Filter } from '../src/filter/types.ts';
import type { VectorStore } from '../src/store.ts';
import type { Include, Match, Page, Payload, RecordInput, VectorRecord } from '../src/types.ts';
import { equal, ok, sameMembers } from './assertions.ts';

/**
 * A value of the wrong type, where the suite means to send one. (`never` fits everywhere, so the compiler lets it pass.)
 */
export function malformed(value: unknown): never {
  return value as never;
}

/** A filter that is built at run time, of whatever form. */
export function asFilter(filter: unknown): Filter {
  return filter as Filter;
}

/** The ids of records or matches, in their order. */
export function idsOf(records: readonly { readonly id: string }[]): string[] {
  return records.map((record) => record.id);
}

/** A vector for the `i`-th record: distinct in length and direction from all others, exact in f32, never zero. */
export function vectorFor(i: number, dimension = 3): number[] {
  return Array.from({ length: dimension }, (_, axis) => (axis === 0 ? 1 + i : ((i * 7 + axis * 3) % 16) / 8 - 0.875));
}

/** `n` records `r0000` … with payloads `{ n }`. */
export function numbered(n: number, dimension = 3, first = 0): RecordInput[] {
  return Array.from({ length: n }, (_, i) => ({
    id: `r${String(first + i).padStart(4, '0')}`,
    vector: vectorFor(first + i, dimension),
    payload: { n: first + i },
  }));
}

/** All records of a scan. */
export async function scanned(store: VectorStore, filter?: Filter, batchSize?: number): Promise<VectorRecord[]> {
  const records: VectorRecord[] = [];
  for await (const record of store.scan({ ...(filter && { filter }), ...(batchSize && { batchSize }) }))
    records.push(record);
  return records;
}

/** All pages of a filter query, joined. */
export async function paged(
  store: VectorStore,
  filter: Filter,
  limit = 100,
): Promise<{ id: string; payload: Payload }[]> {
  const records: { id: string; payload: Payload }[] = [];
  let cursor: string | undefined;
  do {
    const page: Page = await store.filter(filter, { limit, ...(cursor !== undefined && { cursor }) });
    ok(page.records.length <= limit, `a page of limit ${limit} has ${page.records.length} records`);
    records.push(...page.records);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return records;
}

/** All matches of a search that asks for everything. */
async function everythingNear(
  store: VectorStore,
  filter: Filter | undefined,
  exactly: { readonly exact?: true },
): Promise<Match[]> {
  const query = vectorFor(0, store.dimension);
  return store.search(query, {
    ...exactly,
    k: Math.min(10_000, store.capabilities.limits.k),
    ...(filter && { filter }),
  });
}

/** A store as data, for "nothing has changed": every record of the handle's namespace by id. */
export async function contents(
  store: VectorStore,
): Promise<Record<string, { payload: Payload; vector: number[] | null }>> {
  const records: [string, { payload: Payload; vector: number[] | null }][] = [];
  for await (const { id, payload, vector } of store.scan())
    records.push([id, { payload, vector: vector && Array.from(vector) }]);
  equal(new Set(records.map(([id]) => id)).size, records.length, 'distinct ids in a scan');
  return Object.fromEntries(records.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** That exactly these records match, by every read that takes a filter: pages, scan, count and search. */
export async function expectMatching(
  store: VectorStore,
  filter: Filter,
  expected: readonly string[],
  exactly: { readonly exact?: true } = {},
): Promise<void> {
  const what = JSON.stringify(filter);
  const { operations, options } = store.capabilities;
  if (isSupported(operations.filter)) sameMembers(idsOf(await paged(store, filter)), expected, `filter(${what})`);
  if (isSupported(operations.scan))
    sameMembers(idsOf(await scanned(store, filter)), expected, `scan({ filter: ${what} })`);
  if (isSupported(operations.count)) equal(await store.count(filter), expected.length, `count(${what})`);
  if (!isSupported(operations.search) || !isSupported(options.searchFilter)) return;
  sameMembers(idsOf(await everythingNear(store, filter, exactly)), expected, `search({ filter: ${what} })`);
}

/** What comes back with an `include` that asks for both. */
export const everything = { payload: true, vector: true } as const satisfies Include;
