import { loadAddon } from '../../src/engine/index/addon/load-addon.ts';

/** What is used of an index of faiss-node. Vectors are arrays of numbers, one after another. Wrong calls end the process. */
export interface NativeIndex {
  ntotal(): number;
  getDimension(): number;
  isTrained(): boolean;
  /** At least as many vectors as the index needs, all finite. */
  train(vectors: number[]): void;
  /** Only when trained. */
  add(vectors: number[]): void;
  /** `k` from 1 to `ntotal`. What is not found is labelled −1. */
  search(query: number[], k: number): { readonly labels: readonly number[] };
  /** The path must be writable, and the disk have room. */
  write(path: string): void;
}

/** The module faiss-node. */
export interface FaissModule {
  readonly Index: {
    /** `factory` must be known to work. Metric: 0 inner product, 1 squared L2. */
    fromFactory(dimension: number, factory: string, metric: number): NativeIndex;
    read(path: string): NativeIndex;
  };
}

const methods = ['ntotal', 'getDimension', 'isTrained', 'train', 'add', 'search', 'write'];

/**
 * Loads faiss-node.
 *
 * @throws `Unavailable` with the commands to type where it is not installed or does not load.
 */
export function loadFaiss(): Promise<FaissModule> {
  return loadAddon('faiss-node@0.5.1', () => import('faiss-node'), isFaiss);
}

function isFaiss(module: unknown): module is FaissModule {
  if (typeof module !== 'object' || module === null || !('Index' in module)) return false;
  const { Index } = module;
  if (typeof Index !== 'function' || !('fromFactory' in Index) || !('read' in Index)) return false;
  return methods.every((method) => method in Index.prototype);
}
