import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from '../../scripts/lib/stamp.mjs';
import type { FilterSpec } from '../data/filters.ts';
import type { SetDescription } from '../data/vector-set.ts';
import type { EngineName } from '../engines/index.ts';
import type { Searched } from '../engines/messages.ts';
import type { Machine } from '../lib/machine.ts';
import { resultsDir } from '../lib/places.ts';
import type { Absence } from './field.ts';

/** One breadth of search: every repetition as it was measured. */
export interface Point {
  readonly effort: number;
  readonly repetitions: readonly Searched[];
}

/** One engine on one set. */
export interface Curve {
  readonly engine: EngineName;
  readonly settings: string;
  readonly points: readonly Point[];
}

/** What an index costs. Bytes, milliseconds. */
export interface IndexCost {
  readonly engine: EngineName;
  readonly buildMs?: number;
  readonly buildCpuMs?: number;
  readonly fileBytes?: number;
  readonly loadMs?: number;
  /** As the engine tells it, vectors included. */
  readonly indexBytes?: number;
  /** Growth of a fresh process by loading. */
  readonly residentBytes?: number;
}

/** From a fresh process to its first answer. */
export interface ColdStart {
  readonly engine: EngineName;
  /** From before the package is imported to the answer. */
  readonly openMs: readonly number[];
  /** From the start of the process, Node's own start included. */
  readonly processMs: readonly number[];
}

/** All that was measured on one set, enough to print everything again. */
export interface SetResults {
  readonly set: SetDescription;
  /** Microseconds that making an array of a query takes, for packages that take arrays only: before the clock starts. */
  readonly conversionUs: number;
  readonly curves: readonly Curve[];
  readonly filtered: readonly { readonly filter: FilterSpec; readonly curves: readonly Curve[] }[];
  readonly costs: readonly IndexCost[];
  readonly coldStarts: readonly ColdStart[];
  readonly absences: readonly Absence[];
}

/** Of the file: results in another one are measured anew. */
export const format = 1;

/** One run of the benchmark. */
export interface Results {
  readonly format: typeof format;
  readonly mode: 'quick' | 'full';
  readonly machine: Machine;
  readonly sets: readonly SetResults[];
}

const resultsFile = (mode: Results['mode']) => join(resultsDir, `${mode}.json`);

export function keepResults(results: Results): void {
  mkdirSync(resultsDir, { recursive: true });
  writeJson(resultsFile(results.mode), results);
}

/** Of the last run; undefined where there was none that this version can read. */
export function lastResults(mode: Results['mode']): Results | undefined {
  const results = readJson(resultsFile(mode)) as Results | undefined;
  return results?.format === format ? results : undefined;
}
