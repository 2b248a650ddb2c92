import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { VectorIndexProvider } from '../../src/engine/index/vector-index.ts';
import type { IndexSpec, Metric } from '../../src/types.ts';
import { printSeed, seed } from './seed.ts';
import { IndexedVectors, queriesLike } from './vector-index.ts';
import { randomNumbers, vectorMaker } from './vectors.ts';

/** A kind of index, and what can be expected of it. */
export interface IndexCase {
  readonly spec: IndexSpec;
  readonly metrics?: readonly Metric[];
  readonly dimension?: number;
  /** Enough to train. */
  readonly count?: number;
  /** Of the ten nearest. */
  readonly recall: number;
}

const allMetrics: readonly Metric[] = ['cosine', 'dot', 'euclidean'];
const k = 10;

/** What holds for every vector index that the engine is given. */
export function vectorIndexLaws(
  loadProvider: () => Promise<VectorIndexProvider>,
  cases: readonly IndexCase[],
  {
    nativeCode = false,
  }: {
    /** Whether native code reads what was saved, which damage could make it run wild. */ readonly nativeCode?: boolean;
  } = {},
): void {
  let provider: VectorIndexProvider;
  beforeAll(async () => {
    provider = await loadProvider();
  });

  const variants = cases.flatMap((one) => (one.metrics ?? allMetrics).map((metric) => ({ ...one, metric })));
  const named = variants.map((one) => ({
    ...one,
    name: `${one.spec.options?.factory ?? one.spec.type}, ${one.metric}`,
  }));

  describe.each(named)(
    '$name',
    { timeout: 60_000 },
    ({ spec, metric, dimension = 16, count = 2_000, recall: floor }) => {
      const queries = queriesLike(dimension);
      const build = () => {
        const indexed = IndexedVectors.create(provider, spec, dimension, metric);
        indexed.fill(count, vectorMaker(dimension));
        return indexed;
      };

      test('proposes nearly all of the nearest, and leaves no query to the engine', () => {
        const { recall, left } = build().recall(queries, k);
        expect(recall).toBeGreaterThanOrEqual(floor);
        expect(left).toBe(0);
      });

      test.each([0.5, 0.1, 0.01, 0.001])('proposes only what a filter lets through, of %d of the vectors', (share) => {
        const random = randomNumbers(7);
        const chosen = new Set(Array.from({ length: count }, (_, slot) => slot).filter(() => random() < share));
        const allowed = (slot: number) => chosen.has(slot);
        const indexed = build();
        for (const query of queries) {
          const { proposed = [] } = indexed.search(query, k, { allowed });
          expect(proposed.every(allowed)).toBe(true);
          expect(new Set(proposed).size).toBe(proposed.length);
        }
        expect(indexed.recall(queries, k, { allowed }).recall).toBeGreaterThanOrEqual(floor);
      });

      test('a replaced vector is found where it is now; removed ones never; those that come back again', () => {
        const indexed = build();
        const make = vectorMaker(dimension, { seed: 2 });
        const third = Array.from({ length: Math.floor(count / 3) }, (_, i) => 3 * i);
        indexed.put(third.map((slot) => [slot, make()]));
        indexed.remove(third.map((slot) => slot + 1));
        for (const query of queries)
          expect(indexed.search(query, k).proposed?.some((slot) => slot % 3 === 1 && slot < count - 2)).toBe(false);
        expect(indexed.recall(queries, k).recall).toBeGreaterThanOrEqual(floor);
        indexed.put(third.map((slot) => [slot + 1, make()]));
        expect(indexed.recall(queries, k).recall).toBeGreaterThanOrEqual(floor);
      });

      test('removing everything leaves nothing, and filling it again everything', () => {
        const indexed = build();
        indexed.remove(Array.from({ length: count }, (_, slot) => slot));
        expect(indexed.search(queries[0]!, k).slots).toEqual([]);
        indexed.fill(count, vectorMaker(dimension, { seed: 3 }));
        expect(indexed.recall(queriesLike(dimension, 25, 3), k).recall).toBeGreaterThanOrEqual(floor);
      });

      test('replacing everything again and again costs neither recall nor ever more memory', () => {
        const indexed = build();
        indexed.search(queries[0]!, k);
        const before = indexed.index.byteLength;
        const make = vectorMaker(dimension, { seed: 4 });
        let most = 0;
        for (let round = 0; round < 3; round++) {
          for (let from = 0; from < count; from += 100) {
            indexed.put(Array.from({ length: Math.min(100, count - from) }, (_, i) => [from + i, make()] as const));
            most = Math.max(most, indexed.index.byteLength);
          }
        }
        expect(indexed.recall(queriesLike(dimension, 25, 4), k).recall).toBeGreaterThanOrEqual(floor);
        // At the turn: three fifths tombstones in the old generation, a third in the new.
        expect(most).toBeLessThan(6 * before);
      });

      test('saved and loaded it proposes the same, and goes on', () => {
        const indexed = build();
        indexed.search(queries[0]!, k);
        indexed.remove([1, 2, 3]);
        const bytes = indexed.index.serialize()!;
        const loaded = provider.load(bytes, provider.resolve(spec, dimension, metric), indexed.vectors);
        expect(loaded.spec).toEqual(indexed.index.spec);
        for (const query of queries) {
          const options = { params: {}, allowed: undefined, allowedCount: count - 3 };
          expect(loaded.search(query, k, options)).toEqual(indexed.index.search(query, k, options));
        }
        // Bytes of Node's own kind are as good: they are views of something larger.
        const within = Buffer.concat([Buffer.alloc(5), bytes]).subarray(5);
        expect(() => provider.load(within, provider.resolve(spec, dimension, metric), indexed.vectors)).not.toThrow();
        const again = new IndexedVectors(indexed.vectors, loaded);
        const make = vectorMaker(dimension, { seed: 6 });
        again.put(Array.from({ length: count }, (_, slot) => [slot, make()]));
        again.remove([5]);
        expect(again.recall(queriesLike(dimension, 25, 6), k).recall).toBeGreaterThanOrEqual(floor);
      });

      test('what was saved is not loaded for another index, nor cut short, nor, where native code reads it, with any damage', () => {
        const indexed = build();
        indexed.search(queries[0]!, k);
        const bytes = indexed.index.serialize()!;
        const resolved = provider.resolve(spec, dimension, metric);
        const load = (saved: Uint8Array, vectors: { dimension: number; metric: Metric }) => () =>
          provider.load(saved, resolved, { ...vectors, at: (slot) => indexed.vectors.at(slot) });
        const corruption = expect.objectContaining({ code: 'Corruption' });
        expect(load(bytes, { dimension, metric: metric === 'euclidean' ? 'cosine' : 'euclidean' })).toThrow(corruption);
        expect(() => load(bytes, { dimension: dimension * 2, metric })()).toThrow(corruption);
        const random = randomNumbers(seed);
        for (let round = 0; round < 40; round++) {
          const bit = Math.floor(random() * bytes.length * 8);
          const damaged = Uint8Array.from(bytes);
          damaged[bit >> 3]! ^= 1 << (bit & 7);
          if (nativeCode) expect(load(damaged, { dimension, metric })).toThrow(corruption);
          expect(load(bytes.subarray(0, bit >> 3), { dimension, metric })).toThrow(corruption);
        }
        expect(load(bytes, { dimension, metric })).not.toThrow();
      });
    },
  );
}

