import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../../test/support/vectors.ts';
import { GraphMemory } from '../index/hnsw/graph-memory.ts';
import { compileHnsw } from './hnsw.ts';

/*
 * The scalar twin of assembly/hnsw: what a row stands for, and the distance of two of them, in plain arithmetic. Codes are whole numbers, so what
 * they stand for must be equal to what the definition gives; sums of f32 may differ by rounding.
 */
const modules = await compileHnsw();
const dimensions = [...Array.from({ length: 257 }, (_, i) => i + 1), 384, 768, 1_536];
const kinds = ['none', 'sq8', 'sq4'] as const;
const nodes = 6;

/** The levels that a code can stand for. */
function levels(kind: 'sq8' | 'sq4', scale: number): (x: number) => number {
  const inverse = scale > 0 ? Math.fround(1 / scale) : 0;
  const code = (x: number) =>
    kind === 'sq8'
      ? Math.max(-128, Math.min(127, roundHalfEven(Math.fround(x * inverse))))
      : Math.max(0, Math.min(15, Math.floor(Math.fround(x * inverse)) + 8)) - 7.5;
  // Whole numbers have no negative zero.
  return (x) => scale * code(x) + 0;
}

function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** A memory with rows, and readers of what is in it. */
function filled(kind: (typeof kinds)[number], dimension: number, euclidean: boolean, vectors: readonly Float32Array[]) {
  const memory = new GraphMemory(modules, { quantization: kind, dimension, euclidean, m: 4 }, 0);
  const { kernels } = memory;
  memory.reserve(nodes, 0);
  const centre = Float32Array.from({ length: dimension }, (_, j) => (j % 3) / 7);
  memory.floats.set(centre, memory.centre / 4);
  for (const [node, vector] of vectors.entries()) {
    memory.floats.set(vector, memory.source / 4);
    kernels.takeIn(memory.source);
    kernels.encode(node);
  }
  const header = (node: number) => memory.floats.subarray((memory.nodes + node * memory.blockBytes) / 4);
  const decoded = (node: number) => {
    // The place of a prepared row is large enough, and free here.
    kernels.decode(node, kernels.pivot());
    return memory.floats.slice(kernels.pivot() / 4, kernels.pivot() / 4 + dimension);
  };
  const among = (prepared: number) => vectors.map((_, node) => kernels.distance(node, prepared));
  return { memory, kernels, centre, scaleOf: (node: number) => header(node)[1]!, decoded, among };
}

function vectorsOf(dimension: number, random: () => number): Float32Array[] {
  const extremes = [1e-12, 1e12, -1e12, 0];
  return Array.from({ length: nodes }, (_, node) =>
    Float32Array.from({ length: dimension }, () => {
      if (node === 0) return 0;
      if (node === 1) return extremes[Math.floor(4 * random())]!;
      return (random() - 0.5) * 10;
    }),
  );
}

