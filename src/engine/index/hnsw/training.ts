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
  const chosen = slots.filter((_, i) => i % step === 0);
  const least = metric === 'cosine' ? undefined : leastOfWhole(vectors, chosen);
  if (least !== undefined) return new Float32Array(dimension).fill(least - wholeRange.least);
  const sums = new Float64Array(dimension);
  for (const slot of chosen) {
    const vector = vectors.at(slot);
    const scale = metric === 'cosine' ? 1 / (norm(vector) || 1) : 1;
    for (let j = 0; j < dimension; j++) sums[j]! += vector[j]! * scale;
  }
  return Float32Array.from(sums, (sum) => sum / Math.max(1, chosen.length));
}

/** The least component where all are whole numbers that 8-bit codes can keep. */
function leastOfWhole(vectors: VectorSource, slots: readonly number[]): number | undefined {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const slot of slots) {
    for (const x of vectors.at(slot)) {
      if (!Number.isInteger(x)) return undefined;
      least = Math.min(least, x);
      most = Math.max(most, x);
    }
    if (most - least > wholeRange.most - wholeRange.least) return undefined;
  }
  return Number.isFinite(least) ? least : undefined;
}
