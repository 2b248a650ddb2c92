import { hnswBinary, hnswSharedBinary } from './binary.ts';
import { compileAhead, mayWait, moduleOf } from './module.ts';

/** What assembly/hnsw exports. Addresses and sizes in bytes; vectors as f32. */
export interface HnswExports {
  blockBytesFor(dimension: number, kind: number, mostLinks: number): number;
  scratchBytes(dimension: number): number;
  configure(
    kind: number,
    dimension: number,
    euclidean: number,
    mostLinks: number,
    state: number,
    centre: number,
    locks: number,
    scratch: number,
  ): void;
  lockBytes(): number;
  place(
    visited: number,
    upperStart: number,
    upper: number,
    signs: number,
    counted: number,
    differing: number,
    nodes: number,
  ): void;
  signBytesFor(dimension: number, kind: number): number;
  takeSigns(first: number, end: number): void;
  countSigns(mask: number): number;
  ask(source: number): void;
  insert(source: number, node: number, level: number, ef: number): void;
  insertBatch(vectors: number, levels: number, first: number, size: number, ef: number): void;
  search(ef: number): number;
  searchMasked(ef: number, mask: number, breadth: number, leastShare: number): number;
  lookAround(mask: number, breadth: number): number;
  searchThrough(ef: number, mask: number, seeds: number, most: number): number;
  scanMasked(wanted: number, most: number, mask: number, slack: number, squared: number): number;
  scanSigned(wanted: number, most: number, mask: number, slack: number, squared: number, band: number): number;
  takeIn(source: number): void;
  encode(node: number): void;
  decode(node: number, target: number): void;
  isExact(): number;
  prepareRow(node: number, query: number): void;
  distance(node: number, query: number): number;
  distances(nodes: number, count: number, query: number, out: number): void;
  query(): number;
  pivot(): number;
  resetEvaluations(): void;
  readonly evaluations: WebAssembly.Global;
}

/** Both builds of the kernels: for memory of one thread, and for memory that several share. */
export interface HnswModules {
  readonly single: WebAssembly.Module;
  readonly shared: WebAssembly.Module;
}

/** Compiled when they are asked for: hardly a program needs both. */
const modules: HnswModules = {
  get single() {
    return moduleOf(hnswBinary);
  },
  get shared() {
    return moduleOf(hnswSharedBinary);
  },
};

/**
 * The modules, compiled once.
 *
 * @param ahead One that will be needed soon. In a browser all that will be needed must be compiled ahead: a page has no threads, and needs `single`.
 */
export async function compileHnsw(ahead?: keyof HnswModules): Promise<HnswModules> {
  const binaries = { single: hnswBinary, shared: hnswSharedBinary };
  if (ahead !== undefined) await compileAhead(binaries[ahead]);
  else if (!mayWait) await compileAhead(hnswBinary);
  return modules;
}

export function instantiateHnsw(module: WebAssembly.Module, memory: WebAssembly.Memory): HnswExports {
  const abort = () => {
    throw new TypeError('the kernels have stopped');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as HnswExports;
}
