import type { FilterSpec } from '../data/filters.ts';
import type { GraphOptions } from './engine.ts';
import type { EngineName } from './index.ts';

/** What a process that holds an engine can be told to do. */
export type Order =
  | { readonly do: 'open'; readonly engine: EngineName; readonly directory: string; readonly options: GraphOptions }
  | { readonly do: 'build' }
  | { readonly do: 'save'; readonly file: string }
  | { readonly do: 'load'; readonly file: string }
  | { readonly do: 'effort'; readonly effort: number }
  | { readonly do: 'search'; readonly filter?: FilterSpec; readonly maxMs: number };

/** What it took. */
export interface Cost {
  readonly wallMs: number;
  /** Processor time of the whole process. */
  readonly cpuMs: number;
}

export interface Opened {
  readonly settings: string;
  readonly filters: boolean;
}

/** Memory after building or loading. */
export interface Held extends Cost {
  readonly indexBytes?: number;
  /** What the process has grown by since it had read the data set. */
  readonly residentBytes: number;
}

/** Queries one after another, in order, as many as the time allowed; the same ones for every engine that had the time. */
export interface Searched extends Cost {
  readonly queries: number;
  readonly recall: number;
  /** Milliseconds for a query: the median, and what 5 % and 1 % take at least. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}
