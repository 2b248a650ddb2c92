import { invalid, type VectorStoreError } from '../errors.ts';
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
  if (vector.length !== dimension) throw otherDimension(vector.length, dimension, place);
  const copy = vector instanceof Float32Array ? new Float32Array(vector) : copyOfNumbers(vector, place);
  // Whoever lies about its length has not been believed.
  if (copy.length !== dimension) throw otherDimension(copy.length, dimension, place);
  const length = norm(copy);
  // A norm within the bound takes components within it.
  if (!(length <= maximumComponent)) for (const [i, x] of copy.entries()) checkComponent(x, place, i);
  if (metric === 'cosine' && length < minimumNorm)
    throw invalid(place, 'a vector of norm below 1e-10 has no direction, which cosine needs');
  return copy;
}

function copyOfNumbers(numbers: readonly unknown[], place: string): Float32Array {
  const copy = new Float32Array(numbers.length);
  for (let i = 0; i < copy.length; i++) copy[i] = checkComponent(numbers[i], place, i);
  return copy;
}

function checkComponent(x: unknown, place: string, i: number): number {
  if (typeof x === 'number' && Math.abs(x) <= maximumComponent) return x;
  throw invalid(`${place}[${i}]`, `${shown(x)} is not a finite number within ±1e17`);
}

function otherDimension(length: number, dimension: number, place: string): VectorStoreError {
  return invalid(place, `the collection's dimension is ${dimension}, the vector has ${length} numbers`);
}
