import { parseInstant } from '../../filter/datetime.ts';
import type { Bounds, FilterLeaf } from '../../filter/normal-form.ts';
import { type Segments, valueAt } from '../../filter/path.ts';
import { termsOf } from '../../filter/tokenize.ts';
import type { FieldType, Payload } from '../../types.ts';
import { TextIndex } from '../text/text-index.ts';
import { Bitset } from './bitset.ts';
import { Postings } from './postings.ts';
import { withinSorted } from './sorted.ts';

/** What an index knows of a leaf: slots that match, and perhaps (if not exact) some that do not. */
export interface Lookup {
  /** Not to be changed: it may be the index's own. */
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
  /** Slots whose value is an array. */
  readonly #arrays = new Bitset();
  /** The terms of a `text` field, which are not in `#values`. */
  readonly text: TextIndex | undefined;
  /** Values to slots. */
  readonly #values = new Postings<string | number | boolean>();
  /** `datetime`: epoch milliseconds to slots. */
  readonly #instants = new Postings<number>();

  constructor(path: Segments, type: FieldType) {
    this.#path = path;
    this.#type = type;
    this.text = type === 'text' ? new TextIndex() : undefined;
  }

  add(slot: number, payload: Payload): void {
    this.#change(slot, payload, true);
  }

  remove(slot: number, payload: Payload): void {
    this.#change(slot, payload, false);
  }

  /** Undefined where this index cannot tell anything about the leaf. */
  lookup(leaf: FilterLeaf): Lookup | undefined {
    if (leaf.kind === 'exists') return { slots: this.#present, exact: true };
    if (this.text !== undefined) return leaf.kind === 'match' ? this.#withAll(this.text, leaf.terms) : undefined;
    switch (leaf.kind) {
      case 'eq':
        return { slots: this.#values.union([leaf.value]), exact: true };
      case 'in':
        return { slots: this.#values.union(leaf.values), exact: true };
      case 'contains':
        return { slots: this.#ofArrays(this.#values.union([leaf.value])), exact: true };
      case 'startsWith':
        return { slots: this.#values.union(this.#withPrefix(leaf.prefix)), exact: true };
      case 'range':
        return { slots: this.#inRange(leaf.of, leaf.bounds), exact: true };
      case 'match':
        return undefined;
    }
  }

  #change(slot: number, payload: Payload, add: boolean): void {
    const value = valueAt(payload, this.#path);
    if (value === undefined || value === null) return;
    if (add) this.#present.add(slot);
    else this.#present.delete(slot);
    if (Array.isArray(value)) {
      if (add) this.#arrays.add(slot);
      else this.#arrays.delete(slot);
    }
    const elements: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (this.text !== undefined) {
      const terms = termsOf(value);
      if (add) this.text.add(slot, terms);
      else this.text.remove(slot, terms);
      return;
    }
    for (const element of elements) {
      this.#values.change(element as string | number | boolean, slot, add);
      if (this.#type === 'datetime') this.#instants.change(parseInstant(element as string)!, slot, add);
    }
  }

  /** Of an array one element must hold all the terms, and the index has those of all elements together. */
  #withAll(text: TextIndex, terms: readonly string[]): Lookup {
    const slots = text.withAll(terms);
    return { slots, exact: terms.length === 1 || this.#ofArrays(slots).count() === 0 };
  }

  /** Of slots that have a value, those whose value is an array. */
  #ofArrays(slots: Bitset): Bitset {
    const areAll = this.#arrays.count() === this.#present.count();
    return areAll ? slots : slots.intersection(this.#arrays);
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
