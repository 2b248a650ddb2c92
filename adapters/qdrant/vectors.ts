import { norm } from '../../src/score.ts';
import type { Metric } from '../../src/types.ts';

/** A vector as it is stored. */
export interface StoredVector {
  readonly vector: Float32Array;
  /** Its own length, where it was scaled to length 1; undefined where it is stored as it is. */
  readonly norm: number | undefined;
}

/**
 * Scaled to length 1 under cosine: the server does that too, but not with tiny or huge vectors. One that has length 1 already stays bit by
 * bit, as it does on the server.
 */
export function toStored(vector: Float32Array, metric: Metric): StoredVector {
  if (metric !== 'cosine') return { vector, norm: undefined };
  const length = norm(vector);
  if (Math.abs(length * length - 1) <= 5e-7) return { vector, norm: undefined };
  return { vector: vector.map((component) => component / length), norm: length };
}

/** The vector of a record, from the stored one and the length that was kept beside it. */
export function fromStored(stored: readonly number[], length = 1): Float32Array {
  return length === 1 ? Float32Array.from(stored) : Float32Array.from(stored, (component) => component * length);
}

/** `distance` of the portable contract from the server's score, by metric. */
export function distanceOfScore(metric: Metric, score: number): number {
  switch (metric) {
    case 'cosine':
      return 1 - Math.max(-1, Math.min(1, score));
    case 'dot':
      return 0 - score;
    case 'euclidean':
      return score;
  }
}
