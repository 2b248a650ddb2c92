import type { VectorIndex, VectorIndexProvider, VectorSource } from '../../src/engine/index/vector-index.ts';
import { distanceBetween } from '../../src/score.ts';
import type { IndexSpec } from '../../src/types.ts';

/**
 * An index type `witness` that answers exactly, from copies of its own, which it saves and loads. Served for another state than the one it
 * was saved for, it gives answers that differ from the exact ones.
 */
export const witnessProvider: VectorIndexProvider = {
  types: ['witness'],
  resolve: (spec) => ({ spec: { type: 'witness', ...(spec.ef !== undefined && { ef: spec.ef }) }, ignoredHints: [] }),
  create: ({ spec }, vectors) => witness(spec, vectors, new Map()),
  load: (bytes, { spec }, vectors) => {
    const saved: [number, number[]][] = JSON.parse(new TextDecoder().decode(bytes));
    return witness(spec, vectors, new Map(saved.map(([slot, numbers]) => [slot, Float32Array.from(numbers)])));
  },
  usedParams: () => [],
};

function witness(spec: IndexSpec, vectors: VectorSource, copies: Map<number, Float32Array>): VectorIndex {
  return {
    spec,
    add(slots) {
      for (const slot of slots) copies.set(slot, vectors.at(slot).slice());
    },
    remove(slots) {
      for (const slot of slots) copies.delete(slot);
    },
    search(query, k, { allowed }) {
      const slots = [...copies]
        .filter(([slot]) => allowed?.has(slot) ?? true)
        .map(([slot, copy]) => ({ slot, distance: distanceBetween(vectors.metric, query, copy) }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, k)
        .map(({ slot }) => slot);
      return { slots };
    },
    get byteLength() {
      return 4 * vectors.dimension * copies.size;
    },
    serialize: () => new TextEncoder().encode(JSON.stringify([...copies].map(([slot, copy]) => [slot, [...copy]]))),
    dispose() {},
  };
}
