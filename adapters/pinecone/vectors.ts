import { norm } from '../../src/score.ts';
import type { Metric } from '../../src/types.ts';

/** The service refuses dense vectors without any component of at least this size. */
const smallest = 1e-8;
/** What stands for a vector of zeros: small enough to change no score that f32 could tell. */
const almostZero = 2 ** -26;
/** Below this a vector is scaled up where only its direction counts. */
const scaledBelow = 2 ** -20;

/** A vector as it is sent. */
export interface WireVector {
  readonly values: Float32Array;
  /** What must be noted beside it to read it back with the same bits: the power of two it was scaled by, or that it was all zeros. */
  readonly note?: number | 'zero';
  /** What a score of `values` must be multiplied with to be one of the vector. */
  readonly scoreFactor: number;
}

/** A vector that the service takes, or why there is none. */
export function toWire(vector: Float32Array, metric: Metric): WireVector | string {
  const largest = largestOf(vector);
  if (metric === 'cosine' && largest < scaledBelow) return scaledUp(vector, largest);
  if (largest >= smallest) return { values: vector, scoreFactor: 1 };
  if (norm(vector) > 0) return `no component is ${smallest} or larger, which this backend refuses`;
  return { values: unit(vector.length, almostZero), note: 'zero', scoreFactor: 1 };
}

/** A query vector that the service takes and whose scores can be turned into those of the vector. */
export function queryToWire(query: Float32Array, metric: Metric): WireVector {
  const largest = largestOf(query);
  if (largest >= scaledBelow) return { values: query, scoreFactor: 1 };
  if (largest === 0) return { values: unit(query.length, metric === 'dot' ? 1 : almostZero), scoreFactor: 0 };
  if (metric === 'euclidean')
    return { values: largest >= smallest ? query : unit(query.length, almostZero), scoreFactor: 1 };
  return scaledUp(query, largest);
}

/** The vector as it was given, from what was sent. */
export function fromWire(values: readonly number[], note: unknown): Float32Array {
  if (note === 'zero') return new Float32Array(values.length);
  const factor = typeof note === 'number' ? 2 ** -note : 1;
  const vector = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) vector[i] = values[i]! * factor;
  return vector;
}

/** By a power of two, so that nothing is rounded. */
function scaledUp(vector: Float32Array, largest: number): WireVector {
  const exponent = -Math.floor(Math.log2(largest));
  return { values: vector.map((x) => x * 2 ** exponent), note: exponent, scoreFactor: 2 ** -exponent };
}

function unit(length: number, size: number): Float32Array {
  const vector = new Float32Array(length);
  vector[0] = size;
  return vector;
}

function largestOf(vector: Float32Array): number {
  let largest = 0;
  for (const x of vector) largest = Math.max(largest, Math.abs(x));
  return largest;
}
