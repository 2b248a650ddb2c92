import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { HierarchicalNSW } from 'hnswlib-node';
import { packageDir } from '../../scripts/lib/paths.mjs';
import type { VectorSet } from '../data/vector-set.ts';
import { asArrays, type Engine, type GraphOptions } from './engine.ts';
import { nativeHnswlib } from './hnswlib-native.ts';

interface Hnswlib {
  readonly HierarchicalNSW: typeof HierarchicalNSW;
}

/** As `npm install` builds it. */
export const hnswlibNode = (set: VectorSet, options: GraphOptions) =>
  open(packageDir('hnswlib-node'), 'as npm install builds it', set, options);

/** Built with CXXFLAGS="-O3 -march=native". */
export const hnswlibNodeNative = async (set: VectorSet, options: GraphOptions) =>
  open(await nativeHnswlib(), 'CXXFLAGS="-O3 -march=native"', set, options);

function open(directory: string, flags: string, set: VectorSet, { m, efConstruction }: GraphOptions): Engine {
  const { HierarchicalNSW }: Hnswlib = createRequire(join(directory, 'package.json'))(directory);
  const { metric, dimension, count } = set;
  const index = new HierarchicalNSW(metric === 'euclidean' ? 'l2' : 'cosine', dimension);
  const queries = asArrays(set.asked, dimension);
  return {
    settings: `hnswlib-node 3.0.0, ${flags}, M ${m}, efConstruction ${efConstruction}`,
    build() {
      index.initIndex(count, m, efConstruction);
      for (let i = 0; i < count; i++) {
        index.addPoint(Array.from(set.base.subarray(i * dimension, (i + 1) * dimension)), i);
      }
    },
    save: (file) => index.writeIndexSync(file),
    load: (file) => index.readIndexSync(file),
    setEffort: (effort) => index.setEf(effort),
    search: (query, k) => index.searchKnn(queries[query]!, k).neighbors,
    searchAmong: (query, k, { has }) => index.searchKnn(queries[query]!, k, (label) => has[label] === 1).neighbors,
  };
}
