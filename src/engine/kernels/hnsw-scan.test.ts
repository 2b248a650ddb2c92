import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../../test/support/vectors.ts';
import { GraphMemory } from '../index/hnsw/graph-memory.ts';
import { Found } from '../index/hnsw/proposal.ts';
import { compileHnsw } from './hnsw.ts';

/* The scalar twin of assembly/hnsw/signs.ts, and what scans by signs find beside scans that compare with everything. */
const modules = await compileHnsw();

/** Rows of 4-bit codes without links, all of them in the mask but every fifth. */
function filled(dimension: number, vectors: readonly Float32Array[]) {
  const memory = new GraphMemory(modules, { quantization: 'sq4', dimension, euclidean: true, m: 4 }, 0);
  const { kernels } = memory;
  memory.reserve(vectors.length, 0);
  memory.words[memory.state / 4 + 2] = vectors.length;
  const take = (vector: Float32Array) => {
    memory.floats.set(vector, memory.source / 4);
    kernels.ask(memory.source);
  };
  for (const [node, vector] of vectors.entries()) {
    take(vector);
    kernels.encode(node);
  }
  kernels.takeSigns(0, vectors.length);
  const mask = memory.table('mask');
  const passing = vectors.map((_, node) => node).filter((node) => node % 5 !== 0);
  for (const node of passing) memory.words[mask / 4 + (node >>> 5)]! |= 1 << (node & 31);
  const decoded = (node: number) => {
    kernels.decode(node, kernels.pivot());
    return memory.floats.slice(kernels.pivot() / 4, kernels.pivot() / 4 + dimension);
  };
  const found = (pool: number) => {
    const all = new Found(memory.words, pool / 4);
    return { nodes: all.positions(), distances: Array.from({ length: all.size }, (_, i) => all.distance(i)) };
  };
  return { memory, kernels, mask, passing, take, decoded, found };
}

test('signs differ where what rows stand for and the query lie on different sides of the centre, in any dimension', () => {
  const random = randomNumbers(7);
  for (const dimension of [...Array.from({ length: 257 }, (_, i) => i + 1), 384, 768, 1_536]) {
    const vectors = Array.from({ length: 40 }, () => Float32Array.from({ length: dimension }, () => random() - 0.5));
    const { memory, kernels, mask, passing, take, decoded } = filled(dimension, vectors);
    const query = Float32Array.from({ length: dimension }, (_, i) => (i % 7 === 0 ? 0 : random() - 0.5));
    take(query);
    expect(kernels.countSigns(mask)).toBe(passing.length);
    const { nodes, differing } = counted(memory, passing.length);
    expect(nodes).toEqual(passing);
    expect(differing).toEqual(
      passing.map((node) => decoded(node).reduce((sum, x, j) => sum + Number(x >= 0 !== query[j]! >= 0), 0)),
    );
  }
});

test('signs are counted of the nodes of the mask, whichever they are', () => {
  const random = randomNumbers(9);
  const vectors = Array.from({ length: 300 }, () => Float32Array.from({ length: 32 }, () => random() - 0.5));
  const { memory, kernels, mask, take } = filled(32, vectors);
  const words = memory.words.subarray(mask / 4, mask / 4 + Math.ceil(vectors.length / 32));
  take(vectors[0]!);
  for (const share of [0, 0.003, 0.03, 0.2, 0.5, 0.9, 1]) {
    for (let repetition = 0; repetition < 20; repetition++) {
      const wanted = vectors.map((_, node) => node).filter(() => random() < share);
      words.fill(0);
      for (const node of wanted) words[node >>> 5]! |= 1 << (node & 31);
      expect(kernels.countSigns(mask)).toBe(wanted.length);
      expect(counted(memory, wanted.length).nodes).toEqual(wanted);
    }
  }
});

function counted(memory: GraphMemory, length: number) {
  const nodes = memory.table('counted') / 4;
  const differing = new Uint16Array(memory.memory.buffer, memory.table('differing'), length);
  return { nodes: [...memory.words.subarray(nodes, nodes + length)], differing: [...differing] };
}

describe('a scan by signs', () => {
  const [dimension, count, wanted, most] = [96, 4_000, 10, 600];
  const random = randomNumbers(8);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = Array.from({ length: 40 }, () => Float32Array.from({ length: dimension }, normal));
  const clustered = Array.from({ length: count + 100 }, (_, i) => centres[i % 40]!.map((x) => x + 0.7 * normal()));
  const rows = clustered.slice(0, count);
  const queries = clustered.slice(count);

  test('finds what a scan of everything finds where it begins with half of it', () => {
    const { kernels, mask, passing, take, found } = filled(dimension, rows);
    for (const query of queries.slice(0, 10)) {
      take(query);
      const all = found(kernels.scanMasked(wanted, most, mask, 0.1, 1));
      take(query);
      expect(found(kernels.scanSigned(wanted, most, mask, 0.1, 1, Math.ceil(passing.length / 2)))).toEqual(all);
    }
  });

  test('finds nearly all of it, and compares with a fraction', () => {
    const { kernels, mask, passing, take, found } = filled(dimension, rows);
    let [hits, compared] = [0, 0];
    kernels.resetEvaluations();
    for (const query of queries) {
      take(query);
      const { nodes } = found(kernels.scanSigned(wanted, most, mask, 0, 1, 100));
      expect(nodes.every((node) => node % 5 !== 0)).toBe(true);
      compared += kernels.evaluations.value;
      const all = found(kernels.scanMasked(wanted, most, mask, 0, 1)).nodes.slice(0, wanted);
      hits += all.filter((node) => nodes.includes(node)).length;
      kernels.resetEvaluations();
    }
    expect(compared / (passing.length * queries.length)).toBeLessThan(0.5);
    expect(hits / (wanted * queries.length)).toBeGreaterThan(0.98);
  });

  test('goes on to the end where signs tell nothing', () => {
    // All on the same side of the centre, whatever their distance.
    const positive = rows.map((vector) => vector.map((x) => Math.abs(x) + 0.1));
    const { kernels, mask, passing, take, found } = filled(dimension, positive);
    for (const query of queries.slice(0, 10)) {
      take(query.map(Math.abs));
      const all = found(kernels.scanMasked(wanted, most, mask, 0.1, 1));
      take(query.map(Math.abs));
      kernels.resetEvaluations();
      expect(found(kernels.scanSigned(wanted, most, mask, 0.1, 1, 100))).toEqual(all);
      expect(kernels.evaluations.value).toBe(passing.length);
    }
  });
});
