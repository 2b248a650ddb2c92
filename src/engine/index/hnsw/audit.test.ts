import { expect, test } from 'vitest';
import { vectorMaker } from '../../../../test/support/vectors.ts';
import { connect } from '../../../connect.ts';

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
