import type { VectorDatabase } from '../src/database.ts';
import type { IndexSpec } from '../src/types.ts';

/** What a backend brings to be tested: how to connect to it. Everything else the suite reads from `capabilities`. */
export interface Harness {
  /** Shown in the name of the test group, for example `native (memory)`. */
  readonly name: string;
  /**
   * A new connection. Called several times, also while others are open; each may have data of its own (a fresh directory, say) or share it
   * (a server).
   */
  open(): Promise<VectorDatabase>;
  /**
   * A new connection to the data of the most recent `open` (or `reopen`), which was closed before. Required where
   * `capabilities.options.persistence` is supported.
   */
  reopen?(): Promise<VectorDatabase>;
  /** Goes into every collection that the suite creates, for example the index to be tested. */
  readonly createOptions?: { readonly index?: IndexSpec };
  /** Index types that need more than their name, with settings for a few hundred records of 3 to 8 dimensions. */
  readonly indexSpecs?: readonly IndexSpec[];
  /** Returns when all acknowledged writes are visible to reads. Required where `capabilities.consistency` is `eventual`. */
  settle?(): Promise<void>;
  /** Called once at the very end: stop the server, remove the directory. */
  close?(): Promise<void>;
  /** How much to try. Defaults: {@link defaultBudget}. */
  readonly budget?: Partial<Budget>;
}

/** How much the property tests and the large cases try. */
export interface Budget {
  /** Random filters per property, each compared on all documents. Default 400. */
  readonly filters: number;
  /** Random documents that the filters are tried on. Default 300: with 400 filters 120,000 pairs per property. */
  readonly documents: number;
  /** Random sequences of operations per property. Default 60. */
  readonly sequences: number;
  /** Operations per sequence, at most. Default 25. */
  readonly operations: number;
  /** Records among which one must be found by its payload. Default 10,000. */
  readonly haystack: number;
  /** Milliseconds for one case. Default 120,000. */
  readonly caseTimeoutMs: number;
}

/** What is tried where a harness says nothing: about ten seconds on the engine in memory. */
export const defaultBudget: Budget = Object.freeze({
  filters: 400,
  documents: 300,
  sequences: 60,
  operations: 25,
  haystack: 10_000,
  caseTimeoutMs: 120_000,
});

/**
 * The test runner, injected. vitest's `{ describe, it, beforeAll, afterAll }` fits as it is, and so does node:test's
 * `{ describe, it, beforeAll: before, afterAll: after }`.
 */
export interface Runner {
  /** A group. */
  describe(name: string, body: () => void): unknown;
  /** A test. */
  it(name: string, body: () => Promise<void>, timeoutMs?: number): unknown;
  /** Before the first test of the group. */
  beforeAll(body: () => Promise<void>, timeoutMs?: number): unknown;
  /** After the last one. */
  afterAll(body: () => Promise<void>, timeoutMs?: number): unknown;
}
