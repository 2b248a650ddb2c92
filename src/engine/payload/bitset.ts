/** A growing set of slots, one bit each. */
export class Bitset {
  #words: Uint32Array;

  constructor(capacity = 0) {
    this.#words = new Uint32Array((capacity + 31) >>> 5);
  }

  static of(slots: Iterable<number>): Bitset {
    const set = new Bitset();
    for (const slot of slots) set.add(slot);
    return set;
  }

  has(slot: number): boolean {
    return ((this.#words[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0;
  }

  add(slot: number): void {
    const word = slot >>> 5;
    if (word >= this.#words.length) this.#grow(word + 1);
    this.#words[word]! |= 1 << (slot & 31);
  }

  delete(slot: number): void {
    const word = slot >>> 5;
    if (word < this.#words.length) this.#words[word]! &= ~(1 << (slot & 31));
  }

  clone(): Bitset {
    const copy = new Bitset();
    copy.#words = this.#words.slice();
    return copy;
  }

  /** Keeps what is also in `other`. */
  intersect(other: Bitset): this {
    for (let i = 0; i < this.#words.length; i++) this.#words[i]! &= other.#words[i] ?? 0;
    return this;
  }

  /** Removes what is in `other`. */
  subtract(other: Bitset): this {
    const shared = Math.min(this.#words.length, other.#words.length);
    for (let i = 0; i < shared; i++) this.#words[i]! &= ~other.#words[i]!;
    return this;
  }

  /** Adds what is in `other`. */
  unite(other: Bitset): this {
    if (other.#words.length > this.#words.length) this.#grow(other.#words.length);
    for (let i = 0; i < other.#words.length; i++) this.#words[i]! |= other.#words[i]!;
    return this;
  }

  count(): number {
    let total = 0;
    for (let word of this.#words) {
      // The classic parallel bit count, by pairs, nibbles, bytes.
      word -= (word >>> 1) & 0x55555555;
      word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
      total += (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
    }
    return total;
  }

  /** Slots in ascending order. The set must not change meanwhile. */
  *[Symbol.iterator](): Generator<number, void, undefined> {
    for (let i = 0; i < this.#words.length; i++) {
      for (let word = this.#words[i]!; word !== 0; word &= word - 1) yield i * 32 + (31 - Math.clz32(word & -word));
    }
  }

  /** As iterating, without a generator's cost. */
  forEach(visit: (slot: number) => void): void {
    for (let i = 0; i < this.#words.length; i++) {
      for (let word = this.#words[i]!; word !== 0; word &= word - 1) visit(i * 32 + (31 - Math.clz32(word & -word)));
    }
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}
