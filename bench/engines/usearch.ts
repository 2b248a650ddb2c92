import { createRequire } from 'node:module';
import { join } from 'node:path';
import { rowOf, type VectorSet } from '../data/vector-set.ts';
import { installedPackage } from '../lib/npm-package.ts';
import type { Engine, GraphOptions, Passing } from './engine.ts';

/** The part of usearch that is used. */
interface UsearchIndex {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(vectors: Float32Array, k: number, threads: number): { readonly keys: BigUint64Array };
  save(file: string): void;
  load(file: string): void;
}
interface Usearch {
  readonly Index: new (config: object) => UsearchIndex;
}

const threads = 1;

/** Where it is installed, once it is. */
export const usearchDirectory = () => installedPackage('usearch@2.25.3');

export const usearchF32 = (set: VectorSet, options: GraphOptions) => open(set, 'f32', options);
export const usearchI8 = (set: VectorSet, options: GraphOptions) => open(set, 'i8', options);

async function open(set: VectorSet, quantization: 'f32' | 'i8', { m, efConstruction }: GraphOptions): Promise<Engine> {
  const directory = await usearchDirectory();
  const { Index }: Usearch = createRequire(join(directory, 'package.json'))(directory);
  const { dimension, metric, count } = set;
  const make = (effort: number) =>
    new Index({
      dimensions: dimension,
      metric: metric === 'euclidean' ? 'l2sq' : 'cos',
      quantization,
      // Links on the lowest level are twice as many, as in hnswlib.
      connectivity: m,
      expansion_add: efConstruction,
      expansion_search: effort,
      multi: false,
    });
  let index = make(64);
  // expansion_search is the constructor's: one index for each, from the same file.
  let file: string | undefined;
  const search = (query: number, k: number): ArrayLike<number> =>
    Array.from(index.search(rowOf(set.asked, dimension, query), k, threads).keys, Number);
  return {
    settings: `usearch 2.25.3, ${quantization}, M ${m}, expansion_add ${efConstruction}, threads 1`,
    build() {
      const keys = BigUint64Array.from({ length: count }, (_, i) => BigInt(i));
      index.add(keys, set.base, threads);
    },
    save: (to) => index.save(to),
    load(from) {
      file = from;
      index.load(from);
    },
    setEffort(effort) {
      if (file === undefined) throw new TypeError('the index has to be loaded from a file');
      index = make(effort);
      index.load(file);
    },
    search,
    searchAmong: (query, k, passing) => overfetched(search, query, k, count, passing),
  };
}

/** There is no filter: as many are fetched as hold k that pass if these lie anywhere, and twice as many until they do. */
function overfetched(
  search: (query: number, k: number) => ArrayLike<number>,
  query: number,
  k: number,
  count: number,
  { rows, has }: Passing,
): number[] {
  for (let wanted = Math.ceil((k * count) / rows.length); ; wanted *= 2) {
    const found = Array.from(search(query, Math.min(wanted, count))).filter((row) => has[row] === 1);
    if (found.length >= k || wanted >= count) return found.slice(0, k);
  }
}
