import { norm } from '../../../score.ts';
import type { IndexDrift } from '../../../types.ts';
import type { VectorSource } from '../vector-index.ts';

/** Vectors that say how far from the centre vectors were when codes were trained. */
const sampled = 256;
/** What is added lately counts for about so many vectors; as many must have come before anything is said. */
const memory = 512;
/**
 * Where what comes in lies so many times further from the centre (in squared distance, with which the error of codes grows) than what codes were trained
 * on, they are trained anew.
 */
export const mostDrift = 3;

/** Whether what is added has become other than what codes were trained on: a running mean, at the cost of one distance a vector. */
export class Drift {
  readonly #vectors: VectorSource;
  readonly #centre: Float32Array;
  /** Mean squared distance from the centre, in training. */
  readonly spread: number;
  #recent = 0;
  #seen = 0;

  /** @param trained Slots that the centre was made of, or the spread that was saved. */
  constructor(vectors: VectorSource, centre: Float32Array, trained: readonly number[] | number) {
    this.#vectors = vectors;
    this.#centre = centre;
    this.spread = typeof trained === 'number' ? trained : this.#mean(trained);
  }

  observe(slot: number): void {
    this.#seen += 1;
    this.#recent += (this.#distance(slot) - this.#recent) / Math.min(this.#seen, memory);
  }

  /** Undefined until enough was added. */
  get figures(): IndexDrift | undefined {
    if (this.#seen < memory || !(this.spread > 0)) return undefined;
    return { trained: this.spread, recent: this.#recent, vectors: memory };
  }

  /** Whether codes should be trained anew. */
  get isDue(): boolean {
    return this.#seen >= memory && this.#recent > mostDrift * this.spread && this.spread > 0;
  }

  #mean(slots: readonly number[]): number {
    const step = Math.max(1, Math.floor(slots.length / sampled));
    let [sum, count] = [0, 0];
    for (let i = 0; i < slots.length; i += step) {
      sum += this.#distance(slots[i]!);
      count += 1;
    }
    return sum / Math.max(1, count);
  }

  /** Squared, from the centre, as rows are before they are quantised. */
  #distance(slot: number): number {
    const vector = this.#vectors.at(slot);
    const scale = this.#vectors.metric === 'cosine' ? 1 / (norm(vector) || 1) : 1;
    let sum = 0;
    for (let j = 0; j < vector.length; j++) {
      const difference = vector[j]! * scale - this.#centre[j]!;
      sum += difference * difference;
    }
    return sum;
  }
}
