import type { Metric } from './types.ts';

/** A vector whose norm is below this has no direction that f32 could tell: refused under `cosine`, in records and in queries. */
export const minimumNorm = 1e-10;

/** The Euclidean norm, in f64. */
export function norm(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}

/** The inner product, in f64, of `a` with as many numbers of `b` from `at` on. */
export function dot(a: Float32Array, b: Float32Array, at = 0): number {
  // Four sums side by side: each addition would otherwise wait for the one before.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    s0 += a[i]! * b[at + i]!;
    s1 += a[i + 1]! * b[at + i + 1]!;
    s2 += a[i + 2]! * b[at + i + 2]!;
    s3 += a[i + 3]! * b[at + i + 3]!;
  }
  for (let i = whole; i < a.length; i++) s0 += a[i]! * b[at + i]!;
  return s0 + s1 + (s2 + s3);
}

/** Cosine similarity from an inner product and the two norms, clamped to [−1, 1] (rounding may pass it by a few ulp). */
export function cosineOf(product: number, normA: number, normB: number): number {
  return Math.max(-1, Math.min(1, product / (normA * normB)));
}

/** The Euclidean distance, in f64, of `a` and as many numbers of `b` from `at` on. */
export function euclidean(a: Float32Array, b: Float32Array, at = 0): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const d0 = a[i]! - b[at + i]!;
    const d1 = a[i + 1]! - b[at + i + 1]!;
    const d2 = a[i + 2]! - b[at + i + 2]!;
    const d3 = a[i + 3]! - b[at + i + 3]!;
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (let i = whole; i < a.length; i++) {
    const difference = a[i]! - b[at + i]!;
    s0 += difference * difference;
  }
  return Math.sqrt(s0 + s1 + (s2 + s3));
}

/**
 * **The meaning of `distance`** (lower is better) between a query and a stored vector:
 * 1 − cos, −dot, or true L2. Every backend's distances agree with it within 1e-5 · max(1, |x|).
 */
export function distanceBetween(metric: Metric, query: Float32Array, vector: Float32Array): number {
  switch (metric) {
    case 'cosine':
      return 1 - cosineOf(dot(query, vector), norm(query), norm(vector));
    case 'dot':
      return 0 - dot(query, vector);
    case 'euclidean':
      return euclidean(query, vector);
  }
}

/** Score (higher is better: cos, dot, −L2) of a distance. The only place where one becomes the other. */
export function scoreOf(metric: Metric, distance: number): number {
  return metric === 'cosine' ? 1 - distance : 0 - distance;
}

/** Distance of a score. */
export function distanceOf(metric: Metric, score: number): number {
  return metric === 'cosine' ? 1 - score : 0 - score;
}

/** Order of results: by distance, exact ties by id in code units. */
export function compareMatches(a: { distance: number; id: string }, b: { distance: number; id: string }): number {
  return a.distance - b.distance || compareIds(a.id, b.id);
}

/** Order of ids: by UTF-16 code units. */
export function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
