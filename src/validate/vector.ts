import { invalid } from '../errors.ts';
import { minimumNorm, norm } from '../score.ts';
import type { Metric } from '../types.ts';
import { shown } from './text.ts';

/** Bound on |x|: so that no product of two portable vectors overflows f32. */
const maximumComponent = 1e17;

/**
 * An own f32 copy of a vector.
 *
 * @throws `InvalidArgument`: not a `Float32Array` or array of numbers, not exactly `dimension` long, a component that is not finite or
 *   beyond ±1e17, a norm below 1e-10 under `cosine`.
 */
export function validateVector(vector: unknown, dimension: number, metric: Metric, place: string): Float32Array {
  if (!(vector instanceof Float32Array) && !Array.isArray(vector)) {
    throw invalid(place, `a vector is a Float32Array or an array of numbers, not ${shown(vector)}`);
  }
  if (vector.length !== dimension)
    throw invalid(place, `the collection's dimension is ${dimension}, the vector has ${vector.length} numbers`);
  const copy = new Float32Array(dimension);
  for (let i = 0; i < dimension; i++) {
    const x: unknown = vector[i];
    if (typeof x !== 'number' || !(Math.abs(x) <= maximumComponent)) {
      throw invalid(`${place}[${i}]`, `${shown(x)} is not a finite number within ±1e17`);
    }
    copy[i] = x;
  }
  if (metric === 'cosine' && norm(copy) < minimumNorm)
    throw invalid(place, 'a vector of norm below 1e-10 has no direction, which cosine needs');
  return copy;
}
