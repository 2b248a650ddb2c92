import { loadAddon } from '../../src/engine/index/addon/load-addon.ts';

/** What is used of an index of hnswlib-node. Vectors are arrays of numbers: anything else in them ends the process. */
export interface HnswlibGraph {
  initIndex(maxElements: number, m: number, efConstruction: number, randomSeed: number): void;
  resizeIndex(maxElements: number): void;
  addPoint(vector: number[], label: number): void;
  /** `filter` must not throw: an exception in it ends the process. */
  searchKnn(query: number[], k: number, filter?: (label: number) => boolean): { readonly neighbors: number[] };
  setEf(ef: number): void;
  getCurrentCount(): number;
  getMaxElements(): number;
  writeIndexSync(path: string): void;
  readIndexSync(path: string): void;
}

/** The module hnswlib-node. */
export interface HnswlibModule {
  readonly HierarchicalNSW: new (space: 'l2' | 'ip', dimension: number) => HnswlibGraph;
}

const methods = [
  'initIndex',
  'resizeIndex',
  'addPoint',
  'searchKnn',
  'setEf',
  'getCurrentCount',
  'getMaxElements',
  'writeIndexSync',
  'readIndexSync',
];

/**
 * Loads hnswlib-node.
 *
 * @throws `Unavailable` with the commands to type where it is not installed or does not load.
 */
export function loadHnswlib(): Promise<HnswlibModule> {
  return loadAddon('hnswlib-node@3', () => import('hnswlib-node'), isHnswlib);
}

function isHnswlib(module: unknown): module is HnswlibModule {
  if (typeof module !== 'object' || module === null || !('HierarchicalNSW' in module)) return false;
  const { HierarchicalNSW } = module;
  return typeof HierarchicalNSW === 'function' && methods.every((method) => method in HierarchicalNSW.prototype);
}
