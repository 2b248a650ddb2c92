import { expect, test } from 'vitest';
import { vectorMaker } from '../../../../test/support/vectors.ts';
import { connect } from '../../../connect.ts';
import { Positions } from '../positions.ts';
import { auditGraph } from './audit.ts';
import type { Graph } from './graph.ts';

/** Vectors that a search for ten compares, on average, where 100 are proposed by their codes. */
async function comparedOf(metric: 'cosine' | 'dot' | 'euclidean', copies: number): Promise<number> {
  const dimension = 32;
  const make = vectorMaker(dimension, { seed: 3 });
  await using db = await connect('native:');
  const index = { type: 'hnsw', options: { threads: 0 } } as const;
  const store = await db.createCollection('c', { dimension, metric, index });
  const vectors: Float32Array[] = [];
  for (let i = 0; i < 3_000; i++) vectors.push(i < copies && i % 40 !== 0 ? vectors.at(-1)! : make());
  await store.upsert(vectors.map((vector, i) => ({ id: `r${i}`, vector })));
  let compared = 0;
  for (let i = 0; i < 50; i++)
    compared += (await store.explain(make(), { k: 10, params: { ef: 100 } })).compared.vectors / 50;
  return compared;
}

test.each(['cosine', 'dot', 'euclidean'] as const)(
  '%s: what a vector finds of itself, and of its copies, does not pass for an error of codes: few vectors are compared',
  async (metric) => {
    for (const copies of [0, 600]) {
      const compared = await comparedOf(metric, copies);
      expect(compared).toBeGreaterThanOrEqual(10);
      expect(compared).toBeLessThan(25);
    }
  },
);

test.each(['cosine', 'dot', 'euclidean'] as const)(
  '%s: among groups of copies, the nearest group is found',
  async (metric) => {
    const dimension = 64;
    const make = vectorMaker(dimension, { seed: 4 });
    await using db = await connect('native:');
    const index = { type: 'hnsw', options: { threads: 0, quantization: 'sq4' } } as const;
    for (const size of [5, 10, 20]) {
      const store = await db.createCollection(`copies${size}`, { dimension, metric, index });
      let vector = make();
      await store.upsert(
        Array.from({ length: 4_000 }, (_, i) => {
          if (i % size === 0) vector = make();
          return { id: `r${i}`, vector };
        }),
      );
      let hits = 0;
      for (let i = 0; i < 50; i++) {
        const query = make();
        const [truth] = await store.search(query, { k: 1, exact: true });
        const found = await store.search(query, { k: 10, params: { ef: 200 } });
        hits += Number(Math.abs(found[0]!.distance - truth!.distance) < 1e-6 * Math.max(1, Math.abs(truth!.distance)));
      }
      expect(hits / 50, `groups of ${size}`).toBeGreaterThanOrEqual(0.96);
    }
  },
);

test('copies among what is found do not hide how far codes err', () => {
  // One at 0, many copies at 1 that seem nearer than they are, and some at 2 that seem farther.
  const values = Array.from({ length: 64 }, (_, slot) => (slot === 0 ? 0 : slot < 40 ? 1 : 2));
  const vectors = { dimension: 1, metric: 'euclidean' as const, at: (slot: number) => Float32Array.of(values[slot]!) };
  const search = ([query]: Float32Array) => {
    const codes = values.map((value) => (value - query!) ** 2 + (value === 2 ? 0.1 : -0.1));
    const order = [...codes.keys()].sort((a, b) => codes[a]! - codes[b]!);
    return { size: codes.length, positions: () => order, distance: (rank: number) => codes[order[rank]!]! };
  };
  const graph = { search, takeEvaluations: () => 0 } as unknown as Graph;
  const { error } = auditGraph(graph, Positions.of([...values.keys()]), vectors);
  expect(error).toBeGreaterThan(0.05);
  expect(error).toBeLessThan(0.2);
  const alike = { ...vectors, at: () => Float32Array.of(1) };
  expect(auditGraph(graph, Positions.of([...values.keys()]), alike).error).toBeUndefined();
});
