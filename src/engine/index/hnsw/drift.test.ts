import { afterEach, expect, test, vi } from 'vitest';
import { Vectors, vectorMaker } from '../../../../test/support/vectors.ts';
import type { Metric } from '../../../types.ts';
import { Drift, mostDrift } from './drift.ts';
import { loadHnsw } from './provider.ts';

const dimension = 64;
const options = { params: { ef: 100 }, allowed: undefined, allowedCount: 6_000 };

afterEach(() => vi.restoreAllMocks());

/** Recall among what has come in lately, of an index that is filled with vectors around 0, then with some around `offset`. */
async function drifted(metric: Metric, quantization: string, offset: number) {
  const provider = await loadHnsw();
  const vectors = new Vectors(dimension, metric);
  const spec = { type: 'hnsw', m: 12, efConstruction: 80, options: { quantization, threads: 0 } };
  const index = provider.create(provider.resolve(spec, dimension, metric), vectors);
  const make = vectorMaker(dimension, { clusters: 1, spread: 1 });
  const add = (from: number, count: number, at: number) => {
    for (let slot = from; slot < from + count; slot++) {
      vectors.bySlot.set(
        slot,
        make().map((x) => x + at),
      );
    }
    index.add(Array.from({ length: count }, (_, i) => from + i));
    index.settle?.(Number.POSITIVE_INFINITY);
  };
  add(0, 300, 0);
  // No audit falls due: the next is at 2,048 vectors.
  for (let from = 300; from < 2_000; from += 100) add(from, 100, from < 1_100 ? 0 : offset);
  let kept = 0;
  const queries = Array.from({ length: 60 }, () => make().map((x) => x + offset));
  for (const query of queries) {
    const proposed = index.search(query, 10, options)?.slots ?? [];
    kept += vectors.nearest(query, 10).filter((slot) => proposed.includes(slot)).length / (10 * queries.length);
  }
  return kept;
}

test.each([
  ['euclidean', 'sq4', 4, 0.97, 0.99],
  ['euclidean', 'auto', 4, 0.97, 0.99],
  ['euclidean', 'auto', 40, 0.3, 0.97],
  ['dot', 'sq4', 4, 0.978, 0.978],
] as const)(
  'codes are trained anew when what is added has moved away: %s, %s, by %d',
  async (metric, quantization, offset, mostWithout, leastWith) => {
    const trained = await drifted(metric, quantization, offset);
    vi.spyOn(Drift.prototype, 'isDue', 'get').mockReturnValue(false);
    const stale = await drifted(metric, quantization, offset);
    expect(stale).toBeLessThan(mostWithout);
    expect(trained).toBeGreaterThan(leastWith);
  },
);

test('a drift is seen after as many vectors as its memory has, and not where there is none', () => {
  const vectors = new Vectors(2, 'euclidean');
  for (let slot = 0; slot < 1_000; slot++) vectors.bySlot.set(slot, Float32Array.of(Math.cos(slot), Math.sin(slot)));
  const slots = [...vectors.bySlot.keys()];
  const drift = new Drift(vectors, new Float32Array(2), slots);
  expect(drift.spread).toBeCloseTo(1, 6);
  for (const slot of slots) drift.observe(slot);
  expect(drift.isDue).toBe(false);
  const reach = Math.sqrt(mostDrift * 1.3);
  for (const slot of slots)
    vectors.bySlot.set(
      slot,
      vectors.at(slot).map((x) => x * reach),
    );
  let observed = 0;
  while (!drift.isDue && observed < 10_000) drift.observe(observed++ % 1_000);
  expect(observed).toBeGreaterThan(200);
  expect(observed).toBeLessThan(2_000);
  const fresh = new Drift(vectors, new Float32Array(2), 1);
  for (let i = 0; i < 511; i++) fresh.observe(i);
  expect(fresh.isDue).toBe(false);
  fresh.observe(511);
  expect(fresh.isDue).toBe(true);
});
