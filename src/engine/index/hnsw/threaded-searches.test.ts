import { afterEach, expect, test, vi } from 'vitest';
import { vectorMaker } from '../../../../test/support/vectors.ts';
import { connect } from '../../../connect.ts';
import type { VectorDatabase } from '../../../database.ts';
import type { VectorStore } from '../../../store.ts';
import type { Metric } from '../../../types.ts';
import { Crew } from './crew.ts';

const dimension = 64;
const count = 5_000;
/** Deep enough for threads to pay. */
const params = { ef: 2_500 };

let db: VectorDatabase | undefined;
afterEach(async () => {
  vi.restoreAllMocks();
  await db?.close();
});

async function filled(metric: Metric = 'cosine', quantization = 'auto'): Promise<VectorStore> {
  db = await connect('native:');
  const index = { type: 'hnsw', m: 8, efConstruction: 60, options: { threads: 2, quantization } };
  const store = await db.createCollection('batch', { dimension, metric, index });
  const make = vectorMaker(dimension);
  await store.upsert(Array.from({ length: count }, (_, i) => ({ id: `r${i}`, vector: make(), payload: { i } })));
  return store;
}

const queries = Array.from({ length: 500 }, vectorMaker(dimension, { seed: 2 }));

async function oneByOne(store: VectorStore, options: object = { params }) {
  const answers: object[] = [];
  for (const query of queries) answers.push(await store.search(query, options));
  return answers;
}

test.each([
  ['cosine', 'auto'],
  ['euclidean', 'none'],
  ['dot', 'sq8'],
] as const)('threads answer a batch to the bit as searches one by one: %s, %s', async (metric, quantization) => {
  const store = await filled(metric, quantization);
  const threads = vi.spyOn(Crew.prototype, 'search');
  const expected = await oneByOne(store);
  expect(await store.searchBatch(queries, { params })).toEqual(expected);
  expect(threads.mock.calls.length).toBeGreaterThanOrEqual(4);
  // With dead nodes in the graph, and vectors that wait for their place.
  await store.delete(Array.from({ length: 1_500 }, (_, i) => `r${3 * i}`));
  await store.upsert({ id: 'new', vector: queries[0]! });
  const after = await oneByOne(store);
  expect(after).not.toEqual(expected);
  expect(await store.searchBatch(queries, { params })).toEqual(after);
});

test('a small batch, one under a filter and an exact one start no threads', async () => {
  const store = await filled();
  const start = vi.spyOn(Crew, 'start');
  await store.searchBatch(queries.slice(0, 3));
  await store.searchBatch(queries, { filter: { i: { $lt: 4_000 } } });
  await store.searchBatch(queries.slice(0, 20), { exact: true });
  expect(start).not.toHaveBeenCalled();
});

test('where threads are denied or fail, this one answers', async () => {
  const store = await filled();
  const expected = await oneByOne(store);
  const denied = vi.spyOn(Crew, 'start').mockReturnValue(undefined);
  expect(await store.searchBatch(queries, { params })).toEqual(expected);
  expect(denied).toHaveBeenCalled();
  denied.mockRestore();
  const failing = vi.spyOn(Crew.prototype, 'search').mockRejectedValue(new Error('a thread is gone'));
  expect(await store.searchBatch(queries, { params })).toEqual(expected);
  expect(failing).toHaveBeenCalledOnce();
  expect(await store.searchBatch(queries, { params })).toEqual(expected);
  expect(failing).toHaveBeenCalledOnce();
});

test('what is written during a batch is seen whole or not at all, and loses nothing', async () => {
  const store = await filled();
  const before = await oneByOne(store);
  // Each write moves a record far away and puts another where it was: an answer has one of them, never both, never neither.
  const moved = before.map((matches) => (matches as { id: string }[])[0]!.id);
  const far = Array.from({ length: dimension }, (_, i) => (i === 0 ? -9 : 0.01));
  const writes = async () => {
    for (let i = 0; i < 60; i++) {
      const at = (7 * i) % queries.length;
      const [record] = await store.get([moved[at]!]);
      if (record?.id === undefined || moved.indexOf(moved[at]!) !== at) continue;
      await store.upsert([
        { id: record.id, vector: far, payload: { i: -1 } },
        { id: `${record.id} heir`, vector: record.vector!, payload: { i: -1 } },
      ]);
    }
  };
  const during = store.searchBatch(queries, { params });
  await writes();
  for (const [at, matches] of (await during).entries()) {
    expect(matches).toHaveLength(10);
    const ids = new Set(matches.map(({ id }) => id));
    const [id] = [moved[at]!];
    if (moved.indexOf(id) === at) expect([ids.has(id), ids.has(`${id} heir`)].filter(Boolean)).toHaveLength(1);
  }
  expect(await store.searchBatch(queries, { params })).toEqual(await oneByOne(store));
});

test('writes go on during a long batch: they wait for no more than what threads have in hand', async () => {
  const store = await filled();
  const long = Array.from({ length: 6 }, () => queries).flat();
  let answered = false;
  const batch = store.searchBatch(long, { params }).then((answers) => {
    answered = true;
    return answers;
  });
  await store.upsert({ id: 'in between', vector: queries[0]! });
  expect(answered).toBe(false);
  expect(await batch).toHaveLength(3_000);
});