describe.each(kinds)('%s', (kind) => {
  test('a row stands for the levels nearest to the vector, in any dimension', () => {
    const random = randomNumbers(3);
    for (const dimension of dimensions) {
      const vectors = vectorsOf(dimension, random);
      const { scaleOf, decoded, centre } = filled(kind, dimension, true, vectors);
      for (const [node, vector] of vectors.entries()) {
        const relative = vector.map((x, j) => x - centre[j]!);
        const level = kind === 'none' ? Math.fround : levels(kind, scaleOf(node));
        expect(decoded(node)).toEqual(relative.map(level));
      }
    }
  });

  test.each([true, false])(
    'distances are those of what rows stand for, in any dimension; euclidean: %s',
    (euclidean) => {
      const random = randomNumbers(4);
      for (const dimension of dimensions) {
        const vectors = vectorsOf(dimension, random).map((vector, node) => (node === 1 ? vector.fill(1) : vector));
        const { kernels, memory, decoded, centre, among } = filled(kind, dimension, euclidean, vectors);
        const rows = vectors.map((_, node) => decoded(node));
        const expected = (query: Float32Array) =>
          rows.map((row) => {
            let [distance, size] = [0, 1e-6];
            for (let j = 0; j < dimension; j++) {
              const product = (row[j]! + centre[j]!) * (query[j]! + centre[j]!) - centre[j]! ** 2;
              distance += euclidean ? (row[j]! - query[j]!) ** 2 : -2 * product;
              size += row[j]! ** 2 + query[j]! ** 2 + centre[j]! ** 2;
            }
            return { distance, size };
          });
        const agree = (found: readonly number[], query: Float32Array, tolerance: number) => {
          for (const [node, { distance, size }] of expected(query).entries())
            expect(Math.abs(found[node]! - distance)).toBeLessThanOrEqual(tolerance * size);
        };
        // A row as a query: nothing is lost.
        kernels.prepareRow(2, kernels.query());
        agree(among(kernels.query()), rows[2]!, 1e-5);
        // A vector as a query: in 16 bits at most 1927 levels on either side.
        const query = Float32Array.from({ length: dimension }, () => random() - 0.5);
        memory.floats.set(query, memory.source / 4);
        kernels.ask(memory.source);
        agree(
          among(kernels.query()),
          query.map((x, j) => x - centre[j]!),
          kind === 'none' ? 1e-5 : 2e-3,
        );
      }
    },
  );
});

test('four rows at a time give the distances that one at a time gives, exactly', () => {
  const random = randomNumbers(5);
  for (const kind of kinds) {
    for (const dimension of [1, 15, 16, 17, 31, 32, 33, 100, 384]) {
      const vectors = vectorsOf(dimension, random).map((vector, node) => (node === 1 ? vector.fill(2) : vector));
      const { kernels, memory, among } = filled(kind, dimension, true, vectors);
      memory.floats.set(vectors[3]!, memory.source / 4);
      kernels.ask(memory.source);
      const list = memory.table('mask');
      memory.words.set([5, 4, 3, 2, 1, 0, 5], list / 4);
      kernels.distances(list, 7, kernels.query(), list + 64);
      const together = [...memory.floats.subarray(list / 4 + 16, list / 4 + 23)];
      const single = among(kernels.query());
      const expected = [5, 4, 3, 2, 1, 0, 5].map((node) => single[node]!);
      if (kind === 'none') {
        // f32 sums in another order.
        for (const [i, distance] of together.entries())
          expect(Math.abs(distance - expected[i]!)).toBeLessThanOrEqual(1e-5 * Math.max(1, expected[i]!));
      } else expect(together).toEqual(expected);
    }
  }
});

test('small whole numbers are kept, and their distances are exact', () => {
  const random = randomNumbers(6);
  const dimension = 784;
  const memory = new GraphMemory(modules, { quantization: 'sq8', dimension, euclidean: true, m: 4 }, 0);
  memory.reserve(nodes, 0);
  memory.floats.fill(128, memory.centre / 4, memory.centre / 4 + dimension);
  const vectors = Array.from({ length: nodes }, () =>
    Float32Array.from({ length: dimension }, () => Math.floor(256 * random())),
  );
  for (const [node, vector] of vectors.entries()) {
    memory.floats.set(vector, memory.source / 4);
    memory.kernels.takeIn(memory.source);
    expect(memory.kernels.isExact()).toBe(1);
    memory.kernels.encode(node);
  }
  const query = vectors[0]!.map((x) => 255 - x);
  memory.floats.set(query, memory.source / 4);
  memory.kernels.ask(memory.source);
  for (const [node, vector] of vectors.entries()) {
    const distance = vector.reduce((sum, x, j) => sum + (x - query[j]!) ** 2, 0);
    expect(memory.kernels.distance(node, memory.kernels.query())).toBe(Math.fround(distance));
  }
});
