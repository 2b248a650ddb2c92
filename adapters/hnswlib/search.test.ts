import { describe, expect, test } from 'vitest';
import { IndexedVectors, queriesLike } from '../../test/support/vector-index.ts';
import { vectorMaker } from '../../test/support/vectors.ts';
import { loadIndexes } from './index.ts';

const dimension = 16;
const queries = queriesLike(dimension, 60);
const built = async (spec = {}, count = 3_000) => {
  const indexed = IndexedVectors.create(await loadIndexes(), { type: 'hnsw', ...spec }, dimension, 'euclidean');
  indexed.fill(count, vectorMaker(dimension));
  return indexed;
};
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('ef', () => {
  test('a hint is worth its recall, and is for one query only', async () => {
    const indexed = await built({ m: 4, efConstruction: 8, ef: 2 });
    const usual = indexed.recall(queries, 1);
    const high = indexed.recall(queries, 1, { params: { ef: 400 } });
    expect(high.recall).toBeGreaterThan(usual.recall + 0.05);
    expect(indexed.recall(queries, 1)).toEqual(usual);
  });

  test('the default of the specification counts, also after loading', async () => {
    const indexed = await built({ m: 4, efConstruction: 8, ef: 400 });
    const before = indexed.recall(queries, 1);
    const after = indexed.reopened(await loadIndexes()).recall(queries, 1);
    expect(after).toEqual(before);
    expect(before.recall).toBeGreaterThan((await built({ m: 4, efConstruction: 8, ef: 2 })).recall(queries, 1).recall);
  });

  test('is never below k', async () => {
    expect((await built({ ef: 1 })).search(queries[0]!, 500).proposed!.length).toBeGreaterThanOrEqual(500);
  });
});

test('the same vectors and seed give the same graph, to the bit; another seed another', async () => {
  const [one, two, other] = [await built(), await built(), await built({ options: { seed: 7 } })].map(
    ({ index }) => index.serialize()!,
  );
  expect(Buffer.compare(one!, two!)).toBe(0);
  expect(Buffer.compare(one!, other!)).not.toBe(0);
});

test('an exception in a filter comes back as it is, and the index lives on', async () => {
  const indexed = await built();
  const failing = () => {
    throw new RangeError('mine');
  };
  const options = { params: {}, allowed: { has: failing, forEach: failing }, allowedCount: 2_000 };
  expect(() => indexed.index.search(queries[0]!, 10, options)).toThrow(new RangeError('mine'));
  expect(indexed.recall(queries, 10).recall).toBeGreaterThan(0.95);
});

test('up to 256 vectors there is no graph, and every search is left to the engine', async () => {
  const few = await built({}, 255);
  expect(few.search(queries[0]!, 10).proposed).toBeUndefined();
  expect(few.index.byteLength).toBeLessThan(10_000);
  expect(few.index.serialize()).toBeUndefined();
  const enough = await built({}, 256);
  expect(enough.search(queries[0]!, 10).proposed).toBeDefined();
});

test('a vector that points the same way is the nearest under cosine, whatever its length', async () => {
  const indexed = IndexedVectors.create(await loadIndexes(), { type: 'hnsw' }, dimension, 'cosine');
  const make = vectorMaker(dimension);
  const lengths = [1e-9, 1e-3, 1, 1e3, 1e15];
  indexed.put(Array.from({ length: 2_000 }, (_, slot) => [slot, make().map((x) => x * lengths[slot % 5]!)]));
  for (const slot of [0, 1, 2, 3, 4, 1_001, 1_999]) {
    const query = indexed.vectors.at(slot).map((x) => x * 1e-4);
    expect(indexed.search(query, 1).proposed).toContain(slot);
  }
});

describe('settings', () => {
  test('defaults are filled in, what has no use is listed', async () => {
    const { resolve } = await loadIndexes();
    const spec = { type: 'auto', nlist: 4, nprobe: 1, options: { factory: 'x' } };
    expect(resolve(spec, 8, 'dot')).toEqual({
      spec: { type: 'hnsw', m: 16, efConstruction: 200, ef: 64, options: { seed: 100 } },
      ignoredHints: ['index.nlist', 'index.nprobe', 'index.options.factory'],
    });
  });

  test.each([
    [{ type: 'ivf-flat' }, 'Unsupported', /hnswlib has hnsw only/],
    [{ m: 1 }, 'InvalidArgument', /index\.m: an integer from 2 to 128/],
    [{ m: 129 }, 'InvalidArgument', /index\.m/],
    [{ efConstruction: 3 }, 'InvalidArgument', /index\.efConstruction/],
    [{ ef: 0 }, 'InvalidArgument', /index\.ef/],
    [{ ef: 1.5 }, 'InvalidArgument', /index\.ef/],
    [{ options: { seed: -1 } }, 'InvalidArgument', /index\.options\.seed/],
    [{ options: { seed: 'x' } }, 'InvalidArgument', /index\.options\.seed/],
  ])('%j is refused', async (spec, code, message) => {
    const { resolve } = await loadIndexes();
    expect(() => resolve({ type: 'hnsw', ...spec }, 8, 'dot')).toThrow(refusal(code, message));
  });
});
