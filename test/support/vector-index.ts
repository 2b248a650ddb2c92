import type { SlotSet, VectorIndex, VectorIndexProvider } from '../../src/engine/index/vector-index.ts';
import type { IndexSpec, Metric, SearchParams } from '../../src/types.ts';
import { Vectors, vectorMaker } from './vectors.ts';

/** An index and the vectors it is over, changed together as the engine does. */
export class IndexedVectors {
  readonly vectors: Vectors;
  readonly index: VectorIndex;

  constructor(vectors: Vectors, index: VectorIndex) {
    this.vectors = vectors;
    this.index = index;
  }

  static create(provider: VectorIndexProvider, spec: IndexSpec, dimension: number, metric: Metric): IndexedVectors {
    const vectors = new Vectors(dimension, metric);
    return new IndexedVectors(vectors, provider.create(provider.resolve(spec, dimension, metric), vectors));
  }

  /** Saved and loaded again; itself where there is nothing to save. */
  reopened(provider: VectorIndexProvider): IndexedVectors {
    const { index, vectors } = this;
    const bytes = index.serialize();
    if (bytes === undefined) return this;
    index.dispose();
    return new IndexedVectors(
      vectors,
      provider.load(bytes, provider.resolve(index.spec, vectors.dimension, vectors.metric), vectors),
    );
  }

  put(entries: readonly (readonly [slot: number, vector: Float32Array])[]): void {
    for (const [slot, vector] of entries) this.vectors.bySlot.set(slot, vector);
    this.index.add(entries.map(([slot]) => slot));
    this.settle();
  }

  /** Puts vectors at slots 0, 1, 2 … in batches. */
  fill(count: number, make: () => Float32Array, batch = 500): void {
    for (let from = 0; from < count; from += batch) {
      this.put(Array.from({ length: Math.min(batch, count - from) }, (_, i) => [from + i, make()] as const));
    }
  }

  remove(slots: readonly number[]): void {
    for (const slot of slots) this.vectors.bySlot.delete(slot);
    this.index.remove(slots);
    this.settle();
  }

  /** Whatever was put off is done. */
  settle(): void {
    this.index.settle?.(Number.POSITIVE_INFINITY);
  }

  /** What the index proposes; where it proposes nothing, or too few, what the engine finds by comparing with each. */
  search(
    query: Float32Array,
    k: number,
    options: { params?: SearchParams; allowed?: (slot: number) => boolean } = {},
  ): Proposal {
    const { params = {}, allowed } = options;
    const slots = [...this.vectors.bySlot.keys()];
    const allowedCount = allowed === undefined ? slots.length : slots.filter(allowed).length;
    const proposed = this.index.search(query, k, {
      params,
      allowed: allowed && slotSet(slots, allowed),
      allowedCount,
    })?.slots;
    const asEngine = proposed === undefined || proposed.length < Math.min(k, allowedCount);
    return { slots: asEngine ? this.vectors.nearest(query, k, allowed) : proposed, proposed };
  }

  /** The share of the true `k` nearest that the index proposes by itself, and how many queries it left to the engine. */
  recall(
    queries: readonly Float32Array[],
    k: number,
    options: { params?: SearchParams; allowed?: (slot: number) => boolean } = {},
  ): { recall: number; left: number } {
    let hits = 0;
    let expected = 0;
    let left = 0;
    for (const query of queries) {
      const { slots, proposed } = this.search(query, k, options);
      if (slots !== proposed) left += 1;
      const found = new Set(slots);
      const truth = this.vectors.nearest(query, k, options.allowed);
      hits += truth.filter((slot) => found.has(slot)).length;
      expected += truth.length;
    }
    return { recall: expected === 0 ? 1 : hits / expected, left };
  }
}

interface Proposal {
  readonly slots: readonly number[];
  readonly proposed: readonly number[] | undefined;
}

/** Queries of the same kind as the vectors, but none of them. */
export function queriesLike(dimension: number, count = 25, seed = 1): Float32Array[] {
  const make = vectorMaker(dimension, { seed });
  // The centres come from the seed; what follows the vectors of any test is new.
  for (let skipped = 0; skipped < 20_000; skipped++) make();
  return Array.from({ length: count }, make);
}

/** Those of the slots that pass, as an index is given them. */
export function slotSet(slots: readonly number[], has: (slot: number) => boolean): SlotSet {
  return {
    has,
    forEach(visit) {
      for (const slot of slots) if (has(slot)) visit(slot);
    },
  };
}
