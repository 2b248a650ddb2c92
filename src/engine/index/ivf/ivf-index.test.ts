import { describe, expect, test } from 'vitest';
import { IndexedVectors, queriesLike } from '../../../../test/support/vector-index.ts';
import { randomNumbers, vectorMaker } from '../../../../test/support/vectors.ts';
import type { IndexSpec, Metric } from '../../../types.ts';
import { loadIvf } from './provider.ts';

const provider = await loadIvf();
const k = 10;

function filled(spec: IndexSpec, dimension: number, metric: Metric, count: number, make: () => Float32Array) {
  const indexed = IndexedVectors.create(provider, spec, dimension, metric);
  indexed.fill(count, make);
  return indexed;
}

const fourBits = { pqBits: 4 };
const specs: readonly IndexSpec[] = [
  ...['ivf-flat', 'ivf-sq8', 'ivf-pq', 'ivf-hnsw'].map((type) => ({ type })),
  { type: 'ivf-pq', options: fourBits },
];

describe.each(specs)('$type $options', (base) => {
  const { type } = base;

  test.each(['euclidean', 'cosine'] as const)(
    'an offset of a thousand times the spread, common to all, costs no recall under %s',
    (metric) => {
      const shifted = (vector: Float32Array) => vector.map((x) => x + 1_000);
      const make = vectorMaker(48);
      const indexed = filled({ ...base, nlist: 32 }, 48, metric, 1_500, () => shifted(make()));
      const { recall, left } = indexed.recall(queriesLike(48).map(shifted), k, { params: { nprobe: 32 } });
      expect(left).toBe(0);
      expect(recall).toBeGreaterThanOrEqual(type === 'ivf-pq' ? 0.95 : 0.99);
    },
  );

  test('components of very different sizes keep their digits', () => {
    // The large ones are few, and the same for the vectors of a cluster: those of middle size decide who is near.
    const sizes = Array.from({ length: 48 }, (_, j) => (j < 4 ? 1_000 : 1));
    const wide = vectorMaker(48, { spread: 1 });
    const make = vectorMaker(48, { seed: 3 });
    const random = randomNumbers(5);
    const anchors = Array.from({ length: 8 }, wide);
    const mixed = () => {
      const anchor = anchors[Math.floor(random() * anchors.length)]!;
      return make().map((x, j) => (j < 4 ? anchor[j]! * sizes[j]! : x));
    };
    const indexed = filled({ ...base, nlist: 32 }, 48, 'euclidean', 1_500, mixed);
    const queries = Array.from({ length: 25 }, mixed);
    const { recall } = indexed.recall(queries, k, { params: { nprobe: 32 } });
    expect(recall).toBeGreaterThanOrEqual(type === 'ivf-pq' ? 0.9 : 0.99);
  });

  test('all lists visited, nothing near is missed', () => {
    for (const metric of ['euclidean', 'cosine', 'dot'] as const) {
      const indexed = filled({ ...base, nlist: 40, nprobe: 40 }, 24, metric, 1_500, vectorMaker(24));
      expect(indexed.recall(queriesLike(24), k).recall).toBeGreaterThanOrEqual(0.99);
    }
  });

  test('more lists visited find no less', () => {
    const indexed = filled({ ...base, nlist: 100 }, 24, 'euclidean', 2_000, vectorMaker(24, { spread: 1 }));
    const recalls = [1, 4, 16, 100].map((nprobe) => indexed.recall(queriesLike(24), k, { params: { nprobe } }).recall);
    expect(recalls).toEqual(recalls.toSorted((a, b) => a - b));
    expect(recalls[0]).toBeLessThan(recalls[3]!);
    expect(recalls[3]).toBeGreaterThanOrEqual(0.99);
  });

  test('a filter costs no recall, not even one that lets only what is far away pass', () => {
    for (const metric of ['euclidean', 'cosine', 'dot'] as const) {
      const indexed = filled({ ...base, nlist: 64, nprobe: 6 }, 24, metric, 3_000, vectorMaker(24));
      const queries = queriesLike(24, 15);
      const kinds = {
        far: (rank: number) => rank >= 1_500,
        farther: (rank: number) => rank >= 2_250,
        between: (rank: number) => rank >= 400 && rank < 2_000,
        near: (rank: number) => rank < 1_500,
        any: (rank: number) => rank % 5 === 0,
      };
      const unfiltered = indexed.recall(queries, k).recall;
      const ranked = queries.map((query) => indexed.vectors.nearest(query, 3_000));
      for (const passes of Object.values(kinds)) {
        const recalls = queries.map((query, i) => {
          const chosen = new Set(ranked[i]!.filter((_, rank) => passes(rank)));
          return indexed.recall([query], k, { allowed: (slot) => chosen.has(slot) }).recall;
        });
        const mean = recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
        expect(mean).toBeGreaterThanOrEqual(unfiltered - (type === 'ivf-pq' ? 0.03 : 0.005));
      }
    }
  });

  test('what waits is found, and settling in slices leads to the same as settling at once', () => {
    const make = vectorMaker(16);
    const vectors = Array.from({ length: 3_000 }, make);
    const source = { dimension: 16, metric: 'euclidean' as const, at: (slot: number) => vectors[slot]! };
    const spec = { ...base, nlist: 32, nprobe: 32 };
    const build = (slice: number) => {
      const index = provider.create(provider.resolve(spec, 16, 'euclidean'), source);
      index.add(vectors.slice(0, 2_000).map((_, slot) => slot));
      while (index.settle!(slice) > 0);
      return index;
    };
    const sliced = build(Number.NEGATIVE_INFINITY);
    const whole = build(Number.POSITIVE_INFINITY);
    const options = { params: {}, allowed: undefined, allowedCount: 2_000 };
    for (const query of queriesLike(16))
      expect(sliced.search(query, k, options)).toEqual(whole.search(query, k, options));
    sliced.add(vectors.slice(2_000).map((_, i) => 2_000 + i));
    for (let slot = 2_000; slot < 3_000; slot += 100)
      expect(sliced.search(vectors[slot]!, 1, { ...options, allowedCount: 3_000 })?.slots).toContain(slot);
    sliced.remove([2_500]);
    expect(sliced.search(vectors[2_500]!, 1, { ...options, allowedCount: 2_999 })?.slots).not.toContain(2_500);
  });

  test.each([3e38, 1e-30, 1e-44])('vectors or queries of the size of %d stop nothing', (size) => {
    const make = vectorMaker(8);
    const extreme = () => make().map((x) => Math.max(-3.4e38, Math.min(3.4e38, x * size)));
    for (const metric of ['dot', 'euclidean'] as const) {
      const indexed = filled({ ...base, nlist: 16, nprobe: 16 }, 8, metric, 600, make);
      indexed.search(extreme(), k);
      expect(indexed.recall(queriesLike(8), k).recall).toBeGreaterThanOrEqual(0.95);
      indexed.put([[600, extreme()]]);
      expect(indexed.recall(queriesLike(8), k).recall).toBeGreaterThanOrEqual(0.95);
      indexed.remove([600]);
      expect(indexed.recall(queriesLike(8), k)).toMatchObject({ left: 0 });
      const others = filled({ ...base, nlist: 16, nprobe: 16 }, 8, metric, 600, extreme);
      others.search(make(), k);
      others.search(extreme(), k);
    }
  });
});

