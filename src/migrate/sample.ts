/** Node only. Some of a stream, each element as likely as any other. */

/** Random numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A reservoir: `size` of all that were offered. */
export class Reservoir<T> {
  readonly items: T[] = [];
  readonly #size: number;
  readonly #random: () => number;
  #offered = 0;

  constructor(size: number, random: () => number) {
    this.#size = size;
    this.#random = random;
  }

  offer(item: () => T): void {
    this.#offered += 1;
    if (this.items.length < this.#size) {
      this.items.push(item());
      return;
    }
    const place = Math.floor(this.#random() * this.#offered);
    if (place < this.#size) this.items[place] = item();
  }
}
