import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printSeed, seed } from '../../../test/support/seed.ts';
import { tokenize } from '../../filter/tokenize.ts';
import { atOnce } from '../../time-slice.ts';
import type { Payload } from '../../types.ts';
import { Bitset } from '../payload/bitset.ts';
import { PayloadTable } from '../payload/payload-table.ts';

printSeed('BM25 against a plain scan');
const runs = process.env.ANYVEC_DEEP ? 10_000 : 1_000;
const declared = { title: 'text', 'body.en': 'text', lang: 'keyword' } as const;
type Weights = readonly { readonly field: 'title' | 'body.en'; readonly weight: number }[];

/** Terms of a field of one document; of an array, of all its elements. */
function termsOf(payload: Payload | undefined, field: Weights[number]['field']): string[] {
  const value = field === 'title' ? payload?.title : (payload?.body as Payload | undefined)?.en;
  return ([value].flat() as unknown[]).flatMap((text) => (typeof text === 'string' ? tokenize(text) : []));
}

/** The definition, over every document, each time anew. */
function plainScan(
  documents: readonly (Payload | undefined)[],
  weights: Weights,
  query: readonly string[],
): Map<number, number> {
  const scores = new Map<number, number>();
  for (const { field, weight } of weights) {
    const texts = documents.map((payload) => termsOf(payload, field));
    const filled = texts.filter((terms) => terms.length > 0);
    const average = filled.reduce((sum, terms) => sum + terms.length, 0) / filled.length;
    for (const term of query) {
      const holding = filled.filter((terms) => terms.includes(term)).length;
      const idf = Math.log(1 + (filled.length - holding + 0.5) / (holding + 0.5));
      for (const [slot, terms] of texts.entries()) {
        const frequency = terms.filter((other) => other === term).length;
        if (frequency === 0) continue;
        const norm = 1.2 * (1 - 0.75 + (0.75 * terms.length) / average);
        const score = (weight * idf * frequency * (1.2 + 1)) / (frequency + norm);
        scores.set(slot, (scores.get(slot) ?? 0) + score);
      }
    }
  }
  return scores;
}

/** Every document that holds a term. */
function ranked(table: PayloadTable, weights: Weights, query: readonly string[]): Map<number, number> {
  return among(table, weights, query, Number.MAX_SAFE_INTEGER, everySlot);
}

const everySlot = Bitset.of(Array.from({ length: 64 }, (_, slot) => slot));

function among(
  table: PayloadTable,
  weights: Weights,
  query: readonly string[],
  k: number,
  allowed: Bitset,
): Map<number, number> {
  const scores = new Map<number, number>();
  const ranking = table.rankByText(weights, query, { k, allowed }, (slot, score) => {
    expect(scores.has(slot), `slot ${slot} is visited twice`).toBe(false);
    scores.set(slot, score);
  });
  atOnce(ranking);
  return scores;
}

const word = fc.constantFrom('a', 'b', 'c', 'cat', 'Cat', 'naïve', 'x2', '日本', 'constructor', '__proto__');
const text = fc.oneof(
  { weight: 9, arbitrary: fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')) },
  { weight: 1, arbitrary: fc.constant('— !?') },
);
const value = fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.constant(null));
const document: fc.Arbitrary<Payload> = fc.record(
  { title: value, body: fc.record({ en: value }, { requiredKeys: [] }), lang: fc.constantFrom('en', 'de') },
  { requiredKeys: [] },
);
const weight = fc.constantFrom(1, 0.5, 3);
const weights: fc.Arbitrary<Weights> = fc.tuple(weight, weight, fc.constantFrom(0, 1, 2)).map(([title, body, which]) =>
  [
    { field: 'body.en' as const, weight: body },
    { field: 'title' as const, weight: title },
  ].filter((_, i) => which === 2 || which === i),
);
const query = fc.uniqueArray(
  word.map((term) => tokenize(term)[0]!),
  { minLength: 1, maxLength: 4 },
);

