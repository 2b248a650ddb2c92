import { codeGraphBinary } from './binary.ts';

/** What assembly/index.ts exports. Addresses and sizes in bytes. */
export interface CodeGraphExports {
  place(
    dimension: number,
    euclidean: number,
    rows: number,
    links0: number,
    mostLinks0: number,
    upperStart: number,
    upper: number,
    mostLinks: number,
    visited: number,
    scratch: number,
  ): void;
  encode(source: number, node: number): void;
  ask(source: number): void;
  insert(node: number, level: number, ef: number): void;
  search(ef: number): number;
  searchMasked(ef: number, mask: number, breadth: number): number;
  scanMasked(ef: number, mask: number): number;
  restore(entry: number, topLevel: number, count: number): void;
  scratchBytes(dimension: number): number;
  resetEvaluations(): void;
  readonly entry: WebAssembly.Global;
  readonly topLevel: WebAssembly.Global;
  readonly count: WebAssembly.Global;
  readonly evaluations: WebAssembly.Global;
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** The module, compiled once. */
export function compileCodeGraph(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(codeGraphBinary), (char) => char.charCodeAt(0)));
  return compiled;
}

export function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): CodeGraphExports {
  const abort = () => {
    throw new TypeError('the kernels have stopped');
  };
  return new WebAssembly.Instance(module, { env: { memory, abort } }).exports as unknown as CodeGraphExports;
}
