import { compareIds } from '../ids.ts';
import type { Scored } from './query.ts';

type Compare = (a: Scored, b: Scored) => number;

/**
 * Best first. NaN comes first, as on the real server. Its order of equal scores is arbitrary; here the largest id comes first, so that nobody
 * relies on another.
 */
export function byScore(higherIsBetter: boolean): Compare {
  return (a, b) => {
    if (a.score === b.score) return compareIds(b.point.id, a.point.id);
    if (Number.isNaN(a.score) || Number.isNaN(b.score))
      return Number(Number.isNaN(b.score)) - Number(Number.isNaN(a.score)) || compareIds(b.point.id, a.point.id);
    return higherIsBetter ? b.score - a.score : a.score - b.score;
  };
}

/** Keeps the best of what is added, without sorting all of it. */
export class Top {
  readonly #limit: number;
  readonly #compare: Compare;
  #kept: Scored[] = [];
  /** Nothing after this one gets in. */
  #last: Scored | undefined;

  constructor(limit: number, compare: Compare) {
    this.#limit = limit;
    this.#compare = compare;
  }

  add(hit: Scored): void {
    if (this.#last !== undefined && this.#compare(hit, this.#last) >= 0) return;
    this.#kept.push(hit);
    if (this.#kept.length >= 2 * this.#limit + 64) this.#cut();
  }

  /** Best first. */
  best(): Scored[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept.sort(this.#compare);
    if (this.#kept.length < this.#limit) return;
    this.#kept.length = this.#limit;
    this.#last = this.#kept[this.#limit - 1];
  }
}
