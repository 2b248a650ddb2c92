import { compareMatches } from '../score.ts';
import { sortedInPieces } from '../sorted-in-pieces.ts';
import type { Pieces } from '../time-slice.ts';

/** A candidate with its distance. */
export interface Ranked {
  readonly slot: number;
  readonly id: string;
  readonly distance: number;
}

/** Keeps the best `k` of what is offered, by distance, exact ties by id. A binary heap with the worst at the root. */
export class TopK {
  readonly #k: number;
  readonly #heap: Ranked[] = [];

  constructor(k: number) {
    this.#k = k;
  }

  /** Whether something at this distance could still get in: saves making a candidate that could not. */
  admits(distance: number): boolean {
    return this.#heap.length < this.#k || distance <= this.#heap[0]!.distance;
  }

  offer(candidate: Ranked): void {
    if (this.#heap.length < this.#k) {
      this.#heap.push(candidate);
      this.#siftUp(this.#heap.length - 1);
    } else if (compareMatches(candidate, this.#heap[0]!) < 0) {
      this.#heap[0] = candidate;
      this.#siftDown();
    }
  }

  /** Best first. */
  sorted(): Ranked[] {
    return this.#heap.slice().sort(compareMatches);
  }

  /** The same, for many. */
  sortedInPieces(): Pieces<Ranked[]> {
    return sortedInPieces(this.#heap, compareMatches);
  }

  #siftUp(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (compareMatches(heap[at]!, heap[parent]!) <= 0) return;
      [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
      at = parent;
    }
  }

  #siftDown(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= heap.length) return;
      const right = left + 1;
      const worse = right < heap.length && compareMatches(heap[right]!, heap[left]!) > 0 ? right : left;
      if (compareMatches(heap[worse]!, heap[at]!) <= 0) return;
      [heap[at], heap[worse]] = [heap[worse]!, heap[at]!];
      at = worse;
    }
  }
}
