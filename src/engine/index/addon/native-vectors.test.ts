import { expect, test } from 'vitest';
import { vectorMaker } from '../../../../test/support/vectors.ts';
import { distanceBetween } from '../../../score.ts';
import type { Metric } from '../../../types.ts';
import { nativeMetric, writeNative } from './native-vectors.ts';

test.each<Metric>(['cosine', 'dot', 'euclidean'])('the native distance ranks as %s does', (metric) => {
  const make = vectorMaker(8);
  const native = (vector: Float32Array) => {
    const numbers: number[] = [];
    writeNative(vector, metric, numbers, 0);
    return numbers.map(Math.fround);
  };
  const distance = (a: number[], b: number[]) =>
    nativeMetric(metric) === 'ip'
      ? -a.reduce((sum, x, i) => sum + x * b[i]!, 0)
      : a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);
  const query = make();
  const vectors = Array.from({ length: 200 }, make);
  const ranked = (by: (vector: Float32Array) => number) => [...vectors].sort((a, b) => by(a) - by(b));
  expect(ranked((vector) => distance(native(query), native(vector)))).toEqual(
    ranked((vector) => distanceBetween(metric, query, vector)),
  );
});

test('a vector goes where it is told, and is not changed', () => {
  const vector = Float32Array.of(3, 4);
  const numbers = [0, 0, 0, 0];
  writeNative(vector, 'cosine', numbers, 1);
  expect(numbers.map((x) => Math.round(x * 1e6) / 1e6)).toEqual([0, 0.6, 0.8, 0]);
  expect([...vector]).toEqual([3, 4]);
});

test.each([1e-10, 1e-3, 1e17])('directions survive components of %d', (size) => {
  const numbers: number[] = [];
  writeNative(Float32Array.of(3 * size, -4 * size), 'cosine', numbers, 0);
  expect(numbers[0]).toBeCloseTo(0.6, 6);
  expect(numbers[1]).toBeCloseTo(-0.8, 6);
});
