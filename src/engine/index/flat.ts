import { resolveWith } from './resolve.ts';
import type { VectorIndex, VectorIndexProvider } from './vector-index.ts';

/** Exact search: proposes nothing, so that the engine compares with every vector. The reference for every other index. */
export const flatProvider: VectorIndexProvider = {
  types: ['flat'],
  resolve: (spec) => resolveWith(spec, 'flat', {}),
  create: ({ spec }): VectorIndex => ({
    spec,
    byteLength: 0,
    add() {},
    remove() {},
    search: () => undefined,
    serialize: () => undefined,
    dispose() {},
  }),
  load(_bytes, resolved, vectors) {
    return this.create(resolved, vectors);
  },
  usedParams: () => [],
};
