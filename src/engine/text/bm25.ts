import type { Pieces } from '../../time-slice.ts';
import type { Bitset } from '../payload/bitset.ts';
import type { PostingList } from './posting-list.ts';
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

/** One term in one field. */
interface Clause {
  readonly index: TextIndex;
  readonly postings: PostingList;
  /** What a document gains by it is below. */
  readonly most: number;
}

/** Documents looked at between two looks at the clock. */
const together = 2_048;

const usual: Bm25Settings = { k1: 1.2, b: 0.75 };

/**
 * Okapi BM25: for each field and each term of the query
 * `weight · ln(1 + (N − n + ½) / (n + ½)) · f · (k1 + 1) / (f + k1 · (1 − b + b · length / average))`, where N of the field's documents have
 * any term and n have this one, f times in a text of `length` terms. The sum is above 0 exactly where the document holds a term.
 */
export class Bm25 {
  readonly #settings: Bm25Settings;
  /** By slot, all 0; undefined while a ranking has them. */
  #spare: Float64Array | undefined = new Float64Array(0);

  constructor(settings: Bm25Settings = usual) {
    this.#settings = settings;
  }

  /**
   * Visits the best `k` of the allowed documents that hold a term, and perhaps others of them; each once, with its score. No document must come or go
   * between the pieces.
   *
   * The rarest terms come first. As soon as `k` documents are ahead of whatever those to come can give a new one, only documents seen so far
   * are looked up in their lists (MaxScore): the lists of common terms, which are the long ones, need not be read.
   *
   * @param terms Distinct.
   */
  *rank(
    fields: readonly RankedField[],
    terms: readonly string[],
    { k, allowed }: { readonly k: number; readonly allowed: Bitset },
    visit: (slot: number, score: number) => void,
  ): Pieces<void> {
    const scores = this.#takeScores(Math.max(0, ...fields.map(({ index }) => index.slots)));
    const clauses = this.#clauses(fields, terms);
    const bounds = boundsAfter(clauses);
    const total = (bounds[0] ?? 0) + (clauses[0]?.most ?? 0);
    let seen: number[] = [];
    let closed = false;
    for (const [i, clause] of clauses.entries()) {
      if (closed) yield* this.#lookUp(clause, seen, scores);
      else yield* this.#read(clause, allowed, seen, scores);
      const bound = bounds[i]!;
      // No document can have gained more than has come by now.
      if (bound >= total - bound) continue;
      const least = yield* kthBest(seen, k, scores);
      closed ||= least >= bound;
      if (closed) seen = yield* contenders(seen, least - bound, scores);
    }
    for (const [i, slot] of seen.entries()) {
      const score = scores[slot]!;
      scores[slot] = 0;
      visit(slot, score);
      if (i % together === together - 1) yield;
    }
    this.#spare = scores;
  }

  /** All 0, for so many slots at least. Another ranking may be under way: then they are new ones. */
  #takeScores(slots: number): Float64Array {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare !== undefined && spare.length >= slots ? spare : new Float64Array(slots);
  }

  /** By falling bound; where equal, in the order of fields and terms. */
  #clauses(fields: readonly RankedField[], terms: readonly string[]): Clause[] {
    const clauses: Clause[] = [];
    for (const { index, weight } of fields) {
      for (const term of terms) {
        const postings = index.postings(term);
        if (postings === undefined) continue;
        const held = postings.length;
        const rarity = Math.log(1 + (index.documents - held + 0.5) / (held + 0.5));
        clauses.push({ index, postings, most: weight * rarity * (this.#settings.k1 + 1) });
      }
    }
    return clauses.sort((a, b) => b.most - a.most);
  }

  /** Adds to every allowed document with the term, and enters it in `seen` the first time. */
  *#read({ index, postings, most }: Clause, allowed: Bitset, seen: number[], scores: Float64Array): Pieces<void> {
    const [base, perTerm] = this.#norm(index);
    const { lengths } = index;
    let read = 0;
    for (const { slots, frequencies } of postings.blocks) {
      for (let i = 0; i < slots.length; i++) {
        const slot = slots[i]!;
        if (!allowed.has(slot)) continue;
        const frequency = frequencies[i]!;
        const before = scores[slot]!;
        if (before === 0) seen.push(slot);
        scores[slot] = before + (most * frequency) / (frequency + base + perTerm * lengths[slot]!);
      }
      read += slots.length;
      if (read < together) continue;
      read = 0;
      yield;
    }
  }

  /** Adds to the documents of `seen` that hold the term. */
  *#lookUp({ index, postings, most }: Clause, seen: readonly number[], scores: Float64Array): Pieces<void> {
    const [base, perTerm] = this.#norm(index);
    const { lengths } = index;
    for (let i = 0; i < seen.length; i++) {
      const slot = seen[i]!;
      if (i % together === together - 1) yield;
      const frequency = postings.frequencyOf(slot);
      if (frequency === 0) continue;
      scores[slot]! += (most * frequency) / (frequency + base + perTerm * lengths[slot]!);
    }
  }

  #norm(index: TextIndex): readonly [base: number, perTerm: number] {
    const { k1, b } = this.#settings;
    return [k1 * (1 - b), (k1 * b) / index.averageLength];
  }
}

/** The `k`-th highest score so far; −Infinity where there are fewer. */
function* kthBest(seen: readonly number[], k: number, scores: Float64Array): Pieces<number> {
  if (seen.length < k) return Number.NEGATIVE_INFINITY;
  // A binary heap of the best k, the lowest at the root.
  const heap = new Float64Array(k);
  for (let i = 0; i < seen.length; i++) {
    if (i % together === together - 1) yield;
    const score = scores[seen[i]!]!;
    if (score <= heap[0]!) continue;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= k) break;
      const child = left + 1 < k && heap[left + 1]! < heap[left]! ? left + 1 : left;
      if (heap[child]! >= score) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = score;
  }
  return heap[0]!;
}

/** Those with at least this score; the scores of the others are forgotten. */
function* contenders(seen: readonly number[], least: number, scores: Float64Array): Pieces<number[]> {
  const kept: number[] = [];
  for (let i = 0; i < seen.length; i++) {
    if (i % together === together - 1) yield;
    const slot = seen[i]!;
    if (scores[slot]! >= least) kept.push(slot);
    else scores[slot] = 0;
  }
  return kept;
}

/** What a document can gain at most by the clauses after each; 0 after the last. */
function boundsAfter(clauses: readonly Clause[]): Float64Array {
  const bounds = new Float64Array(clauses.length);
  for (let i = clauses.length - 2; i >= 0; i--) bounds[i] = bounds[i + 1]! + clauses[i + 1]!.most;
  // Rounding could let a little more come.
  return bounds.map((bound) => bound * (1 + 1e-9));
}
