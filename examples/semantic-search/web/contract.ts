/** What the service answers, as the page uses it. Types only: browsers never load this file. */

/** How a question is matched with documents. */
export type Mode = 'dense' | 'bm25' | 'hybrid';

/** A filter as the service takes it: a clause per field path. */
export interface Filter {
  readonly [path: string]: unknown;
}

/** A value that a checkbox can stand for. */
export type Choice = string | boolean;

/** UTF-16 offsets into a text, end exclusive. */
export type Span = readonly [start: number, end: number];

export interface Hit {
  readonly id: string;
  /** Of the document that this is a part of; `id` where the service tells none. */
  readonly documentId: string;
  readonly title: string;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
  readonly snippet: { readonly text: string; readonly highlights: readonly Span[] };
  readonly payload: { readonly [name: string]: unknown };
}

export interface SearchAnswer {
  readonly query: string;
  readonly mode: Mode;
  readonly backend: string;
  readonly variant: string;
  /** Why the answer is not what was asked for: `no-embeddings` when BM25 stood in. */
  readonly fallback: string;
  readonly hits: readonly Hit[];
  readonly timings: { readonly embedMs: number; readonly searchMs: number; readonly totalMs: number };
}

export interface Field {
  /** A path in the filter language. */
  readonly name: string;
  readonly type: 'keyword' | 'number' | 'bool' | 'datetime' | 'text';
  /** Most frequent first; of keyword and bool. */
  readonly values: readonly { readonly value: Choice; readonly count: number }[];
  /** A number, or RFC 3339 for datetime. */
  readonly min?: number | string;
  readonly max?: number | string;
}

export interface Fields {
  readonly fields: readonly Field[];
  /** The counts are of a sample. */
  readonly sampled: boolean;
}

export interface MapPoint {
  readonly id: string;
  readonly documentId: string;
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly group: string;
}

export interface MapAnswer {
  readonly points: readonly MapPoint[];
  /** The payload field that `group` is of; '' for none. */
  readonly groupField: string;
  /** Share of the variance along x and y, 0–1. */
  readonly explained: readonly [number, number];
}

export interface Latency {
  readonly count: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

export interface Backend {
  readonly name: string;
  readonly url: string;
  readonly provider: string;
  readonly index: string;
}

export interface Stats {
  readonly backends: readonly Backend[];
  readonly defaultBackend: string;
  readonly count: number;
  readonly model: { readonly name: string; readonly version: string; readonly dimension: number };
  /** All modes together, without embedding; absent before the first search. */
  readonly latency?: Latency;
  readonly byMode: readonly { readonly mode: string; readonly latency: Latency }[];
  readonly recall?: { readonly sampled: number; readonly mean: number; readonly k: number };
  readonly uptimeS: number;
}

export interface DocumentAnswer {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly payload: { readonly [name: string]: unknown };
  readonly chunks: readonly string[];
}

/** Everything that the address bar holds. */
export interface PageState {
  readonly q: string;
  readonly mode: Mode;
  readonly filter: Filter;
  /** '' for the service's default. */
  readonly backend: string;
  readonly k: number;
  /** Id of the open document, or ''. */
  readonly doc: string;
  readonly view: 'results' | 'map' | 'speed';
}
