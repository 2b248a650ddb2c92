import { afterAll, describe, expect, it } from 'vitest';
import { randomNumbers, vectorMaker } from '../../test/support/vectors.ts';
import { connect } from '../connect.ts';
import type { VectorStore } from '../store.ts';
import type { IndexSpec } from '../types.ts';

const dimension = 24;
const records = 9_000;
const opened: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of opened) await each.close();
});

async function filled(provider: 'native' | 'hnswlib' | 'faiss', index: IndexSpec): Promise<VectorStore> {
  const db = await connect(`${provider}:`);
  opened.push(db);
  const store = await db.createCollection('asked', { dimension, metric: 'cosine', index, fields: { n: 'number' } });
  const make = vectorMaker(dimension);
  const random = randomNumbers(2);
  // `n` has nothing to do with where a vector lies; `side` has.
  await store.upsert(
    Array.from({ length: records }, (_, i) => {
      const vector = make();
      return {
        id: `r${i}`,
        vector,
        payload: { n: Math.floor(1_000 * random()), side: vector[0]! > 0 ? 'left' : 'right' },
      };
    }),
  );
  return store;
}

const query = vectorMaker(dimension, { seed: 1 })();
const below = (share: number) => ({ filter: { n: { $lt: 1_000 * share } } });

describe('explain of a graph', async () => {
  const store = await filled('native', {
    type: 'hnsw',
    m: 8,
    efConstruction: 60,
    options: { quantization: 'none', threads: 0 },
  });

  it.each([
    ['graph', {}],
    ['graph', { params: { ef: 200 } }],
    ['exact-scan', { exact: true }],
    ['exact-scan', { k: 10_000 }],
    ['exact-scan', below(0.01)],
    ['code-scan', { ...below(0.2), params: { ef: 64 } }],
    ['graph-filtered', { ...below(0.14), params: { ef: 10 }, k: 1 }],
    ['post-filter', { ...below(0.5), params: { ef: 10 }, k: 1 }],
    ['nothing', { filter: { n: -1 } }],
  ] as const)('%s for %o', async (strategy, options) => {
    const plan = await store.explain(query, options);
    expect([plan.strategy, plan.reason]).toEqual([strategy, expect.stringMatching(/\w{3}/)]);
    expect(plan.matching).toBe(await store.count('filter' in options ? options.filter : undefined));
  });

  it('counts what it compares: less by a walk than there are, as many as pass by a scan', async () => {
    const walk = await store.explain(query);
    expect(walk.params).toEqual({ ef: 64 });
    expect(walk.compared.index).toBeGreaterThan(64);
    expect(walk.compared.index).toBeLessThan(records / 2);
    expect(walk.compared.vectors).toBeGreaterThanOrEqual(10);
    expect(walk.compared.vectors).toBeLessThan(200);
    const more = await store.explain(query, { params: { ef: 1_000 } });
    expect(more.compared.index).toBeGreaterThan(2 * walk.compared.index!);
    const scan = await store.explain(query, { ...below(0.2), params: { ef: 200 } });
    expect(scan.compared.index).toBe(scan.matching);
    expect((await store.explain(query, { exact: true })).compared).toEqual({ vectors: records });
  });

  it('weighs each way of a filtered search: takes the scan of codes as long as it costs up to 1.3 times as much, else the cheaper walk', async () => {
    for (const share of [0.1, 0.3, 0.8]) {
      for (const ef of [10, 64]) {
        const { considered, strategy } = await store.explain(query, { ...below(share), params: { ef }, k: 1 });
        expect(considered.map((each) => each.strategy)).toEqual(['code-scan', 'graph-filtered', 'post-filter']);
        const [scan, through, walk] = considered.map(({ cost }) => cost!);
        const cheaper = walk! <= through! ? 'post-filter' : 'graph-filtered';
        expect(strategy).toBe(scan! <= 1.3 * Math.min(walk!, through!) ? 'code-scan' : cheaper);
      }
    }
  });

  it('walks where what passes is what is near the query, few as it may be in all; not where it is what is far', async () => {
    const near = new Set((await store.search(query, { k: 2_000, exact: true })).map(({ id }) => id));
    const far = new Set(
      (
        await store.search(
          query.map((x) => -x),
          { k: 2_000, exact: true },
        )
      ).map(({ id }) => id),
    );
    for (const [ids, strategy] of [
      [near, 'post-filter'],
      [far, 'code-scan'],
    ] as const) {
      await store.setPayload({ filter: { n: { $gte: 0 } } }, { in: false });
      await store.setPayload([...ids], { in: true });
      const options = { filter: { in: true }, params: { ef: 48 }, k: 1 };
      const plan = await store.explain(query, options);
      expect(plan).toMatchObject({ strategy, matching: 2_000 });
      if (strategy === 'post-filter') expect(plan.reason).toMatch(/of those near the query/);
      const exact = await store.search(query, { ...options, exact: true });
      expect(await store.search(query, options)).toEqual(exact);
    }
  });

  it('raises ef to what k needs, and says so', async () => {
    const { params, reason } = await store.explain(query, { k: 100, params: { ef: 20 } });
    expect(params.ef).toBeGreaterThanOrEqual(100);
    expect(reason).toContain('100 are asked for');
  });
});

describe('explain of other indexes', () => {
  it('lists: how many are visited, and how much is compared in them', async () => {
    const store = await filled('native', { type: 'ivf-flat', nlist: 64 });
    const few = await store.explain(query, { params: { nprobe: 2 } });
    expect([few.strategy, few.params]).toEqual(['lists', { nprobe: 2 }]);
    const many = await store.explain(query, { params: { nprobe: 64 } });
    expect(many.compared.index).toBe(records);
    expect(few.compared.index).toBeLessThan(records / 4);
    expect((await store.explain(query, below(0.5))).strategy).toBe('lists-filtered');
    expect((await store.explain(query, below(0.03))).strategy).toBe('exact-scan');
  });

  it('hnswlib and faiss: what is known, and no count where they do not count', async () => {
    const graph = await filled('hnswlib', { type: 'hnsw' });
    expect(await graph.explain(query)).toMatchObject({ strategy: 'graph', params: { ef: 64 } });
    expect((await graph.explain(query)).compared.index).toBeUndefined();
    expect((await graph.explain(query, below(0.5))).strategy).toBe('post-filter');
    expect((await graph.explain(query, below(0.05))).strategy).toBe('exact-scan');
    const lists = await filled('faiss', { type: 'ivf-flat', nlist: 16, nprobe: 4 });
    expect(await lists.explain(query)).toMatchObject({ strategy: 'lists', params: { nprobe: 4 } });
    expect((await lists.explain(query, below(0.7))).strategy).toBe('post-filter');
  });

  it('flat: comparing with each', async () => {
    const store = await filled('native', { type: 'flat' });
    expect(await store.explain(query)).toMatchObject({ strategy: 'exact-scan', compared: { vectors: records } });
  });

  it('lists the settings of the index that have no effect', async () => {
    const store = await filled('native', { type: 'flat', m: 8 });
    expect((await store.explain(query, { params: { ef: 9 } })).ignoredHints).toEqual(['index.m', 'params.ef']);
  });
});
