import { Bitset } from './bitset.ts';

/** For each value the set of slots that have it. */
export class Postings<K extends string | number | boolean> {
  readonly #slots = new Map<K, Set<number>>();
  #sorted: readonly K[] | undefined;

  /** Enters or removes a slot; twice (for a value that stands twice in an array) is the same as once. */
  change(key: K, slot: number, add: boolean): void {
    if (add) this.#add(key, slot);
    else this.#remove(key, slot);
  }

  #add(key: K, slot: number): void {
    const slots = this.#slots.get(key);
    if (slots !== undefined) {
      slots.add(slot);
      return;
    }
    this.#slots.set(key, new Set([slot]));
    this.#sorted = undefined;
  }

  #remove(key: K, slot: number): void {
    const slots = this.#slots.get(key);
    slots?.delete(slot);
    if (slots?.size !== 0) return;
    this.#slots.delete(key);
    this.#sorted = undefined;
  }

  union(keys: Iterable<K>): Bitset {
    const result = new Bitset();
    for (const key of keys) for (const slot of this.#slots.get(key) ?? []) result.add(slot);
    return result;
  }

  keys(): K[] {
    return [...this.#slots.keys()];
  }

  /** Keys in ascending order; sorted again only after one came or went. For numbers. */
  sortedKeys(): readonly K[] {
    this.#sorted ??= this.keys().sort((a, b) => Number(a) - Number(b));
    return this.#sorted;
  }
}
