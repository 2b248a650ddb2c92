import { expect, test } from 'vitest';
import { vectorIndexLaws, vectorIndexProperties } from '../../../../test/support/vector-index-laws.ts';
import { vectorMaker } from '../../../../test/support/vectors.ts';
import type { IndexSpec, Metric } from '../../../types.ts';
import { loadHnsw } from './provider.ts';

vectorIndexLaws(loadHnsw, [{ spec: { type: 'hnsw' }, recall: 0.97 }]);
vectorIndexLaws(loadHnsw, [
  { spec: { type: 'hnsw', m: 8, efConstruction: 40, ef: 40 }, metrics: ['euclidean'], dimension: 3, recall: 0.95 },
]);
vectorIndexProperties(loadHnsw, [{ type: 'hnsw', m: 4, efConstruction: 20, ef: 20 }]);

/** Vectors at the slots 0, 1, 2 … of an index with these settings. */
async function filled(metric: Metric, vectors: readonly Float32Array[], spec: IndexSpec = { type: 'hnsw' }) {
  const provider = await loadHnsw();
  const dimension = vectors[0]!.length;
  const source = { dimension, metric, at: (slot: number) => vectors[slot]! };
  const index = provider.create(provider.resolve(spec, dimension, metric), source);
  index.add(vectors.map((_, slot) => slot));
  return index;
}

const everything = { params: {}, allowed: undefined, allowedCount: 3_000 };

test('a search that asks for more than the kernels have room for is left to the engine, and harms nothing', async () => {
  const make = vectorMaker(8);
  const vectors = Array.from({ length: 3_000 }, make);
  const index = await filled('euclidean', vectors);
  const before = vectors.slice(0, 50).map((query) => index.search(query, 10, everything));
  expect(before.every((slots, i) => slots?.includes(i))).toBe(true);
  expect(index.search(make(), 10, { ...everything, params: { ef: 65_536 } })).toBeUndefined();
  expect(index.search(make(), 10_000, everything)).toBeUndefined();
  expect(index.search(make(), 10, { ...everything, params: { ef: 8_192 } })?.length).toBe(23);
  expect(vectors.slice(0, 50).map((query) => index.search(query, 10, everything))).toEqual(before);
});

test.each([3e38, 1e-30, 1e-44])(
  'vectors or queries of the size of %d are left to the engine, and stop nothing',
  async (size) => {
    const make = vectorMaker(8);
    const extreme = (vector: Float32Array) => vector.map((x) => Math.max(-3.4e38, Math.min(3.4e38, x * size)));
    for (const metric of ['dot', 'euclidean'] as const) {
      const ordinary = await filled(metric, Array.from({ length: 300 }, make));
      expect(ordinary.search(extreme(make()), 10, everything)).toBeUndefined();
      expect(ordinary.search(make(), 10, everything)?.length).toBe(23);
      const index = await filled(
        metric,
        Array.from({ length: 300 }, () => extreme(make())),
      );
      expect(index.search(make(), 10, everything)).toBeUndefined();
    }
  },
);
