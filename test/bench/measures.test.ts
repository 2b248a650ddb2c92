import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Nearness } from '../../bench/data/exact.ts';
import { recallOf } from '../../bench/data/truth.ts';
import type { VectorSet } from '../../bench/data/vector-set.ts';
import { uniforms } from '../../bench/lib/random.ts';
import { paretoFront, qpsAtRecall } from '../../bench/report/at-recall.ts';
import type { Curve } from '../../bench/suites/results.ts';
import { distanceBetween } from '../../src/score.ts';

function randomSet(metric: VectorSet['metric'], count: number, queries: number, dimension: number): VectorSet {
  const random = uniforms(count + dimension);
  const rows = (n: number) => Float32Array.from({ length: n * dimension }, () => random() - 0.5);
  const [base, asked] = [rows(count), rows(queries)];
  return { name: 'random', metric, dimension, count, queries, available: count, hash: '', directory: '', base, asked };
}

function curve(points: readonly (readonly [recall: number, qps: number])[]): Curve {
  const point = ([recall, qps]: readonly [number, number], effort: number) => {
    const searched = { queries: 100, wallMs: 100_000 / qps, cpuMs: 1, recall, p50: 1, p95: 1, p99: 1 };
    return { effort, repetitions: [searched] };
  };
  return { engine: 'anyvec', settings: '', points: points.map(point) };
}

describe('the truth', () => {
  test.each(['euclidean', 'cosine'] as const)('is that of sorting all distances (%s)', (metric) => {
    const set = randomSet(metric, 300, 13, 21);
    const nearness = new Nearness(set);
    const row = (matrix: Float32Array, i: number) => matrix.subarray(i * 21, (i + 1) * 21);
    const passing = Uint32Array.from({ length: 100 }, (_, i) => 3 * i);
    for (const rows of [undefined, passing]) {
      const kth = nearness.ofKth(
        Array.from({ length: 13 }, (_, query) => query),
        10,
        rows,
      );
      for (let query = 0; query < 13; query++) {
        const sorted = Array.from(rows ?? new Uint32Array(300).map((_, i) => i))
          .map((i) => ({ i, distance: distanceBetween(metric, row(set.asked, query), row(set.base, i)) }))
          .sort((a, b) => a.distance - b.distance);
        const nearest = sorted.slice(0, 10).map(({ i }) => i);
        expect(recallOf(nearness, query, kth[query]!, nearest)).toBe(1);
        expect(recallOf(nearness, query, kth[query]!, [...nearest.slice(1), sorted[10]!.i])).toBeCloseTo(0.9, 10);
        // What is found twice counts once.
        expect(recallOf(nearness, query, kth[query]!, Array(10).fill(nearest[0]))).toBeCloseTo(0.1, 10);
      }
    }
  });
});

describe('speed at a recall', () => {
  test('lies on the line between the two points around it, in the logarithm of the speed', () => {
    const found = qpsAtRecall(
      curve([
        [0.9, 1_000],
        [1, 10],
      ]),
      0.95,
    )!;
    expect(found.qps).toBeCloseTo(100, 6);
    expect(found.isLeast).toBe(false);
  });

  test('is that of the narrowest search where this finds more, and says so', () => {
    expect(
      qpsAtRecall(
        curve([
          [0.97, 500],
          [0.99, 100],
        ]),
        0.95,
      ),
    ).toMatchObject({ isLeast: true });
  });

  test('is none where the recall is not reached', () => {
    expect(
      qpsAtRecall(
        curve([
          [0.5, 500],
          [0.94, 100],
        ]),
        0.95,
      ),
    ).toBeUndefined();
  });

  test('the front holds no point that another beats in both', () => {
    const point = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 1, max: 1e5, noNaN: true }));
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), (points) => {
        const { points: measured } = curve(points);
        const front = paretoFront(measured);
        for (const [i, one] of front.entries()) {
          for (const other of front.slice(i + 1)) {
            expect(other.recall).toBeGreaterThan(one.recall);
            expect(other.qps).toBeLessThan(one.qps);
          }
        }
        expect(front.at(-1)!.recall).toBe(Math.max(...points.map(([recall]) => recall)));
      }),
    );
  });
});
