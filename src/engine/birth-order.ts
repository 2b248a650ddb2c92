import { firstIndex } from './payload/sorted.ts';

/**
 * Slots in the order in which their records came to be. Lets pages go on where the last one ended whatever is written between them: a
 * record keeps its birth number while it lives (replacing it does not renew it), and a scan shows only what was born before it began.
 */
export class BirthOrder {
  #births: number[] = [];
  #slots: number[] = [];
  readonly #birthOf = new Map<number, number>();
  #next = 1;
  #dead = 0;

  /** The last number given. */
  get latest(): number {
    return this.#next - 1;
  }

  add(slot: number): void {
    const birth = this.#next++;
    this.#births.push(birth);
    this.#slots.push(slot);
    this.#birthOf.set(slot, birth);
  }

  remove(slot: number): void {
    this.#birthOf.delete(slot);
    this.#dead += 1;
    if (this.#dead > 1_024 && this.#dead > this.#births.length / 2) this.#compact();
  }

  /** Slots born after `birth` and not after `until`, oldest first, each with its number. */
  *after(birth: number, until: number): Generator<{ slot: number; birth: number }, void, undefined> {
    for (let i = firstIndex(this.#births, (x) => x > birth); i < this.#births.length; i++) {
      const at = this.#births[i]!;
      if (at > until) return;
      const slot = this.#slots[i]!;
      // A slot that was given to another record since has a later number.
      if (this.#birthOf.get(slot) === at) yield { slot, birth: at };
    }
  }

  #compact(): void {
    const alive = this.#births.map((birth, i) => this.#birthOf.get(this.#slots[i]!) === birth);
    this.#births = this.#births.filter((_, i) => alive[i]);
    this.#slots = this.#slots.filter((_, i) => alive[i]);
    this.#dead = 0;
  }
}