describe('the ranking by text', () => {
  it('finds and scores as a plain scan does, whatever was written, replaced and removed before', () => {
    const write = fc.tuple(fc.nat(30), fc.option(document));
    let compared = 0;
    fc.assert(
      fc.property(
        fc.array(write, { minLength: 40, maxLength: 80 }),
        fc.array(fc.tuple(weights, query), { minLength: 2, maxLength: 4 }),
        (writes, queries) => {
          const table = new PayloadTable(declared);
          const documents: (Payload | undefined)[] = new Array(31).fill(undefined);
          // Half of the writes come after the first ranking, which is when the index is made.
          for (const half of [writes.slice(0, writes.length >> 1), writes.slice(writes.length >> 1)]) {
            for (const [slot, payload] of half) {
              if (payload === null) table.remove(slot);
              else table.set(slot, payload);
              documents[slot] = payload ?? undefined;
            }
            for (const [fields, terms] of queries) {
              const expected = plainScan(documents, fields, terms);
              const actual = ranked(table, fields, terms);
              expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
              for (const [slot, score] of actual) {
                expect(score).toBeGreaterThan(0);
                expect(Math.abs(score - expected.get(slot)!)).toBeLessThanOrEqual(1e-12 * score);
                compared += 1;
              }
            }
          }
        },
      ),
      { seed, numRuns: runs },
    );
    console.log(`${compared} scores agree`);
    expect(compared).toBeGreaterThan(10 * runs);
  }, 120_000);

  it('gives a document the same bits wherever it is and however it came there', () => {
    const order = fc.uniqueArray(fc.nat(19), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(
        fc.array(document, { minLength: 20, maxLength: 20 }),
        order,
        weights,
        query,
        (documents, slots, fields, terms) => {
          const plain = new PayloadTable(declared);
          for (const [i, payload] of documents.entries()) plain.set(i, payload);
          const shuffled = new PayloadTable(declared);
          shuffled.set(25, { title: 'cat a b c' });
          ranked(shuffled, fields, terms);
          for (const i of slots) {
            shuffled.set(slots[i]!, { title: 'cat', body: { en: 'a a' } });
            shuffled.set(slots[i]!, documents[i]!);
          }
          shuffled.remove(25);
          const there = ranked(shuffled, fields, terms);
          const expected = [...ranked(plain, fields, terms)].map(([i, score]) => [slots[i], score]);
          expect(there).toEqual(new Map(expected as [number, number][]));
        },
      ),
      { seed, numRuns: runs / 5 },
    );
  });

  it('visits the best k of those allowed with the same bits, whatever else it leaves out', () => {
    // Common and rare words, so that there is something to leave out.
    const skewed = fc.nat(999).map((x) => `w${Math.floor(40 ** (x / 1_000)) - 1}`);
    const texts = fc.array(fc.array(skewed, { minLength: 1, maxLength: 15 }), { minLength: 60, maxLength: 60 });
    const terms = fc.uniqueArray(skewed, { minLength: 2, maxLength: 8 });
    const allowed = fc.option(fc.uniqueArray(fc.nat(59), { minLength: 20, maxLength: 59 }), { nil: undefined });
    let [visited, matching] = [0, 0];
    fc.assert(
      fc.property(texts, weights, terms, fc.constantFrom(1, 3, 10), allowed, (documents, fields, query, k, some) => {
        const table = new PayloadTable(declared);
        for (const [slot, text] of documents.entries()) {
          const half = text.length >> 1;
          table.set(slot, { title: text.slice(half).join(' '), body: { en: text.slice(0, half).join(' ') } });
        }
        const set = some === undefined ? everySlot : Bitset.of(some);
        const all = [...ranked(table, fields, query)].filter(([slot]) => set.has(slot));
        const byScore = all.sort(([a, x], [b, y]) => y - x || a - b);
        const found = among(table, fields, query, k, set);
        expect(new Map(all)).toEqual(new Map([...all.filter(([slot]) => !found.has(slot)), ...found]));
        const least = byScore.slice(0, k).at(-1)?.[1] ?? 0;
        const mustBeThere = byScore.filter(([, score]) => score >= least).map(([slot]) => slot);
        expect(mustBeThere.filter((slot) => !found.has(slot))).toEqual([]);
        visited += found.size;
        matching += all.length;
      }),
      { seed, numRuns: runs },
    );
    console.log(`${visited} of ${matching} matching documents were visited`);
    expect(visited).toBeLessThan(0.6 * matching);
  }, 60_000);

  it('a rarer term, more of it, a shorter text and a heavier field each count for more', () => {
    const table = new PayloadTable(declared);
    const texts = ['cat', 'cat cat dog', 'cat dog dog', 'the cat and a dog on a very long walk', 'dog', 'dog', 'bird'];
    for (const [slot, title] of texts.entries()) table.set(slot, { title });
    table.set(7, { body: { en: 'bird' } });
    table.set(8, { body: { en: 'cat' } });
    const of = (terms: string[], body = 1) =>
      ranked(
        table,
        [
          { field: 'body.en', weight: body },
          { field: 'title', weight: 1 },
        ],
        terms,
      );
    const cat = of(['cat']);
    expect(cat.get(0)!).toBeGreaterThan(cat.get(3)!);
    expect(cat.get(1)!).toBeGreaterThan(cat.get(2)!);
    const either = of(['bird', 'dog']);
    expect(either.get(6)!).toBeGreaterThan(either.get(4)!);
    expect(of(['bird'], 3).get(7)).toBeCloseTo(3 * of(['bird']).get(7)!, 12);
    expect(of(['nowhere']).size).toBe(0);
  });
});
