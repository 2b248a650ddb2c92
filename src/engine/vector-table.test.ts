import { expect, test } from 'vitest';
import { randomNumbers } from '../../test/support/vectors.ts';
import { distanceBetween } from '../score.ts';
import type { Metric } from '../types.ts';
import { VectorTable } from './vector-table.ts';

const metrics: readonly Metric[] = ['cosine', 'dot', 'euclidean'];
const dimensions = [...Array.from({ length: 257 }, (_, i) => i + 1), 384, 768, 1_536];
/** Few, which JavaScript compares; many, which the kernels do. */
const sizes = [5, 300];

test.each(metrics)('distances are to the bit those of the definition, in any dimension: %s', (metric) => {
  const random = randomNumbers(7);
  const extremes = [0, -0, 1e-38, 3e38, -3e38, 1, -1];
  for (const dimension of dimensions) {
    for (const size of sizes) {
      const make = () =>
        Float32Array.from({ length: dimension }, () =>
          random() < 0.02 ? extremes[Math.floor(random() * extremes.length)]! : random() - 0.5,
        );
      const table = new VectorTable(dimension, metric);
      const asked = [size - 1, 0, 2, Math.floor(size / 2), 0];
      const vectors = new Map(asked.map((slot) => [slot, make()]));
      for (const [slot, vector] of vectors) table.set(slot, vector);
      const query = make();
      const found: [number, number][] = [];
      table.distances(query, asked, (slot, distance) => found.push([slot, distance]));
      expect(found).toEqual(asked.map((slot) => [slot, distanceBetween(metric, query, vectors.get(slot)!)]));
    }
  }
});

test('vectors read back to the bit, whatever is written in between and in whichever order', () => {
  const random = randomNumbers(8);
  const table = new VectorTable(3, 'cosine');
  const written = new Map<number, Float32Array>();
  for (let i = 0; i < 3_000; i++) {
    const slot = Math.floor(random() * Math.min(2_000, 2 * i + 1));
    const vector = Float32Array.from({ length: 3 }, () => random() - 0.5);
    table.set(slot, vector);
    written.set(slot, vector);
    if (i % 100 === 0) for (const [each, kept] of written) expect(table.at(each)).toEqual(kept);
  }
  for (const [slot, vector] of written) expect(table.at(slot)).toEqual(vector);
});

test('more rows than one block are compared as one list', () => {
  const table = new VectorTable(2, 'euclidean');
  for (let slot = 0; slot < 5_000; slot++) table.set(slot, Float32Array.of(slot, 0));
  const found: number[] = [];
  table.distances(
    Float32Array.of(0, 0),
    Array.from({ length: 5_000 }, (_, i) => 4_999 - i),
    (_, d) => found.push(d),
  );
  expect(found).toEqual(Array.from({ length: 5_000 }, (_, i) => 4_999 - i));
});
