import { describe, expect, test } from 'vitest';
import type { IndexSpec } from '../../src/types.ts';
import { IndexedVectors, queriesLike } from '../../test/support/vector-index.ts';
import { vectorMaker } from '../../test/support/vectors.ts';
import { EffortPolicy } from './effort-policy.ts';
import { loadIndexes } from './index.ts';

describe('the policy', () => {
  test('gives more at once and keeps it', () => {
    const policy = new EffortPolicy(16);
    expect([8, 16, 32, 8, 20].map((asked) => policy.next(asked, 100))).toEqual([16, 16, 32, 32, 32]);
  });

  test('goes back to the most that was asked for, after enough queries in a row asked for less', () => {
    const policy = new EffortPolicy(64);
    expect([4, 8, 4, 4, 4].map((asked) => policy.next(asked, 3))).toEqual([64, 64, 64, 8, 8]);
  });

  test('a query that needs it begins the count again', () => {
    const policy = new EffortPolicy(64);
    expect([4, 4, 64, 4, 4, 4].map((asked) => policy.next(asked, 2))).toEqual([64, 64, 64, 64, 64, 4]);
  });
});

describe('hints are worth their recall', () => {
  const dimension = 24;
  const count = 4_000;
  const spread = 1;
  const queries = (() => {
    const make = vectorMaker(dimension, { spread });
    for (let i = 0; i < 5_000; i++) make();
    return Array.from({ length: 60 }, make);
  })();
  const built = async (spec: IndexSpec) => {
    const indexed = IndexedVectors.create(await loadIndexes(), spec, dimension, 'euclidean');
    indexed.fill(count, vectorMaker(dimension, { spread }));
    return indexed;
  };

  test('nprobe', async () => {
    const spec = { type: 'ivf-flat', nlist: 64, nprobe: 1 };
    const indexed = await built(spec);
    const [one, four, sixteen, all] = [1, 4, 16, 64].map(
      (nprobe) => indexed.recall(queries, 10, { params: { nprobe } }).recall,
    );
    expect(one).toBeLessThan(0.7);
    expect(four).toBeGreaterThan(one! + 0.1);
    expect(sixteen).toBeGreaterThan(four!);
    expect(all).toBe(1);
    // Back again, once enough queries have been content with less.
    for (const query of queriesLike(dimension, 60)) indexed.search(query, 10, { params: { nprobe: 1 } });
    expect(indexed.recall(queries, 10, { params: { nprobe: 1 } }).recall).toBe(one);
  });

  test('ef of a graph, and its default', async () => {
    const indexed = await built({ type: 'hnsw', m: 4, efConstruction: 16, ef: 4 });
    const [low, high] = [4, 400].map((ef) => indexed.recall(queries, 1, { params: { ef } }).recall);
    expect(high).toBeGreaterThan(low! + 0.05);
    expect(high).toBeGreaterThan(0.9);
  });

  test('nprobe of a chosen factory string, through transforms, graph of lists and refinement', async () => {
    const spec = { type: 'faiss', nprobe: 1, options: { factory: 'RR,IVF64_HNSW8,PQ12x4,RFlat' } };
    const indexed = await built(spec);
    const [one, all] = [1, 64].map((nprobe) => indexed.recall(queries, 10, { params: { nprobe } }).recall);
    expect(all).toBeGreaterThan(one! + 0.2);
  });

  test('the defaults of the specification count, without hints', async () => {
    const few = await built({ type: 'ivf-flat', nlist: 64, nprobe: 2 });
    const many = await built({ type: 'ivf-flat', nlist: 64, nprobe: 32 });
    expect(many.recall(queries, 10).recall).toBeGreaterThan(few.recall(queries, 10).recall + 0.1);
  });
});