/** Random writes, searches and reopenings against a set: candidates are always alive, allowed and distinct. */
export function vectorIndexProperties(
  loadProvider: () => Promise<VectorIndexProvider>,
  specs: readonly IndexSpec[],
): void {
  printSeed('vector index');
  const range = fc.record({ from: fc.nat(500), length: fc.integer({ min: 1, max: 300 }) });
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), range }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), range }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('search' as const),
        k: fc.integer({ min: 1, max: 900 }),
        every: fc.integer({ min: 1, max: 50 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
  );
  const slots = ({ from, length }: { from: number; length: number }) => Array.from({ length }, (_, i) => from + i);

  test.each(specs)(
    '$type: after any writes, candidates are alive, allowed and distinct',
    { timeout: 60_000 },
    async (spec) => {
      const provider = await loadProvider();
      let candidates = 0;
      fc.assert(
        fc.property(
          fc.array(step, { minLength: 10, maxLength: 25, size: 'max' }),
          fc.constantFrom(...allMetrics),
          (steps, metric) => {
            const make = vectorMaker(3, { seed: 5 });
            let indexed = IndexedVectors.create(provider, spec, 3, metric);
            // Enough for a native index from the beginning.
            indexed.put(slots({ from: 0, length: 400 }).map((slot) => [slot, make()]));
            for (const one of steps) {
              const { bySlot } = indexed.vectors;
              if (one.kind === 'put') indexed.put(slots(one.range).map((slot) => [slot, make()]));
              else if (one.kind === 'remove') indexed.remove(slots(one.range).filter((slot) => bySlot.has(slot)));
              else if (one.kind === 'reopen') indexed = indexed.reopened(provider);
              else {
                const { every } = one;
                const allowed = every === 1 ? undefined : (slot: number) => slot % every === 0;
                const { proposed = [] } = indexed.search(make(), one.k, { ...(allowed && { allowed }) });
                expect(proposed.filter((slot) => !bySlot.has(slot) || allowed?.(slot) === false)).toEqual([]);
                expect(new Set(proposed).size).toBe(proposed.length);
                candidates += proposed.length;
              }
            }
            indexed.index.dispose();
          },
        ),
        { seed, numRuns: 40 },
      );
      expect(candidates).toBeGreaterThan(100);
    },
  );
}
