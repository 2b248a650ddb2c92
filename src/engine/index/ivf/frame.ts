import { norm } from '../../../score.ts';
import type { Metric } from '../../../types.ts';

/** Lengths, in a frame, whose squares and their differences keep their digits in f32. */
const mostOrdinary = 1e15;

/**
 * Where the lists see vectors from: from their mean, with their usual distance from it as the unit, and under cosine from the sphere. No order of
 * distances changes by that, but f32 and codes keep digits that a common offset would take from them.
 */
export class Frame {
  readonly metric: Metric;
  readonly mean: Float64Array;
  readonly unit: number;

  constructor(metric: Metric, mean: Float64Array, unit: number) {
    this.metric = metric;
    this.mean = mean;
    this.unit = unit;
  }

  /** Writes a vector as the lists know it. False: it is too long for them, and what is written is the mean. */
  write(vector: Float32Array, target: Float32Array): boolean {
    const { mean } = this;
    const scale = this.metric === 'cosine' ? 1 / norm(vector) : 1;
    const perUnit = 1 / this.unit;
    let square = 0;
    for (let i = 0; i < vector.length; i++) {
      const x = (vector[i]! * scale - mean[i]!) * perUnit;
      square += x * x;
      target[i] = x;
    }
    if (square <= mostOrdinary * mostOrdinary) return true;
    target.fill(0, 0, vector.length);
    return false;
  }

  /** The same for a query. Under dot its length plays no part, nor does the mean. False: the lists have no answer to it. */
  writeQuery(query: Float32Array, target: Float32Array): boolean {
    if (this.metric !== 'dot') return this.write(query, target);
    const length = norm(query);
    if (!(length > 0)) return false;
    for (let i = 0; i < query.length; i++) target[i] = query[i]! / length;
    return true;
  }
}
