import { invalid } from '../../../errors.ts';
import { norm } from '../../../score.ts';
import type { Metric } from '../../../types.ts';

/** Distances that native indexes know. */
export type NativeMetric = 'l2' | 'ip';

/**
 * The native distance that ranks as a metric does. Cosine becomes L2 between unit vectors: the same order as the inner product, but
 * differences of near neighbours keep their digits in f32, where inner products all round to 1.
 */
export function nativeMetric(metric: Metric): NativeMetric {
  return metric === 'dot' ? 'ip' : 'l2';
}

/**
 * Writes a vector, as a native index wants it, into an array of numbers: of unit length under cosine. The norm is taken in f64, because a
 * norm rounded to f32 would move every vector by a different amount.
 *
 * @param at Where in the array.
 */
export function writeNative(vector: Float32Array, metric: Metric, target: number[], at: number): void {
  const scale = metric === 'cosine' ? 1 / norm(vector) : 1;
  for (let i = 0; i < vector.length; i++) target[at + i] = vector[i]! * scale;
}

/** Far beyond what anybody stores; keeps sizes computed from it inside the integers of the native code. */
const maximumDimension = 65_536;

/** @throws `InvalidArgument` for what native code could not survive. */
export function requireDimension(dimension: number): void {
  if (Number.isInteger(dimension) && dimension >= 1 && dimension <= maximumDimension) return;
  throw invalid('dimension', `an integer from 1 to ${maximumDimension} is needed`);
}
