import { Bitset } from '../payload/bitset.ts';
import { PostingList } from './posting-list.ts';

/** The terms of one text field, by slot: what `$match` looks up, and what a ranking counts. Holds no text. */
export class TextIndex {
  readonly #postings = new Map<string, PostingList>();
  /** Terms in a slot's text; 0 or absent where there is none. */
  readonly #lengths: number[] = [];
  #documents = 0;
  #totalLength = 0;

  /** Documents with at least one term. */
  get documents(): number {
    return this.#documents;
  }
  /** Terms of such a document, on average. */
  get averageLength(): number {
    return this.#documents === 0 ? 0 : this.#totalLength / this.#documents;
  }
  /** One more than the highest slot with a term there ever was. */
  get slots(): number {
    return this.#lengths.length;
  }
  /** Terms by slot. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** The documents with a term; undefined where there are none. */
  postings(term: string): PostingList | undefined {
    return this.#postings.get(term);
  }

  /** Enters the terms of a slot that has none here, as they stand in its text. */
  add(slot: number, terms: readonly string[]): void {
    if (terms.length === 0) return;
    for (const [term, frequency] of frequencies(terms)) {
      const postings = this.#postings.get(term);
      if (postings === undefined) this.#postings.set(term, new PostingList(slot, frequency));
      else postings.add(slot, frequency);
    }
    // No holes: an array with holes is several times slower.
    while (this.#lengths.length <= slot) this.#lengths.push(0);
    this.#lengths[slot] = terms.length;
    this.#documents += 1;
    this.#totalLength += terms.length;
  }

  /** Takes out what {@link TextIndex.add} entered, given the same terms. */
  remove(slot: number, terms: readonly string[]): void {
    if (terms.length === 0) return;
    for (const term of new Set(terms)) {
      const postings = this.#postings.get(term)!;
      postings.remove(slot);
      if (postings.length === 0) this.#postings.delete(term);
    }
    this.#lengths[slot] = 0;
    this.#documents -= 1;
    this.#totalLength -= terms.length;
  }

  /** The slots that hold every one of the terms (at least one). */
  withAll(terms: readonly string[]): Bitset {
    const lists = terms.map((term) => this.#postings.get(term)).sort((a, b) => (a?.length ?? 0) - (b?.length ?? 0));
    return lists.slice(1).reduce((slots, list) => slots.intersection(slotsOf(list)), slotsOf(lists[0]));
  }
}

function slotsOf(list: PostingList | undefined): Bitset {
  const set = new Bitset();
  for (const { slots } of list?.blocks ?? []) for (const slot of slots) set.add(slot);
  return set;
}

function frequencies(terms: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}
