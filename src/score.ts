import type { Metric } from './types.ts';

/** A vector whose norm is below this has no direction that f32 could tell: refused under `cosine`, in records and in queries. */
export const minimumNorm = 1e-10;

/** The Euclidean norm, in f64. */
export function norm(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}

/** The inner product, in f64, of `a` with as many numbers of `b` from `at` on. */
export function dot(a: Float32Array, b: Float32Array, at = 0): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[at + i]!;
  return sum;
}

/** Cosine similarity from an inner product and the two norms, clamped to [−1, 1] (rounding may pass it by a few ulp). */
export function cosineOf(product: number, normA: number, normB: number): number {
  return Math.max(-1, Math.min(1, product / (normA * normB)));
}

/** The Euclidean distance, in f64, of `a` and as many numbers of `b` from `at` on. */
export function euclidean(a: Float32Array, b: Float32Array, at = 0): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[at + i]!;
    sum += difference * difference;
  }
  return Math.sqrt(sum);
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
