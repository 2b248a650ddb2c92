import { Bitset } from './bitset.ts';

/** A Set of so many numbers takes more room than a bit for every slot so far. */
const slotsPerMember = 256;
const fewMembers = 64;

/** For each value the set of slots that have it. */
export class Postings<K extends string | number | boolean> {
  readonly #few = new Map<K, Set<number>>();
  readonly #many = new Map<K, Bitset>();
  #sorted: readonly K[] | undefined;

  /** Enters or removes a slot; twice (for a value that stands twice in an array) is the same as once. */
  change(key: K, slot: number, add: boolean): void {
    if (add) this.#add(key, slot);
    else this.#remove(key, slot);
  }

  #add(key: K, slot: number): void {
    const many = this.#many.get(key);
    if (many !== undefined) {
      many.add(slot);
      return;
    }
    const few = this.#few.get(key);
    if (few === undefined) {
      this.#few.set(key, new Set([slot]));
      this.#sorted = undefined;
      return;
    }
    few.add(slot);
    if (few.size <= fewMembers || few.size * slotsPerMember < slot) return;
    this.#many.set(key, Bitset.of([...few]));
    this.#few.delete(key);
  }

  #remove(key: K, slot: number): void {
    const many = this.#many.get(key);
    const few = this.#few.get(key);
    many?.delete(slot);
    few?.delete(slot);
    if (many?.count() !== 0 && few?.size !== 0) return;
    this.#many.delete(key);
    this.#few.delete(key);
    this.#sorted = undefined;
  }

  /** Slots with any of these values. Not to be changed: it may be the set that is kept here. */
  union(keys: readonly K[]): Bitset {
    const only = keys.length === 1 ? this.#many.get(keys[0]!) : undefined;
    if (only !== undefined) return only;
    const result = new Bitset();
    for (const key of keys) {
      const many = this.#many.get(key);
      if (many !== undefined) result.unite(many);
      for (const slot of this.#few.get(key) ?? []) result.add(slot);
    }
    return result;
  }

  keys(): K[] {
    return [...this.#few.keys(), ...this.#many.keys()];
  }

  /** Keys in ascending order; sorted again only after one came or went. For numbers. */
  sortedKeys(): readonly K[] {
    this.#sorted ??= this.keys().sort((a, b) => Number(a) - Number(b));
    return this.#sorted;
  }
}
