/** Node only. Some of a stream, each element as likely as any other. */

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
