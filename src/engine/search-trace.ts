import type { SearchParams, SearchPlan, SearchStrategy } from '../types.ts';

/** What is written down about one search while it is answered, for `explain`. What is said later counts. */
export class SearchTrace {
  strategy: SearchStrategy = 'exact-scan';
  reason = '';
  params: SearchParams = {};
  readonly compared: { vectors: number; index?: number } = { vectors: 0 };
  readonly #considered = new Map<SearchStrategy, number | undefined>();

  /** That this is how the search is answered. */
  take(strategy: SearchStrategy, reason: string): void {
    this.strategy = strategy;
    this.reason = reason;
    if (!this.#considered.has(strategy)) this.#considered.set(strategy, undefined);
  }

  /** That this was weighed, with the comparisons it was expected to cost; see {@link SearchPlan.considered}. */
  weigh(strategy: SearchStrategy, cost: number): void {
    this.#considered.set(strategy, Math.ceil(cost));
  }

  /** That this was no choice after all. */
  forget(strategy: SearchStrategy): void {
    this.#considered.delete(strategy);
  }

  /** That an index left it to the engine to compare with every candidate. */
  decline(reason: string): undefined {
    this.take('exact-scan', reason);
    return undefined;
  }

  get considered(): SearchPlan['considered'] {
    return [...this.#considered].map(([strategy, cost]) => ({ strategy, ...(cost !== undefined && { cost }) }));
  }
}