test('a search that asks for more than there is room for is left to the engine', () => {
  const indexed = filled({ type: 'ivf-flat' }, 8, 'euclidean', 600, vectorMaker(8));
  expect(indexed.search(vectorMaker(8)(), 5_000).proposed).toBeUndefined();
  expect(indexed.search(vectorMaker(8)(), 600).proposed).toHaveLength(600);
});

describe('product codes', () => {
  /** Vectors as embeddings are: few directions that count, in clusters, and noise. */
  function embeddings(dimension: number, seed: number): () => Float32Array {
    const rank = 24;
    const axes = Array.from({ length: rank }, vectorMaker(dimension, { seed: 17, clusters: 1, spread: 1 }));
    const inner = vectorMaker(rank, { seed, clusters: 40, spread: 0.7 });
    const noise = vectorMaker(dimension, { seed: seed + 1, clusters: 1, spread: 1 });
    return () => {
      const weights = inner();
      const vector = noise().map((x) => 0.4 * x);
      for (const [i, axis] of axes.entries()) for (let j = 0; j < dimension; j++) vector[j]! += weights[i]! * axis[j]!;
      return vector;
    };
  }

  test.each([
    { opq: false, pqBits: 8 },
    { opq: true, pqBits: 8 },
    { opq: false, pqBits: 4 },
    { opq: true, pqBits: 4 },
  ])('a sixteenth of the size keeps nine in ten neighbours: %j', (options) => {
    const make = embeddings(96, 1);
    const spec = { type: 'ivf-pq', nlist: 32, nprobe: 12, options };
    const indexed = filled(spec, 96, 'cosine', 5_000, make);
    expect(indexed.index.spec.options).toMatchObject({ pqM: 192 / options.pqBits, ...options });
    const { recall, left } = indexed.recall(Array.from({ length: 50 }, make), k);
    expect(left).toBe(0);
    expect(recall).toBeGreaterThanOrEqual(0.9);
  });

  test.each([
    { pqM: 3, pqBits: 8 },
    { pqM: 4, pqBits: 4 },
  ])('a rotation makes shorter codes better: %j', (code) => {
    const recalls = [false, true].map((opq) => {
      const make = embeddings(64, 1);
      const spec = { type: 'ivf-pq', nlist: 8, nprobe: 8, options: { opq, ...code } };
      return filled(spec, 64, 'euclidean', 5_000, make).recall(Array.from({ length: 50 }, make), k).recall;
    });
    expect(recalls[1]).toBeGreaterThan(recalls[0]!);
  });

  test('an image is of one number of bits; that of 8 bits is laid out as before there were others', () => {
    const build = (pqBits: number) => {
      const options = { seed: 1, pqM: 2, pqBits };
      const { index, vectors } = filled(
        { type: 'ivf-pq', nlist: 4, nprobe: 4, options },
        4,
        'dot',
        300,
        vectorMaker(4),
      );
      return { bytes: index.serialize()!, resolved: provider.resolve(index.spec, 4, 'dot'), vectors };
    };
    const [eight, four] = [build(8), build(4)];
    const end = 12 + new DataView(eight.bytes.buffer).getUint32(8, true);
    const identity = { maker: 'anyvec-ivf', format: 1, dimension: 4, metric: 'dot', kind: 'pq', graph: false };
    expect(JSON.parse(new TextDecoder().decode(eight.bytes.subarray(12, end)))).toEqual({
      identity: { ...identity, nlist: 4, nprobe: 4, pqM: 2, opq: false, seed: 1 },
      lengths: [0, 120, 0, 1_296, 9_488],
    });
    expect(provider.load(eight.bytes, eight.resolved, eight.vectors).spec).toEqual(eight.resolved.spec);
    expect(() => provider.load(four.bytes, eight.resolved, eight.vectors)).toThrow(
      expect.objectContaining({ code: 'Corruption' }),
    );
  });
});

