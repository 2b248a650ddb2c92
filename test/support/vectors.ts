import type { VectorSource } from '../../src/engine/index/vector-index.ts';
import { uniform } from '../../src/random.ts';
import { distanceBetween } from '../../src/score.ts';
import type { Metric } from '../../src/types.ts';

export const randomNumbers = uniform;

/** Vectors from a mixture of Gaussians, as embeddings are: `clusters` of them, each as wide as `spread` times the whole. */
export function vectorMaker(dimension: number, { seed = 1, clusters = 20, spread = 0.5 } = {}): () => Float32Array {
  const random = randomNumbers(seed);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const centres = Array.from({ length: clusters }, () => Float32Array.from({ length: dimension }, gauss));
  return () => centres[Math.floor(random() * clusters)]!.map((x) => x + spread * gauss());
}

/** Vectors by slot, as the engine keeps them. */
export class Vectors implements VectorSource {
  readonly dimension: number;
  readonly metric: Metric;
  readonly bySlot = new Map<number, Float32Array>();

  constructor(dimension: number, metric: Metric) {
    this.dimension = dimension;
    this.metric = metric;
  }

  at(slot: number): Float32Array {
    const vector = this.bySlot.get(slot);
    if (vector === undefined) throw new Error(`slot ${slot} has no vector`);
    return vector;
  }

  /** The true nearest slots. */
  nearest(query: Float32Array, k: number, allowed: (slot: number) => boolean = () => true): number[] {
    const scored = [...this.bySlot]
      .filter(([slot]) => allowed(slot))
      .map(([slot, vector]) => [slot, distanceBetween(this.metric, query, vector)] as const);
    return scored
      .sort((a, b) => a[1] - b[1])
      .slice(0, k)
      .map(([slot]) => slot);
  }
}
