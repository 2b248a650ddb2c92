/**
 * Slots in the order in which their records came to be. Lets pages go on where the last one ended whatever is written between them: a
 * record keeps its birth number while it lives (replacing it does not renew it), and a scan shows only what was born before it began.
 */
export class BirthOrder {
  /** Ascending; as many as `#length` are in use, here and in `#slots`. */
  #births = new Float64Array(16);
  #slots = new Uint32Array(16);
  #length = 0;
  /** By slot: its birth number, 0 for none. */
  #birthOf = new Float64Array(16);
  #next = 1;
  #dead = 0;
  /** Slots that have no numbers yet: then there are no others. */
  #given: Uint32Array<ArrayBuffer> | undefined;

  /** Slots in the order in which their records came to be. */
  static of(slots: Uint32Array): BirthOrder {
    const order = new BirthOrder();
    order.#given = new Uint32Array(slots);
    order.#next = slots.length + 1;
    return order;
  }

  /** Numbers the slots it began with. Not before somebody asks: it would be a part of every opening. */
  #number(): void {
    const slots = this.#given;
    if (slots === undefined) return;
    this.#given = undefined;
    // Locals: a private field is looked up each time.
    const births = new Float64Array(slots.length);
    let end = 0;
    for (let i = 0; i < slots.length; i++) if (slots[i]! >= end) end = slots[i]! + 1;
    const birthOf = new Float64Array(end);
    for (let i = 0; i < slots.length; i++) {
      births[i] = i + 1;
      birthOf[slots[i]!] = i + 1;
    }
    this.#slots = slots;
    this.#births = births;
    this.#length = slots.length;
    this.#birthOf = birthOf;
  }

  /** Slots, oldest first. */
  slots(): Uint32Array {
    if (this.#given !== undefined) return this.#given.slice();
    return this.#slots.subarray(0, this.#length).filter((slot, i) => this.#birthOf[slot] === this.#births[i]);
  }

  /** The last number given. */
  get latest(): number {
    return this.#next - 1;
  }

  add(slot: number): void {
    this.#number();
    if (this.#length === this.#births.length) {
      this.#births = grown(this.#births, new Float64Array(2 * this.#length + 16));
      this.#slots = grown(this.#slots, new Uint32Array(2 * this.#length + 16));
    }
    if (slot >= this.#birthOf.length) this.#birthOf = grown(this.#birthOf, new Float64Array(2 * slot + 16));
    const birth = this.#next++;
    this.#births[this.#length] = birth;
    this.#slots[this.#length] = slot;
    this.#birthOf[slot] = birth;
    this.#length += 1;
  }

  remove(slot: number): void {
    this.#number();
    this.#birthOf[slot] = 0;
    this.#dead += 1;
    if (this.#dead > 1_024 && this.#dead > this.#length / 2) this.#compact();
  }

  /** Slots born after `birth` and not after `until`, oldest first, each with its number. */
  *after(birth: number, until: number): Generator<{ slot: number; birth: number }, void, undefined> {
    this.#number();
    for (let i = this.#firstAfter(birth); i < this.#length; i++) {
      const at = this.#births[i]!;
      if (at > until) return;
      const slot = this.#slots[i]!;
      // A slot that was given to another record since has a later number.
      if (this.#birthOf[slot] === at) yield { slot, birth: at };
    }
  }

  #firstAfter(birth: number): number {
    let [low, high] = [0, this.#length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#births[middle]! > birth) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #compact(): void {
    let kept = 0;
    for (let i = 0; i < this.#length; i++) {
      const [birth, slot] = [this.#births[i]!, this.#slots[i]!];
      if (this.#birthOf[slot] !== birth) continue;
      this.#births[kept] = birth;
      this.#slots[kept++] = slot;
    }
    this.#length = kept;
    this.#dead = 0;
  }
}

function grown<A extends Float64Array | Uint32Array>(from: A, to: A): A {
  to.set(from);
  return to;
}
