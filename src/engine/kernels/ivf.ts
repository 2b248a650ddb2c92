import { ivfBinary } from './binary.ts';
import { compileAhead, mayWait, moduleOf } from './module.ts';

/** What assembly/ivf/ exports. Addresses and sizes in bytes. */
export interface IvfKernels {
  configure(table: number): void;
  ask(): void;
  chooseList(): number;
  insertInto(list: number, slot: number): number;
  remove(position: number): number;
  listOf(position: number): number;
  reserve(count: number): number;
  release(first: number, count: number): void;
  restore(blockCount: number, freeBlock: number): void;
  search(
    most: number,
    nprobe: number,
    enough: number,
    mask: number,
    given: number,
    alike: number,
    spread: number,
  ): number;
  encodeCentroids(first: number, count: number): void;
  assignPoints(
    points: number,
    members: number,
    count: number,
    first: number,
    lists: number,
    labels: number,
    sums: number,
    counts: number,
  ): number;
  assignEntries(vectors: number, count: number, part: number, labels: number): void;
  prepare(vector: number, from: number, scales: number, temporary: number, out: number): void;
  encode(vector: number, from: number, scales: number, inverses: number, temporary: number, out: number): number;
  innerProduct(a: number, b: number, length: number): number;
  squaredDistance(a: number, b: number, length: number): number;
  fillTables(query: number): void;
  nearestEntry(vector: number, part: number): number;
  rowProducts(a: number, b: number, c: number, d: number, query: number, out: number): void;
  roundTables(): void;
  rowNibbleSums(rows: number, out: number): void;
  rowTableSums(a: number, b: number, c: number, d: number, out: number): void;
  readonly blockCount: WebAssembly.Global;
  readonly freeBlock: WebAssembly.Global;
  readonly insertedList: WebAssembly.Global;
  readonly insertedError: WebAssembly.Global;
  readonly insertedLoss: WebAssembly.Global;
  readonly preparedStep: WebAssembly.Global;
  readonly preparedNorm: WebAssembly.Global;
  readonly encodedStep: WebAssembly.Global;
  readonly encodedNorm: WebAssembly.Global;
  readonly tableBias: WebAssembly.Global;
  readonly tableStep: WebAssembly.Global;
  readonly compared: WebAssembly.Global;
  readonly visited: WebAssembly.Global;
}

/** Gives the module, compiled once: when it is asked for, where a program may wait for it. */
export async function compileIvf(): Promise<() => WebAssembly.Module> {
  if (!mayWait) await compileAhead(ivfBinary);
  return () => moduleOf(ivfBinary);
}

/** The kernels over a memory. */
export function instantiateIvf(module: WebAssembly.Module, memory: WebAssembly.Memory): IvfKernels {
  const abort = () => {
    throw new TypeError('the kernels have stopped');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as IvfKernels;
}
