import type { DriverHybrid, StoredRecord } from '../driver.ts';
import { Bitset } from '../engine/payload/bitset.ts';
import { Bm25 } from '../engine/text/bm25.ts';
import { TextIndex } from '../engine/text/text-index.ts';
import { TopK } from '../engine/top-k.ts';
import { evaluate } from '../filter/evaluate.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { parsePath, type Segments, valueAt } from '../filter/path.ts';
import { termsOf } from '../filter/tokenize.ts';
import type { RankedHit } from '../fusion.ts';
import { atOnce } from '../time-slice.ts';
import type { Id } from '../types.ts';

/** Stands for every term that nobody asked for: no text has it. */
const otherTerm = '';

interface RankedPath {
  readonly path: Segments;
  readonly weight: number;
  readonly index: TextIndex;
}

/**
 * The engine's ranking by text, of records that pass by once. Every record counts for the statistics, those that pass the filter are ranked. Keeps
 * their ids and what the query's terms need of their texts, and forgets the rest.
 */
export class TextRanking {
  readonly #fields: readonly RankedPath[];
  readonly #terms: readonly string[];
  readonly #wanted: ReadonlySet<string>;
  readonly #filter: FilterNode;
  readonly #allowed = new Bitset();
  readonly #ids: Id[] = [];

  constructor({ fields, terms, filter }: Pick<DriverHybrid, 'fields' | 'terms' | 'filter'>) {
    this.#fields = fields.map(({ field, weight }) => ({
      path: parsePath(field, 'fields'),
      weight,
      index: new TextIndex(),
    }));
    this.#terms = terms;
    this.#wanted = new Set(terms);
    this.#filter = filter;
  }

  /** Records seen. */
  get size(): number {
    return this.#ids.length;
  }

  /** Each record once, with its payload. */
  add({ id, payload }: StoredRecord): void {
    const slot = this.#ids.push(id) - 1;
    if (evaluate(this.#filter, payload)) this.#allowed.add(slot);
    for (const { path, index } of this.#fields) {
      const terms = termsOf(valueAt(payload, path));
      index.add(
        slot,
        terms.map((term) => (this.#wanted.has(term) ? term : otherTerm)),
      );
    }
  }

  /** The best `k` that hold a term, best first, ties by id. */
  best(k: number): RankedHit[] {
    const best = new TopK(k);
    const among = { k, allowed: this.#allowed };
    const ranking = new Bm25().rank(this.#fields, this.#terms, among, (slot, score) => {
      if (best.admits(-score)) best.offer({ slot, id: this.#ids[slot]!, distance: -score });
    });
    atOnce(ranking);
    return best.sorted().map(({ id, distance }) => ({ id, score: -distance }));
  }
}
