import { writeNative } from '../../src/engine/index/addon/native-vectors.ts';
import type { VectorSource } from '../../src/engine/index/vector-index.ts';
import { sampleOf, uniform } from '../../src/random.ts';
import { type Factory, maximumTrainingNumbers } from './factory.ts';

/** Vectors that ranges, rotations and small tables are learnt from, where there are as many. */
const usualPoints = 4_096;

/** Vectors from which on an index is trained: as many as it is advised, if so many can be passed. */
export function trainingThreshold({ training }: Factory, dimension: number): number {
  return Math.min(training.advised, Math.floor(maximumTrainingNumbers / dimension));
}

/** Vectors that training gets at most. */
export function samplePoints(factory: Factory, dimension: number): number {
  // More than the library asks for would make it slower, hardly better.
  const wanted = Math.max(usualPoints, factory.training.advised);
  return Math.min(wanted, Math.floor(maximumTrainingNumbers / dimension));
}

/** The vectors of a sample of the slots, one after another: the same ones for the same slots. */
export function trainingVectors(slots: readonly number[], points: number, vectors: VectorSource): number[] {
  // Neighbours in time are often alike, so neither the first vectors nor every n-th will do.
  const chosen = sampleOf(Uint32Array.from(slots).sort(), points, uniform(0x5eed));
  const numbers = new Array<number>(chosen.length * vectors.dimension).fill(0);
  for (const [i, slot] of chosen.entries())
    writeNative(vectors.at(slot), vectors.metric, numbers, i * vectors.dimension);
  return numbers;
}
