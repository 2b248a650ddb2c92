/** A growing set of slots, one bit each. */
export class Bitset {
  #words: Uint32Array;
  /** Undefined where it is not known. */
  #count: number | undefined = 0;

  constructor(capacity = 0) {
    this.#words = new Uint32Array((capacity + 31) >>> 5);
  }

  static of(slots: ArrayLike<number>): Bitset {
    const set = new Bitset();
    for (let i = 0; i < slots.length; i++) set.add(slots[i]!);
    return set;
  }

  /** All slots below `length` but these. */
  static allBut(slots: ArrayLike<number>, length: number): Bitset {
    const set = new Bitset(length);
    set.#words.fill(0xffff_ffff);
    if (length % 32 !== 0) set.#words[length >>> 5] = 2 ** (length % 32) - 1;
    set.#count = length;
    for (let i = 0; i < slots.length; i++) set.delete(slots[i]!);
    return set;
  }

  /** From {@link Bitset.words}. */
  static ofWords(words: Uint32Array): Bitset {
    return Bitset.#having(words.slice(), undefined);
  }

  static #having(words: Uint32Array, count: number | undefined): Bitset {
    const set = new Bitset();
    set.#words = words;
    set.#count = count;
    return set;
  }

  /** One bit for each slot, the lowest first: a copy. */
  words(): Uint32Array {
    return this.#words.slice();
  }

  /** The same, but the set's own: until it changes, and not to be written to. */
  view(): Uint32Array {
    return this.#words;
  }

  has(slot: number): boolean {
    return ((this.#words[slot >>> 5] ?? 0) & (1 << (slot & 31))) !== 0;
  }

  add(slot: number): void {
    if (this.has(slot)) return;
    if (this.#count !== undefined) this.#count += 1;
    const word = slot >>> 5;
    if (word >= this.#words.length) this.#grow(word + 1);
    this.#words[word]! |= 1 << (slot & 31);
  }

  delete(slot: number): void {
    if (!this.has(slot)) return;
    if (this.#count !== undefined) this.#count -= 1;
    this.#words[slot >>> 5]! &= ~(1 << (slot & 31));
  }

  clone(): Bitset {
    return Bitset.#having(this.#words.slice(), this.#count);
  }

  /** What is in both; counted on the way. */
  intersection(other: Bitset): Bitset {
    // Locals: these loops are most of what a filter with an index costs, and a private field is looked up each time.
    const [ones, others] = [this.#words, other.#words];
    const words = new Uint32Array(Math.min(ones.length, others.length));
    let count = 0;
    for (let i = 0; i < words.length; i++) {
      const word = ones[i]! & others[i]!;
      words[i] = word;
      count += bitsIn(word);
    }
    return Bitset.#having(words, count);
  }

  /** Removes what is in `other`. */
  subtract(other: Bitset): this {
    this.#count = undefined;
    const [words, others] = [this.#words, other.#words];
    const shared = Math.min(words.length, others.length);
    for (let i = 0; i < shared; i++) words[i]! &= ~others[i]!;
    return this;
  }

  /** Adds what is in `other`. */
  unite(other: Bitset): this {
    if (this.#words.length === 0) {
      this.#words = other.#words.slice();
      this.#count = other.#count;
      return this;
    }
    this.#count = undefined;
    if (other.#words.length > this.#words.length) this.#grow(other.#words.length);
    const [words, others] = [this.#words, other.#words];
    for (let i = 0; i < others.length; i++) words[i]! |= others[i]!;
    return this;
  }

  count(): number {
    this.#count ??= this.#counted();
    return this.#count;
  }

  #counted(): number {
    const words = this.#words;
    let total = 0;
    for (let i = 0; i < words.length; i++) total += bitsIn(words[i]!);
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

  /** Slots in ascending order. */
  toArray(): Uint32Array {
    const slots = new Uint32Array(this.count());
    let length = 0;
    this.forEach((slot) => {
      slots[length++] = slot;
    });
    return slots;
  }

  #grow(words: number): void {
    const grown = new Uint32Array(Math.max(words, this.#words.length * 2));
    grown.set(this.#words);
    this.#words = grown;
  }
}

/** The classic parallel bit count, by pairs, nibbles, bytes. */
function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
