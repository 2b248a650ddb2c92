import type { VectorDatabase } from 'anyvec';
import type { RawArticle } from './workload.ts';

/** The raw official client, as a careful user drives it: its fastest settings that lose nothing. */
export interface RawClient {
  /** What exactly it does, for the report. */
  readonly settings: string;
  createCollection(name: string): Promise<void>;
  dropCollection(name: string): Promise<void>;
  /** A batched loop, one request after another, every one waited for. */
  upsert(name: string, articles: readonly RawArticle[], batch: number): Promise<void>;
  /** The ids of the k nearest; payloads come along and are thrown away. */
  search(name: string, query: readonly number[], k: number): Promise<string[]>;
  close(): Promise<void>;
}

/** One server, and both ways to it. */
export interface Contest {
  readonly backend: string;
  /** What is at the other end, with its version. */
  readonly server: string;
  readonly ours: VectorDatabase;
  readonly raw: RawClient;
  /** Batch sizes among which the raw client's best is looked for. */
  readonly batches: readonly number[];
  stop(): Promise<void>;
}
