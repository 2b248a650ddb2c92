import { describe, expect, test } from 'vitest';
import { vectorIndexLaws, vectorIndexProperties } from '../../../../test/support/vector-index-laws.ts';
import { randomNumbers, vectorMaker } from '../../../../test/support/vectors.ts';
import { distanceBetween } from '../../../score.ts';
import type { IndexSpec, Metric } from '../../../types.ts';
import type { VectorIndex } from '../vector-index.ts';
import { loadHnsw } from './provider.ts';

vectorIndexLaws(loadHnsw, [{ spec: { type: 'hnsw' }, recall: 0.97 }]);
for (const quantization of ['none', 'sq8', 'sq4']) {
  vectorIndexLaws(loadHnsw, [
    { spec: { type: `hnsw`, options: { quantization } }, metrics: ['dot', 'euclidean'], dimension: 40, recall: 0.95 },
  ]);
}
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
  index.settle?.(Number.POSITIVE_INFINITY);
  return index;
}

const everything = { params: {}, allowed: undefined, allowedCount: 3_000 };

test('a search that asks for more than the kernels have room for is left to the engine, and harms nothing', async () => {
  const make = vectorMaker(8);
  const vectors = Array.from({ length: 3_000 }, make);
  const index = await filled('euclidean', vectors);
  const before = vectors.slice(0, 50).map((query) => index.search(query, 10, everything)?.slots);
  expect(before.every((slots, i) => slots?.includes(i))).toBe(true);
  expect(index.search(make(), 10, { ...everything, params: { ef: 65_536 } })).toBeUndefined();
  expect(index.search(make(), 10_000, everything)).toBeUndefined();
  expect(index.search(make(), 10, { ...everything, params: { ef: 8_192 } })?.slots.length).toBeGreaterThanOrEqual(10);
  expect(vectors.slice(0, 50).map((query) => index.search(query, 10, everything)?.slots)).toEqual(before);
});

test.each([3e38, 1e-30, 1e-44])(
  'vectors or queries of the size of %d are left to the engine, and stop nothing',
  async (size) => {
    const make = vectorMaker(8);
    const extreme = (vector: Float32Array) => vector.map((x) => Math.max(-3.4e38, Math.min(3.4e38, x * size)));
    for (const metric of ['dot', 'euclidean'] as const) {
      const ordinary = await filled(metric, Array.from({ length: 300 }, make));
      expect(ordinary.search(extreme(make()), 10, everything)).toBeUndefined();
      expect(ordinary.search(make(), 10, everything)?.slots.length).toBeGreaterThanOrEqual(10);
      const index = await filled(
        metric,
        Array.from({ length: 300 }, () => extreme(make())),
      );
      expect(index.search(make(), 10, everything)).toBeUndefined();
    }
  },
);

/** Recall@10 of an index's proposals against comparing with every vector. */
function recallOf(
  index: VectorIndex,
  vectors: readonly Float32Array[],
  queries: readonly Float32Array[],
  metric: Metric,
) {
  let kept = 0;
  for (const query of queries) {
    const nearest = vectors
      .map((vector, slot) => ({ slot, distance: distanceBetween(metric, query, vector) }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, 10);
    const proposed = new Set(index.search(query, 10, { ...everything, allowedCount: vectors.length })?.slots);
    kept += nearest.filter(({ slot }) => proposed.size === 0 || proposed.has(slot)).length;
  }
  return kept / (10 * queries.length);
}

describe('what vectors have in common, or how unlike their components are, costs no recall', () => {
  const dimension = 96;
  const random = randomNumbers(11);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const offset = Array.from({ length: dimension }, gaussian);
  const sizes = Array.from({ length: dimension }, () => 10 ** (6 * random() - 3));
  const clusters = Array.from({ length: 50 }, () => Array.from({ length: dimension }, gaussian));
  const shapes: { name: string; make: () => Float32Array }[] = [
    { name: 'nothing', make: () => Float32Array.from({ length: dimension }, gaussian) },
    ...[10, 100, 1_000].map((times) => ({
      name: `an offset of ${times} times the spread`,
      make: () => Float32Array.from(offset, (x) => times * x + gaussian()),
    })),
    { name: 'components of sizes from 0.001 to 1000', make: () => Float32Array.from(sizes, (x) => x * gaussian()) },
    {
      name: 'clusters a hundredth as wide as they are apart',
      make: () => Float32Array.from(clusters[Math.floor(50 * random())]!, (x) => x + 0.01 * gaussian()),
    },
    {
      name: 'clusters a ten-thousandth as wide as they are apart',
      make: () => Float32Array.from(clusters[Math.floor(50 * random())]!, (x) => x + 0.0001 * gaussian()),
    },
    { name: 'whole numbers', make: () => Float32Array.from({ length: dimension }, () => Math.floor(256 * random())) },
  ];
  test.each(shapes)('$name', { timeout: 60_000 }, async ({ make }) => {
    const vectors = Array.from({ length: 3_000 }, make);
    const queries = Array.from({ length: 40 }, make);
    for (const metric of ['euclidean', 'cosine'] as const) {
      const index = await filled(metric, vectors, { type: 'hnsw', ef: 128 });
      expect(recallOf(index, vectors, queries, metric)).toBeGreaterThan(0.97);
    }
  });
});

test('what has not found its place yet is found all the same, and what was replaced or removed is not', async () => {
  const make = vectorMaker(16);
  const vectors = Array.from({ length: 2_000 }, make);
  const index = await filled('euclidean', vectors);
  const added = Array.from({ length: 500 }, make);
  vectors.push(...added);
  index.add(added.map((_, i) => 2_000 + i));
  vectors[7] = make();
  index.add([7]);
  index.remove([8, 2_001]);
  const find = (slot: number) => index.search(vectors[slot]!, 1, { ...everything, allowedCount: 2_498 })?.slots ?? [];
  for (const slot of [7, 2_000, 2_250, 2_499]) expect(find(slot)).toContain(slot);
  for (const slot of [8, 2_001]) expect(find(slot)).not.toContain(slot);
  const saved = index.serialize()!;
  const provider = await loadHnsw();
  const source = { dimension: 16, metric: 'euclidean' as const, at: (slot: number) => vectors[slot]! };
  const loaded = provider.load(saved, { spec: index.spec, ignoredHints: [] }, source);
  expect(loaded.search(vectors[2_250]!, 1, everything)?.slots).toContain(2_250);
  while (index.settle!(performance.now() + 5)) {}
  for (const slot of [7, 2_000, 2_250, 2_499]) expect(find(slot)).toContain(slot);
  for (const slot of [8, 2_001]) expect(find(slot)).not.toContain(slot);
});

test('settling keeps to its time', async () => {
  const provider = await loadHnsw();
  const make = vectorMaker(384);
  const vectors = Array.from({ length: 3_000 }, make);
  const source = { dimension: 384, metric: 'cosine' as const, at: (slot: number) => vectors[slot]! };
  const index = provider.create(provider.resolve({ type: 'hnsw' }, 384, 'cosine'), source);
  index.add(vectors.map((_, slot) => slot));
  let pieces = 0;
  while (index.settle!(performance.now() + 2)) pieces += 1;
  // Far more than the pieces that a clock which nobody looks at would make.
  expect(pieces).toBeGreaterThan(20);
});

test.each(['sq2', 4, true])('a quantization that is none is refused: %s', async (quantization) => {
  const provider = await loadHnsw();
  expect(() => provider.resolve({ type: 'hnsw', options: { quantization } }, 8, 'dot')).toThrow(
    expect.objectContaining({ code: 'InvalidArgument' }),
  );
});
