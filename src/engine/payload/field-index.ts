import { parseInstant } from '../../filter/datetime.ts';
import type { Bounds, FilterLeaf } from '../../filter/normal-form.ts';
import { type Segments, valueAt } from '../../filter/path.ts';
import { tokenize } from '../../filter/tokenize.ts';
import type { FieldType, Payload } from '../../types.ts';
import { Bitset } from './bitset.ts';
import { Postings } from './postings.ts';
import { withinSorted } from './sorted.ts';

/** What an index knows of a leaf: slots that match, and perhaps (if not exact) some that do not. */
export interface Lookup {
  readonly slots: Bitset;
  readonly exact: boolean;
}

/**
 * The values of one declared field, by slot. Gives exactly the evaluator's answers, on the strength of the rule that every value at a
 * declared path is missing, null, of the field's type, or an array of it.
 */
export class FieldIndex {
  readonly #path: Segments;
  readonly #type: FieldType;
  /** Slots whose value is present and not null. */
  readonly #present = new Bitset();
  /** Values to slots; for `text`: terms to slots. */
  readonly #values = new Postings<string | number | boolean>();
  /** `datetime`: epoch milliseconds to slots. */
  readonly #instants = new Postings<number>();

  constructor(path: Segments, type: FieldType) {
    this.#path = path;
    this.#type = type;
  }

  add(slot: number, payload: Payload): void {
    this.#change(slot, payload, true);
  }

  remove(slot: number, payload: Payload): void {
    this.#change(slot, payload, false);
  }

  /** Undefined where this index cannot tell anything about the leaf. */
  lookup(leaf: FilterLeaf): Lookup | undefined {
    if (leaf.kind === 'exists') return { slots: this.#present.clone(), exact: true };
    if (leaf.kind === 'match') return { slots: this.#withTerms(leaf.terms), exact: false };
    // A text field's postings hold its terms, not its values.
    if (this.#type === 'text') return undefined;
    switch (leaf.kind) {
      case 'eq':
        return { slots: this.#values.union([leaf.value]), exact: true };
      case 'in':
        return { slots: this.#values.union(leaf.values), exact: true };
      case 'contains':
        return { slots: this.#values.union([leaf.value]), exact: false };
      case 'startsWith':
        return { slots: this.#values.union(this.#withPrefix(leaf.prefix)), exact: true };
      case 'range':
        return { slots: this.#inRange(leaf.of, leaf.bounds), exact: true };
    }
  }

  #change(slot: number, payload: Payload, add: boolean): void {
    const value = valueAt(payload, this.#path);
    if (value === undefined || value === null) return;
    if (add) this.#present.add(slot);
    else this.#present.delete(slot);
    for (const element of Array.isArray(value) ? value : [value]) {
      for (const key of this.#keysOf(element)) this.#values.change(key, slot, add);
      if (this.#type === 'datetime') this.#instants.change(parseInstant(element as string)!, slot, add);
    }
  }

  #keysOf(element: unknown): readonly (string | number | boolean)[] {
    return this.#type === 'text' ? tokenize(element as string) : [element as string | number | boolean];
  }

  #withTerms(terms: readonly string[]): Bitset {
    const [first, ...rest] = terms;
    const slots = this.#values.union([first!]);
    for (const term of rest) slots.intersect(this.#values.union([term]));
    return slots;
  }

  #withPrefix(prefix: string): (string | number | boolean)[] {
    return this.#values.keys().filter((value) => typeof value === 'string' && value.startsWith(prefix));
  }

  #inRange(of: 'number' | 'datetime', bounds: Bounds): Bitset {
    const postings = of === 'datetime' ? this.#instants : this.#values;
    // Anything else than numbers matches no range, and has no order here.
    if (of === 'number' && this.#type !== 'number') return new Bitset();
    return postings.union(withinSorted(postings.sortedKeys() as readonly number[], bounds));
  }
}