describe('lists are trained anew', () => {
  test('as vectors grow in number: after any number of them recall is what it should be', () => {
    const indexed = IndexedVectors.create(provider, { type: 'ivf-sq8', nlist: 256, nprobe: 24 }, 16, 'euclidean');
    const make = vectorMaker(16, { spread: 1 });
    for (let from = 0; from < 6_000; from += 50) {
      indexed.put(Array.from({ length: 50 }, (_, i) => [from + i, make()] as const));
      if (from % 1_000 === 950) expect(indexed.recall(queriesLike(16), k).recall).toBeGreaterThanOrEqual(0.9);
    }
  });

  test('as vectors become others', () => {
    const dimension = 16;
    const indexed = filled(
      { type: 'ivf-flat', nlist: 64, nprobe: 6 },
      dimension,
      'euclidean',
      4_000,
      vectorMaker(dimension),
    );
    // All in a corner where there were none: of the old lists only few would be of use.
    const corner = vectorMaker(dimension, { seed: 9, spread: 0.8 });
    const make = () => corner().map((x) => 100 + 5 * x);
    const steps: number[] = [];
    for (let round = 0; round < 4; round++) {
      for (let from = 0; from < 4_000; from += 100)
        indexed.put(Array.from({ length: 100 }, (_, i) => [from + i, make()] as const));
      const queries = Array.from({ length: 25 }, make);
      let compared = 0;
      for (const query of queries) compared += indexed.search(query, k).proposed!.length;
      steps.push(compared / queries.length);
      if (round > 0) expect(indexed.recall(queries, k).recall).toBeGreaterThanOrEqual(0.8);
    }
    expect(steps.every((mean) => mean >= k)).toBe(true);
  });
});

describe('settings', () => {
  const resolve = (spec: IndexSpec, dimension = 100) => provider.resolve(spec, dimension, 'cosine');

  test('defaults are filled in, and what is of no use is named', () => {
    expect(resolve({ type: 'ivf-flat', m: 3, options: { opq: true } })).toEqual({
      spec: { type: 'ivf-flat', options: { seed: 100 } },
      ignoredHints: ['index.m', 'index.options.opq'],
    });
    expect(resolve({ type: 'ivf-sq8', nlist: 400 }).spec).toEqual({
      type: 'ivf-sq8',
      nlist: 400,
      nprobe: 40,
      options: { seed: 100 },
    });
    expect(resolve({ type: 'ivf-pq', nprobe: 3 }).spec).toEqual({
      type: 'ivf-pq',
      nprobe: 3,
      options: { seed: 100, pqM: 25, pqBits: 8, opq: false },
    });
    // As many bytes, whatever the bits of a part.
    expect(resolve({ type: 'ivf-pq', options: { pqBits: 4 } }).spec.options).toMatchObject({ pqM: 50, pqBits: 4 });
  });

  test('a resolved specification resolves to itself', () => {
    for (const type of provider.types) {
      const { spec } = resolve({ type, nlist: 50 });
      expect(resolve(spec)).toEqual({ spec, ignoredHints: [] });
    }
  });

  test.each([
    { type: 'ivf-flat', nlist: 0 },
    { type: 'ivf-flat', nlist: 1.5 },
    { type: 'ivf-flat', nprobe: 65_537 },
    { type: 'ivf-flat', options: { seed: -1 } },
    { type: 'ivf-pq', options: { pqM: 101 } },
    { type: 'ivf-pq', options: { pqM: 0 } },
    { type: 'ivf-pq', options: { pqBits: 7 } },
    { type: 'ivf-pq', options: { pqBits: '4' } },
    { type: 'ivf-pq', options: { opq: 'yes' } },
  ] as IndexSpec[])('refused: %j', (spec) => {
    expect(() => resolve(spec)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });

  test('an unknown type is refused', () => {
    expect(() => resolve({ type: 'hnsw' })).toThrow(expect.objectContaining({ code: 'Unsupported' }));
  });
});
