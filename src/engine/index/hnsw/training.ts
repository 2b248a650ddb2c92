import { norm } from '../../../score.ts';
import type { VectorSource } from '../vector-index.ts';

/** Vectors that say where the centre is. */
const sampled = 512;
/** 8-bit codes keep so many whole numbers on either side of the centre. */
const wholeRange = { least: -128, most: 127 };

/**
 * What is subtracted from every vector before it is quantised: the mean, so that an offset common to all costs no digits; for small whole numbers
 * (pixels, counts) a whole number that lets 8-bit codes keep them exactly.
 */
export function centreOf(vectors: VectorSource, slots: readonly number[]): Float32Array {
  const { dimension, metric } = vectors;
  const step = Math.max(1, Math.floor(slots.length / sampled));
  const sums = new Float64Array(dimension);
  let [count, least, most, whole] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, metric !== 'cosine'];
  for (let i = 0; i < slots.length; i += step) {
    const vector = vectors.at(slots[i]!);
    const length = metric === 'cosine' ? norm(vector) || 1 : 1;
    count += 1;
    for (let j = 0; j < dimension; j++) {
      const x = vector[j]!;
      sums[j]! += x / length;
      least = Math.min(least, x);
      most = Math.max(most, x);
      whole &&= Number.isInteger(x);
    }
  }
  if (whole && most - least <= wholeRange.most - wholeRange.least)
    return new Float32Array(dimension).fill(least - wholeRange.least);
  return Float32Array.from(sums, (sum) => sum / Math.max(1, count));
}
