/** What is watched: every operation of the embedded engine that has much to do. */
import { join } from 'node:path';
import { connect, type IndexSpec, type VectorDatabase, type VectorStore } from 'anyvec';
import { dimension, type Row, rows, vectorOf } from './data.ts';

type Articles = VectorStore<Row['payload']>;

/** One step: what was there before is ready, and nothing of it is watched. */
export interface Step {
  readonly name: string;
  run(): Promise<unknown>;
}

/** How many records there are. */
export interface Sizes {
  readonly large: number;
  readonly bulk: number;
}

const spec = {
  dimension,
  metric: 'cosine',
  fields: { text: 'text', lang: 'keyword', year: 'number', part: 'number' },
} as const;

/** Each step is run before the next one is asked for. */
export async function* steps(directory: string, { large, bulk }: Sizes): AsyncGenerator<Step> {
  const open = (name: string) => connect({ provider: 'native', path: join(directory, name) });
  yield* writes(await open('bulk'), bulk);
  let db = await open('large');
  yield* growth(db, large);
  yield { name: `close, ${large} records written`, run: () => db.close() };
  yield {
    name: `open, ${large} records`,
    async run() {
      db = await open('large');
      await db.collection('articles');
    },
  };
  const store = (await db.collection('articles')) as unknown as Articles;
  yield* reads(store);
  yield* changes(store, large);
  yield { name: 'close, much was changed', run: () => db.close() };
}

async function* writes(db: VectorDatabase, bulk: number): AsyncGenerator<Step> {
  const store = (await db.createCollection('articles', spec)) as unknown as Articles;
  const all = rows(bulk);
  yield { name: `upsert of one array of ${bulk}`, run: () => store.upsert(all) };
  const indexes: IndexSpec[] = [
    { type: 'ivf-flat' },
    { type: 'ivf-sq8' },
    { type: 'ivf-pq', options: { opq: true } },
    { type: 'ivf-hnsw' },
    { type: 'hnsw', options: { threads: 0 } },
    { type: 'hnsw' },
  ];
  for (const index of indexes)
    yield {
      name: `recreateIndex ${index.type}${index.options === undefined ? '' : ` ${JSON.stringify(index.options)}`}, ${bulk}`,
      run: () => store.recreateIndex(index),
    };
  yield { name: `delete all, ${bulk}`, run: () => store.delete({ all: true }) };
  yield { name: 'close, nothing left', run: () => db.close() };
}

async function* growth(db: VectorDatabase, large: number): AsyncGenerator<Step> {
  const store = (await db.createCollection('articles', spec)) as unknown as Articles;
  const first = rows(Math.floor(large / 10));
  await store.upsert(first);
  yield { name: `first searchHybrid (terms of ${first.length})`, run: () => store.searchHybrid({ text: 'w1 wa' }) };
  let written = first.length;
  const batches = Array.from({ length: 5 }, (_, i) => rows(1_000, written + i * 1_000));
  written += 5_000;
  yield {
    name: 'upsert of 1,000, five times, terms kept up',
    async run() {
      for (const batch of batches) await store.upsert(batch);
    },
  };
  const rest = rows(large - written, written);
  yield { name: `upsert of a stream of ${rest.length}`, run: () => store.upsert(rest.values()) };
}

async function* reads(store: Articles): AsyncGenerator<Step> {
  const query = vectorOf(7);
  const queries = Array.from({ length: 1_000 }, (_, n) => vectorOf(n * 3));
  const search = (name: string, options: Parameters<Articles['search']>[1]) => ({
    name: `search ${name}`,
    run: () => store.search(query, options),
  });
  yield search('the first', {});
  yield search('again', {});
  yield search('k 10,000', { k: 10_000 });
  yield search('k 10,000, with vectors', { k: 10_000, include: { payload: true, vector: true } });
  yield search('exact', { exact: true });
  yield search('filtered by a field, the first', { filter: { part: { $lt: 10 } } });
  for (const most of [1, 10, 100, 500]) yield search(`filtered, ${most / 10} %`, { filter: { part: { $lt: most } } });
  yield search('filtered by text, the first', { filter: { text: { $match: 'w1 wa' } } });
  yield search('filtered by an undeclared test', { filter: { $not: { text: { $startsWith: 'w1' } } } });
  yield search('exact, filtered, 50 %', { exact: true, filter: { part: { $lt: 500 } } });
  yield { name: 'searchBatch of 1,000', run: () => store.searchBatch(queries) };
  yield { name: 'searchBatch of 100, exact', run: () => store.searchBatch(queries.slice(0, 100), { exact: true }) };
  yield {
    name: 'searchBatch of 100, filtered, 10 %',
    run: () => store.searchBatch(queries.slice(0, 100), { filter: { part: { $lt: 100 } } }),
  };
  yield { name: 'searchHybrid, the first', run: () => store.searchHybrid({ text: 'w1 wa w2s', vector: query }) };
  yield {
    name: 'searchHybrid, common words',
    run: () => store.searchHybrid({ text: 'w1 w2 w3 w4 w5 w6 w7 w8', vector: query }),
  };
  yield {
    name: 'searchHybrid, 10,000 candidates',
    run: () => store.searchHybrid({ text: 'w1 w2 w3', vector: query }, { candidates: 10_000 }),
  };
  yield { name: 'count, filtered', run: () => store.count({ lang: 'en', year: { $gte: 2010 } }) };
  yield { name: 'filter, a page of 100', run: () => store.filter({ lang: 'en' }) };
  yield { name: 'filter, a page of 10,000', run: () => store.filter({ lang: 'en' }, { limit: 10_000 }) };
  yield { name: 'scan by 1,000', run: () => exhaust(store.scan()) };
  yield { name: 'scan by 10,000', run: () => exhaust(store.scan({ batchSize: 10_000 })) };
  yield { name: 'scan, filtered, by 1,000', run: () => exhaust(store.scan({ filter: { year: 2003 } })) };
  yield { name: 'get of 10,000', run: () => store.get(Array.from({ length: 10_000 }, (_, n) => `article-${n * 3}`)) };
}

async function* changes(store: Articles, large: number): AsyncGenerator<Step> {
  const again = rows(1_000, 500);
  yield { name: 'upsert of 1,000 that were there', run: () => store.upsert(again) };
  yield { name: 'upsert of one', run: () => store.upsert(again[0]!) };
  yield { name: 'setPayload by filter, 4 %', run: () => store.setPayload({ filter: { year: 2004 } }, { lang: 'fr' }) };
  yield {
    name: 'setPayload of a text by filter, 4 %',
    run: () => store.setPayload({ filter: { year: 2005 } }, { text: 'w1 other words' }),
  };
  yield { name: 'delete of 1,000 by id', run: () => store.delete(again.map(({ id }) => id)) };
  yield { name: 'delete by filter, 4 %', run: () => store.delete({ filter: { year: 2006 } }) };
  yield { name: 'delete by filter, 20 %', run: () => store.delete({ filter: { part: { $gte: 800 } } }) };
  const other = store.namespace('other');
  const tenth = rows(Math.floor(large / 10), large);
  yield { name: `upsert of ${tenth.length} into a namespace`, run: () => other.upsert(tenth) };
  yield { name: `dropNamespace of ${tenth.length}`, run: () => store.dropNamespace('other') };
  yield { name: 'flush', run: () => store.flush() };
}

async function exhaust(records: AsyncIterable<unknown>): Promise<void> {
  for await (const record of records) void record;
}
