import { afterAll, describe, expect, it } from 'vitest';
import { malformed } from '../conformance/reads.ts';
import { randomNumbers } from '../test/support/vectors.ts';
import { meanWithInterval } from './autotune/interval.ts';
import { autotune } from './autotune.ts';
import { connect } from './connect.ts';
import type { VectorStore } from './store.ts';
import type { IndexSpec, VectorInput } from './types.ts';

const dimension = 32;
const k = 10;
/** Around 200 centres: some neighbourhoods are harder than others. */
function maker(seed: number): () => Float32Array {
  const centres = clouded(randomNumbers(7), 200);
  const random = randomNumbers(seed);
  return () => {
    const centre = centres[Math.floor(random() * centres.length)]!;
    return centre.map((x) => x + 1.2 * (random() + random() + random() - 1.5));
  };
}

function clouded(random: () => number, count: number): Float32Array[] {
  return Array.from({ length: count }, () => Float32Array.from({ length: dimension }, () => 2 * random() - 1));
}

const opened: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of opened) await each.close();
});

async function filled(
  provider: 'native' | 'hnswlib' | 'faiss',
  index: IndexSpec,
  records = 6_000,
): Promise<VectorStore> {
  const db = await connect(`${provider}:`);
  opened.push(db);
  const store = await db.createCollection('tuned', {
    dimension,
    metric: 'euclidean',
    index,
    fields: { third: 'number' },
  });
  const make = maker(11);
  await store.upsert(
    Array.from({ length: records }, (_, i) => ({ id: `r${i}`, vector: make(), payload: { third: i % 3 } })),
  );
  return store;
}

async function recallOf(store: VectorStore, queries: readonly VectorInput[], options: object): Promise<number> {
  const [found, exact] = [
    await store.searchBatch(queries, { k, ...options }),
    await store.searchBatch(queries, { k, ...options, exact: true }),
  ];
  const shares = exact.map(
    (nearest, i) => nearest.filter(({ id }) => found[i]!.some((match) => match.id === id)).length / nearest.length,
  );
  return shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

const cases = [
  ['native', { type: 'hnsw', m: 4, efConstruction: 20 }],
  ['native', { type: 'ivf-flat', nlist: 256 }],
  ['hnswlib', { type: 'hnsw', m: 4, efConstruction: 20 }],
  ['faiss', { type: 'ivf-flat', nlist: 64 }],
] as const;

describe.each(cases)('autotune of %s with %o', (provider, index) => {
  it('finds a setting that keeps its promise for fresh queries, from stored vectors and from real ones', async () => {
    const store = await filled(provider, index);
    const fresh = Array.from({ length: 800 }, maker(5));
    const given = Array.from({ length: 400 }, maker(3));
    for (const [recall, queries] of [
      [0.9, given],
      [0.95, undefined],
    ] as const) {
      const result = await autotune(store, { recall, k, ...(queries && { queries }) });
      expect(result.reached).toBe(true);
      expect(result.queries).toBe(400);
      expect(result.interval[0]).toBeGreaterThanOrEqual(recall);
      expect(result.interval[1]).toBeLessThan(recall + 0.06);
      // 800 other queries have an error of their own.
      expect(await recallOf(store, fresh, { params: result.params })).toBeGreaterThan(recall - 0.012);
      const [effort] = Object.values(result.params);
      const smaller = result.tried.filter(({ params }) => Object.values(params)[0] < effort);
      expect(smaller.length).toBeGreaterThan(0);
      for (const { interval } of smaller) expect(interval[0]).toBeLessThan(recall);
    }
  }, 60_000);
});

describe('autotune', () => {
  it('gives the same for the same seed, and changes nothing', async () => {
    const store = await filled('native', { type: 'hnsw', m: 4, efConstruction: 20 }, 2_000);
    const question = maker(5)();
    const before = [await store.search(question), await store.count(), (await store.stats()).index];
    const settle = async (seed: number) => {
      const { tried, params, recall } = await autotune(store, { recall: 0.8, sample: 100, seed });
      return { params, recall, tried: tried.map((trial) => ({ ...trial, milliseconds: 0 })) };
    };
    expect(await settle(3)).toEqual(await settle(3));
    expect(await settle(3)).not.toEqual(await settle(4));
    expect([await store.search(question), await store.count(), (await store.stats()).index]).toEqual(before);
  });

  it('tunes the searches under a filter', async () => {
    const store = await filled('native', { type: 'hnsw', m: 4, efConstruction: 20 });
    const filter = { third: { $lt: 2 } };
    const { params, reached } = await autotune(store, { recall: 0.9, filter });
    expect(reached).toBe(true);
    const fresh = Array.from({ length: 400 }, maker(5));
    expect(await recallOf(store, fresh, { params, filter })).toBeGreaterThan(0.885);
  });

  it('says so where nothing tried was enough, with what came nearest', async () => {
    const store = await filled('native', { type: 'hnsw', m: 4, efConstruction: 20 });
    const result = await autotune(store, { recall: 0.99, most: 24, sample: 100 });
    expect([result.reached, result.params]).toEqual([false, { ef: 24 }]);
    expect(result.recall).toBe(Math.max(...result.tried.map(({ recall }) => recall)));
  });

  it('is refused where there is nothing to tune, nothing to ask, or what is asked is out of range', async () => {
    const flat = await filled('native', { type: 'flat' }, 100);
    await expect(autotune(flat)).rejects.toMatchObject({ code: 'Unsupported' });
    const empty = await filled('native', { type: 'hnsw' }, 0);
    await expect(autotune(empty)).rejects.toMatchObject({ code: 'InvalidArgument' });
    for (const options of [{ recall: 1 }, { recall: 0 }, { k: 0 }, { queries: [[1]] }, { sample: 3 }, { target: 1 }])
      await expect(autotune(empty, malformed(options))).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(autotune(empty, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'Aborted' });
  });
});

describe('the interval', () => {
  it.each([0.8, 0.95, 0.99])(
    'holds the true mean %d nineteen times of twenty, though neighbours of a query go together',
    (truth) => {
      const random = randomNumbers(9);
      let held = 0;
      let above = 0;
      const rounds = 1_000;
      for (let round = 0; round < rounds; round++) {
        const shares = Array.from({ length: 300 }, () => {
          // Queries are easy or hard: half of the misses are in a tenth of them.
          const miss = random() < 0.1 ? 5 * (1 - truth) : (5 / 9) * (1 - truth);
          return Array.from({ length: 10 }, () => (random() < Math.min(1, miss) ? 0 : 0.1)).reduce<number>(
            (a, b) => a + b,
            0,
          );
        });
        const { interval } = meanWithInterval(shares);
        if (interval[0] <= truth && truth <= interval[1]) held += 1;
        if (interval[0] > truth) above += 1;
      }
      expect(held / rounds).toBeGreaterThan(0.93);
      expect(above / rounds).toBeLessThan(0.035);
    },
  );

  it('leaves room below a sample without a miss, the less the larger it is', () => {
    const low = (n: number) => meanWithInterval(Array(n).fill(1)).interval[0];
    expect([low(20), low(100), low(1_000)].map((x) => Number(x.toFixed(3)))).toEqual([0.839, 0.963, 0.996]);
  });
});
