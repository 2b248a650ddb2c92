import type { VectorDatabase, VectorRecord, VectorStore } from '../../src/index.ts';
import { compareIds, distanceBetween } from '../../src/score.ts';
import { contentText, recordLine } from './model.ts';
import type { CrashPayload } from './operations.ts';
import { Random } from './random.ts';

/** What a database says it holds, by component (see {@link Model}), and what opening had to mend. */
export interface Observed {
  readonly components: ReadonlyMap<string, string>;
  readonly recovery: readonly string[];
}

/** Reads everything, in more than one way. Throws where the ways disagree: a wrong answer. */
export async function observe(db: VectorDatabase): Promise<Observed> {
  const components = new Map<string, string>();
  const recovery: string[] = [];
  for (const info of await db.listCollections()) {
    const store = await db.collection(info.name);
    const namespaces = new Map<string, string[]>();
    let total = 0;
    for (const namespace of ['', ...(await store.listNamespaces())]) {
      const records = await observeNamespace(namespace === '' ? store : store.namespace(namespace));
      total += records.length;
      namespaces.set(
        namespace,
        records.map(({ id, vector, payload }) => recordLine(id, vector, payload)),
      );
    }
    const stats = await store.stats();
    agree(info.name, 'stats().count', stats.count, total);
    recovery.push(...stats.recovery);
    components.set(info.name, contentText(info, namespaces));
    components.set(`${info.name}#index`, info.index.type);
  }
  return { components, recovery };
}

async function observeNamespace(store: VectorStore): Promise<VectorRecord[]> {
  const records: VectorRecord[] = [];
  for await (const record of store.scan()) records.push(record);
  const where = `${store.name}/${store.namespaceName ?? ''}`;
  agree(where, 'count', await store.count(), records.length);
  agree(where, 'distinct ids', new Set(records.map(({ id }) => id)).size, records.length);
  await observeFilters(store, records, where);
  await observeGet(store, records, where);
  await observeSearch(store, records, where);
  return records;
}

async function observeFilters(store: VectorStore, records: readonly VectorRecord[], where: string): Promise<void> {
  const tags = new Map<unknown, number>();
  for (const { payload } of records) tags.set(payloadOf(payload).tag, (tags.get(payloadOf(payload).tag) ?? 0) + 1);
  for (const tag of ['a', 'b', 'c', 'd'])
    agree(where, `count of tag ${tag}`, await store.count({ tag }), tags.get(tag) ?? 0);
  const below = records.filter(({ payload }) => Number(payloadOf(payload).n ?? Number.NaN) < 50).length;
  agree(where, 'count of n < 50', await store.count({ n: { $lt: 50 } }), below);
}

async function observeGet(store: VectorStore, records: readonly VectorRecord[], where: string): Promise<void> {
  const some = new Random(records.length).some(records, 5);
  const found = await store.get([...some.map(({ id }) => id), 'never-written']);
  const lines = (list: readonly (VectorRecord | undefined)[]) =>
    list.map((record) => record && recordLine(record.id, record.vector, record.payload)).join('\n');
  agree(where, 'get', lines(found), lines([...some, undefined]));
}

async function observeSearch(store: VectorStore, records: readonly VectorRecord[], where: string): Promise<void> {
  const withVector = records.filter((record) => record.vector !== null);
  const random = new Random(withVector.length + 1);
  const query = Float32Array.from({ length: store.dimension }, () => random.float() - 0.5);
  for (const tag of [undefined, 'a']) {
    const true5 = withVector
      .filter(({ payload }) => tag === undefined || payloadOf(payload).tag === tag)
      .map(({ id, vector }) => ({ id, distance: distanceBetween(store.metric, query, vector!) }))
      .sort((a, b) => a.distance - b.distance || compareIds(a.id, b.id))
      .slice(0, 5);
    for (const exact of [true, false]) {
      const hits = await store.search(query, { k: 5, exact, ...(tag !== undefined && { filter: { tag } }) });
      const text = (list: readonly { id: string; distance: number }[]) =>
        list.map(({ id, distance }) => `${id} ${distance.toFixed(5)}`).join(', ');
      agree(where, `search (exact ${exact}, tag ${tag})`, text(hits), text(true5));
    }
  }
}

function payloadOf(payload: object): CrashPayload {
  return payload as CrashPayload;
}

/** Two ways of asking gave different answers. */
class Disagreement extends Error {}

function agree(where: string, what: string, found: unknown, expected: unknown): void {
  if (found !== expected)
    throw new Disagreement(`wrong answer: ${where}: ${what} is ${found}, the scan says ${expected}`);
}
