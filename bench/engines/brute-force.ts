import { rowOf, type VectorSet } from '../data/vector-set.ts';
import type { Engine, Passing } from './engine.ts';

/** What an application can do by itself with a filter: compare with every row that passes, in JavaScript. */
export function bruteForce(set: VectorSet): Engine {
  const { base, asked, dimension, metric } = set;
  return {
    settings: 'JavaScript, f32 rows, four sums side by side',
    build() {},
    save() {},
    load() {},
    setEffort() {},
    search: () => [],
    searchAmong(query: number, k: number, { rows }: Passing) {
      const vector = rowOf(asked, dimension, query);
      const least = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
      const best = new Uint32Array(k);
      for (const row of rows) {
        // Under cosine the vectors have length 1.
        const distance = (metric === 'euclidean' ? squared : negativeProduct)(vector, base, row * dimension);
        if (distance >= least[k - 1]!) continue;
        let at = k - 1;
        for (; at > 0 && least[at - 1]! > distance; at--) {
          least[at] = least[at - 1]!;
          best[at] = best[at - 1]!;
        }
        least[at] = distance;
        best[at] = row;
      }
      return best.subarray(0, Math.min(k, rows.length));
    },
  };
}

function squared(a: Float32Array, b: Float32Array, at: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i += 4) {
    const [d0, d1] = [a[i]! - b[at + i]!, a[i + 1]! - b[at + i + 1]!];
    const [d2, d3] = [a[i + 2]! - b[at + i + 2]!, a[i + 3]! - b[at + i + 3]!];
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  return s0 + s1 + s2 + s3;
}

function negativeProduct(a: Float32Array, b: Float32Array, at: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i += 4) {
    s0 += a[i]! * b[at + i]!;
    s1 += a[i + 1]! * b[at + i + 1]!;
    s2 += a[i + 2]! * b[at + i + 2]!;
    s3 += a[i + 3]! * b[at + i + 3]!;
  }
  return -(s0 + s1 + s2 + s3);
}
