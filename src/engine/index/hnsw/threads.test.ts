import { expect, test, vi } from 'vitest';
import { queriesLike } from '../../../../test/support/vector-index.ts';
import { Vectors, vectorMaker } from '../../../../test/support/vectors.ts';
import { TimeSlice } from '../../../time-slice.ts';
import { settle } from '../settle.ts';
import { Crew } from './crew.ts';
import { loadHnsw } from './provider.ts';

const dimension = 32;
const count = 6_000;

async function begun(threads: number, quantization = 'auto') {
  const provider = await loadHnsw();
  const make = vectorMaker(dimension);
  const vectors = new Vectors(dimension, 'cosine');
  for (let slot = 0; slot < count; slot++) vectors.bySlot.set(slot, make());
  const spec = { type: 'hnsw', m: 12, efConstruction: 80, ef: 80, options: { threads, quantization } };
  const index = provider.create(provider.resolve(spec, dimension, 'cosine'), vectors);
  index.add([...vectors.bySlot.keys()]);
  return { index, vectors };
}

const slice = () => new TimeSlice(new AbortController().signal);
const options = { params: {}, allowed: undefined, allowedCount: count };

test.each(['auto', 'none', 'sq8', 'sq4'])(
  'what several threads build finds what it should: %s',
  async (quantization) => {
    const { index, vectors } = await begun(3, quantization);
    const lefts: number[] = [];
    await settle(index, slice(), (left) => lefts.push(left));
    expect(lefts.length).toBeGreaterThan(5);
    expect(lefts.at(-1)).toBe(0);
    let kept = 0;
    const queries = queriesLike(dimension);
    for (const query of queries) {
      const proposed = new Set(index.search(query, 10, options)?.slots);
      kept += vectors.nearest(query, 10).filter((slot) => proposed.has(slot)).length;
    }
    expect(kept / (10 * queries.length)).toBeGreaterThan(0.96);
    // Each is reached.
    const unreached = [...vectors.bySlot].filter(
      ([slot, vector]) => !index.search(vector, 1, options)?.slots.includes(slot),
    );
    expect(unreached.length).toBeLessThan(count / 1_000);
  },
);

test('searches go on while threads insert, and answer as they should', async () => {
  const { index, vectors } = await begun(2);
  const query = queriesLike(dimension)[0]!;
  const nearest = vectors.nearest(query, 10);
  let searches = 0;
  let done = false;
  const building = settle(index, slice()).finally(() => {
    done = true;
  });
  while (!done) {
    const proposed = index.search(query, 10, options)?.slots;
    // Undefined: too many are waiting, and the engine compares with each.
    if (proposed !== undefined) {
      searches += 1;
      expect(new Set(proposed).size).toBe(proposed.length);
      expect(nearest.filter((slot) => proposed.includes(slot)).length).toBeGreaterThanOrEqual(8);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await building;
  expect(searches).toBeGreaterThan(3);
});

test('stopping between two batches loses nothing, and the rest is done later', async () => {
  const { index, vectors } = await begun(2);
  const abort = new AbortController();
  const building = settle(index, new TimeSlice(abort.signal), () => abort.abort());
  await expect(building).rejects.toThrow();
  const found = (slot: number) => index.search(vectors.at(slot), 1, options)?.slots ?? [slot];
  for (const slot of [0, 1, count - 1]) expect(found(slot)).toContain(slot);
  await settle(index, slice());
  for (const slot of [0, 1, count - 1]) expect(found(slot)).toContain(slot);
});

test('where threads are denied, this one builds', async () => {
  const { index, vectors } = await begun(2);
  const denied = vi.spyOn(Crew, 'start').mockReturnValue(undefined);
  await settle(index, slice());
  expect(denied).toHaveBeenCalledOnce();
  denied.mockRestore();
  for (const slot of [0, 1, count - 1]) expect(index.search(vectors.at(slot), 1, options)?.slots).toContain(slot);
});

test('a thread that fails fails no write: the next search says so, and later ones are left to the engine', async () => {
  const { index, vectors } = await begun(2);
  const failing = vi.spyOn(Crew.prototype, 'insert').mockRejectedValue(new RangeError('a thread is gone'));
  await settle(index, slice()).finally(() => failing.mockRestore());
  expect(() => index.search(vectors.at(0), 1, options)).toThrow(new RangeError('a thread is gone'));
  expect(index.search(vectors.at(0), 1, options)).toBeUndefined();
  index.add([0, 1]);
  index.remove([2]);
  await settle(index, slice());
  expect(index.search(vectors.at(0), 1, options)).toBeUndefined();
  expect(index.serialize()).toBeUndefined();
});
