import type { Collection, Point } from '../collection.ts';
import type { Condition } from '../filter.ts';
import type { Formula } from './formula.ts';
import type { Order } from './order.ts';

/** A point with its score. */
export interface Scored {
  readonly point: Point;
  readonly score: number;
  /** Where the order is that of a field's values. */
  readonly orderValue?: number | bigint;
}

/** What reading a query needs: its own collection, and others that it may name. */
export interface Scope {
  readonly collection: Collection;
  /** Of a name that a body holds. @throws 404 for an unknown one. */
  find(name: string): Collection;
}

/** A score for each point that has the vector asked for. */
export interface Scorer {
  score(point: Point): number | undefined;
  /** False: distances. */
  readonly higherIsBetter: boolean;
}

/** What a query scores or orders points by. */
export type Ask =
  | { readonly kind: 'ids' }
  | { readonly kind: 'vector'; readonly scorer: Scorer }
  | { readonly kind: 'diverse'; readonly scorer: Scorer; readonly diversity: Diversity }
  | { readonly kind: 'fusion'; readonly fusion: Fusion }
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'formula'; readonly formula: Formula }
  | { readonly kind: 'sample' };

/** How the answers of prefetches are joined. */
export type Fusion =
  | { readonly method: 'rrf'; readonly k: number; readonly weights: readonly number[] | undefined }
  | { readonly method: 'dbsf' };

/** Maximal marginal relevance: closeness to the query against closeness to what was chosen before. */
export interface Diversity {
  /** 1: closeness to the query only. */
  readonly lambda: number;
  readonly candidates: number;
  /** Both count more where points are more alike. */
  relevance(point: Point): number | undefined;
  /** Of a candidate, to one that was chosen: not the same the other way round where points have several vectors. */
  likeness(candidate: Point): (chosen: Point) => number | undefined;
}

/** A query, read and checked. */
export interface Query {
  readonly ask: Ask;
  readonly matches: Condition;
  readonly threshold: number | undefined;
  readonly limit: number;
  readonly offset: number;
  readonly prefetch: readonly Query[];
}
