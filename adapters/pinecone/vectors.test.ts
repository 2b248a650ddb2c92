import { describe, expect, it } from 'vitest';
import { distanceBetween } from '../../src/score.ts';
import type { Metric } from '../../src/types.ts';
import { fromWire, queryToWire, toWire } from './vectors.ts';

const f32 = (...numbers: number[]) => Float32Array.from(numbers);
const back = (vector: Float32Array, metric: Metric) => {
  const wire = toWire(vector, metric);
  if (typeof wire === 'string') throw new Error(wire);
  return { values: wire.values, vector: fromWire(Array.from(wire.values), wire.note) };
};

describe('a vector on the wire', () => {
  it.each([
    [1, 2, 3],
    [1e17, 0, -1e17],
    [1e-7, 1, 0],
    [1e-10, 0, 0],
    [1.4e-45, 3e-10, -1e-40],
    [9e-9, 1e-9, 0],
  ])('%j comes back with the same bits under cosine, and has a component that the service takes', (...numbers) => {
    const { values, vector } = back(f32(...numbers), 'cosine');
    expect(vector).toEqual(f32(...numbers));
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThanOrEqual(1e-8);
    expect(distanceBetween('cosine', f32(1, 2, 3), values)).toBeCloseTo(
      distanceBetween('cosine', f32(1, 2, 3), f32(...numbers)),
      7,
    );
  });

  it.each(['dot', 'euclidean'] as const)('zeros come back as zeros under %s, and score as zeros', (metric) => {
    const { values, vector } = back(f32(0, 0, 0), metric);
    expect(vector).toEqual(f32(0, 0, 0));
    expect(distanceBetween(metric, f32(3, 4, 5), values)).toBeCloseTo(distanceBetween(metric, f32(3, 4, 5), vector), 5);
  });

  it('is refused where it is too small to be told from zeros but is not', () => {
    expect(toWire(f32(1e-9, 0), 'dot')).toContain('1e-8');
    expect(toWire(f32(0, 9e-9), 'euclidean')).toContain('1e-8');
  });

  it.each<[Metric, number[]]>([
    ['cosine', [1e-10, 2e-10, 0]],
    ['dot', [1e-10, 2e-10, 0]],
    ['dot', [0, 0, 0]],
    ['euclidean', [1e-10, 0, 0]],
    ['euclidean', [0, 0, 0]],
    ['dot', [5e7, 1, 1]],
  ])('a query under %s is sent so that its scores can be had back: %j', (metric, numbers) => {
    const { values, scoreFactor } = queryToWire(f32(...numbers), metric);
    expect(Math.max(...values.map(Math.abs))).toBeGreaterThanOrEqual(1e-8);
    const stored = f32(3, -4, 5);
    const distance = distanceBetween(metric, values, stored) * (metric === 'dot' ? scoreFactor : 1);
    expect(distance).toBeCloseTo(distanceBetween(metric, f32(...numbers), stored), 5);
  });
});
