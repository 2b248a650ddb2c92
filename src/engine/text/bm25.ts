import type { TextIndex } from './text-index.ts';

/** How soon more of a term adds little (`k1`), and how much a long text must pay (`b`, 0 to 1). */
export interface Bm25Settings {
  readonly k1: number;
  readonly b: number;
}

/** A field to rank by, and how much it counts. */
export interface RankedField {
  readonly index: TextIndex;
  readonly weight: number;
}

const usual: Bm25Settings = { k1: 1.2, b: 0.75 };

/**
 * Okapi BM25: for each field and each term of the query
 * `weight · ln(1 + (N − n + ½) / (n + ½)) · f · (k1 + 1) / (f + k1 · (1 − b + b · length / average))`, where N of the field's documents have
 * any term and n have this one, f times in a text of `length` terms. The sum is above 0 exactly where the document holds a term.
 */
export class Bm25 {
  readonly #settings: Bm25Settings;
  /** By slot; all 0 between two calls. */
  #scores = new Float64Array(0);

  constructor(settings: Bm25Settings = usual) {
    this.#settings = settings;
  }

  /**
   * Visits each document that holds a term, once, with its score.
   *
   * @param terms Distinct. With the order of the fields theirs decides the last bit of a score.
   */
  rank(fields: readonly RankedField[], terms: readonly string[], visit: (slot: number, score: number) => void): void {
    const touched: number[] = [];
    const slots = Math.max(0, ...fields.map(({ index }) => index.slots));
    if (slots > this.#scores.length) this.#scores = new Float64Array(slots);
    for (const { index, weight } of fields) for (const term of terms) this.#add(index, weight, term, touched);
    const scores = this.#scores;
    for (const slot of touched) {
      const score = scores[slot]!;
      scores[slot] = 0;
      visit(slot, score);
    }
  }

  #add(index: TextIndex, weight: number, term: string, touched: number[]): void {
    const postings = index.postings(term);
    if (postings === undefined) return;
    const { k1, b } = this.#settings;
    const held = postings.length;
    const most = weight * Math.log(1 + (index.documents - held + 0.5) / (held + 0.5)) * (k1 + 1);
    const [base, perTerm] = [k1 * (1 - b), (k1 * b) / index.averageLength];
    const { lengths } = index;
    const scores = this.#scores;
    for (const { slots, frequencies } of postings.blocks) {
      for (let i = 0; i < slots.length; i++) {
        const slot = slots[i]!;
        const frequency = frequencies[i]!;
        const before = scores[slot]!;
        if (before === 0) touched.push(slot);
        scores[slot] = before + (most * frequency) / (frequency + base + perTerm * lengths[slot]!);
      }
    }
  }
}
