import type { Metric } from '../../src/types.ts';

/** What a query and a stored vector make: both numbers, in f64. */
export interface Scored {
  /** Higher is better. */
  readonly score: number;
  /** Lower is better. */
  readonly distance: number;
}

/** Cosine similarity, inner product or −L2, of two vectors as they are stored: in f32. */
export function scoreBetween(metric: Metric, query: ArrayLike<number>, stored: ArrayLike<number>): Scored {
  const a = Array.from(query, Math.fround);
  const b = Array.from(stored, Math.fround);
  if (metric === 'euclidean') {
    const distance = Math.hypot(...a.map((x, i) => x - b[i]!));
    return { score: -distance, distance };
  }
  const product = a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  if (metric === 'dot') return { score: product, distance: -product };
  const cosine = product / Math.hypot(...a) / Math.hypot(...b);
  const score = Math.min(1, Math.max(-1, cosine));
  return { score, distance: 1 - score };
}

/** How far two numbers that mean the same score may be apart. */
export function tolerance(score: number): number {
  return 1e-5 * Math.max(1, Math.abs(score));
}
