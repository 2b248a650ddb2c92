import type { Metric } from '../types.ts';

/**
 * Bytes of an original vector as kernels and files have it: its components (f32) and, under cosine, its norm (f64), both little-endian.
 */
export function rowBytes(dimension: number, metric: Metric): number {
  return 4 * dimension + (metric === 'cosine' ? 8 : 0);
}
