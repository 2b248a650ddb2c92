import { expect, it } from 'vitest';
import { principalPlane } from './pca.ts';
import { uniforms } from './sample.ts';

it('finds the two directions of most variance, whatever directions they are', () => {
  const random = uniforms(3);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  // Standard deviations 5 and 3 along two crossing diagonals, 0.1 elsewhere, far from the origin.
  const vectors = Array.from({ length: 500 }, () => {
    const [a, b] = [5 * normal(), 3 * normal()];
    return Float32Array.from(
      { length: 20 },
      (_, i) => 7 + 0.1 * normal() + (i < 2 ? a : 0) / Math.SQRT2 + (i === 0 ? b : i === 1 ? -b : 0) / Math.SQRT2,
    );
  });
  const { points, explained } = principalPlane(vectors);
  const deviation = (axis: 0 | 1) =>
    Math.sqrt(points.reduce((sum, point) => sum + point[axis] ** 2, 0) / points.length);
  expect(deviation(0)).toBeCloseTo(5, 0);
  expect(deviation(1)).toBeCloseTo(3, 0);
  expect(explained[0] + explained[1]).toBeGreaterThan(0.99);
  expect(principalPlane(vectors)).toEqual({ points, explained });
});

it('has an answer for nothing, one vector, equal vectors, and vectors on a line', () => {
  expect(principalPlane([])).toEqual({ points: [], explained: [0, 0] });
  const one = new Float32Array([1, 2, 3]);
  expect(principalPlane([one, one, one])).toEqual({
    points: [
      [0, 0],
      [0, 0],
      [0, 0],
    ],
    explained: [0, 0],
  });
  const { points, explained } = principalPlane([0, 1, 2].map((x) => new Float32Array([x, 2 * x, -x])));
  expect(explained[0]).toBeCloseTo(1, 9);
  expect(explained[1]).toBe(0);
  for (const [, y] of points) expect(Math.abs(y)).toBe(0);
});
