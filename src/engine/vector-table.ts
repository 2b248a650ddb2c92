import { cosineOf, dot, euclidean, norm } from '../score.ts';
import type { Metric } from '../types.ts';
import type { VectorSource } from './index/vector-index.ts';

/** Small enough that a namespace of a few records costs little. */
const chunkBytes = 2 ** 16;

/** The original vectors of a partition by slot, in chunks, so that growing copies nothing. */
export class VectorTable implements VectorSource {
  readonly dimension: number;
  readonly metric: Metric;
  readonly #rows: number;
  readonly #chunks: Float32Array[] = [];
  /** Norms by slot, for cosine. */
  #norms = new Float64Array(0);

  constructor(dimension: number, metric: Metric) {
    this.dimension = dimension;
    this.metric = metric;
    this.#rows = Math.max(1, Math.floor(chunkBytes / (4 * dimension)));
  }

  at(slot: number): Float32Array {
    const start = (slot % this.#rows) * this.dimension;
    return this.#chunk(slot).subarray(start, start + this.dimension);
  }

  set(slot: number, vector: Float32Array): void {
    while (this.#chunks.length * this.#rows <= slot) this.#chunks.push(new Float32Array(this.#rows * this.dimension));
    this.at(slot).set(vector);
    if (this.metric !== 'cosine') return;
    if (slot >= this.#norms.length) {
      const grown = new Float64Array(Math.max(64, 2 * slot));
      grown.set(this.#norms);
      this.#norms = grown;
    }
    this.#norms[slot] = norm(vector);
  }

  /** The distance to a query, to the bit as `distanceBetween` gives it. `queryNorm` is used under cosine only. */
  distance(slot: number, query: Float32Array, queryNorm: number): number {
    const chunk = this.#chunk(slot);
    const at = (slot % this.#rows) * this.dimension;
    switch (this.metric) {
      case 'cosine':
        return 1 - cosineOf(dot(query, chunk, at), queryNorm, this.#norms[slot]!);
      case 'dot':
        return 0 - dot(query, chunk, at);
      case 'euclidean':
        return euclidean(query, chunk, at);
    }
  }

  get byteLength(): number {
    return this.#chunks.length * this.#rows * this.dimension * 4 + this.#norms.byteLength;
  }

  #chunk(slot: number): Float32Array {
    return this.#chunks[Math.floor(slot / this.#rows)]!;
  }
}
