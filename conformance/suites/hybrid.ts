import { deepEqual, equal, ok, rejects, sameMembers } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import type { Context } from '../context.ts';
import { filled } from '../fixtures.ts';
import { idsOf, malformed, vectorFor } from '../reads.ts';

const texts = {
  cat: { x: 'A cat sat on the mat', lang: 'en' },
  cats: { x: 'Two cats and a cat', lang: 'en' },
  dog: { x: 'The dog barks', lang: 'en' },
  katze: { x: 'Die Katze und der cat', lang: 'de' },
  none: { lang: 'en' },
};

function store(t: Context) {
  return filled(t, 'hybrid texts', texts, { x: 'text', lang: 'keyword' });
}

/** Membership and filters are promised, scores are not: their weights differ by backend. */
export const hybridSuite = defineSuite(
  'searchHybrid',
  ['upsert', 'searchHybrid', 'field text', 'field keyword'],
  (it) => {
    it('by text alone it finds the records that hold a term, and no others', async (t) => {
      const matches = await (await store(t)).searchHybrid({ text: 'cat' }, { k: 10 });
      sameMembers(idsOf(matches), ['cat', 'cats', 'katze'], 'matches');
      for (const match of matches)
        deepEqual(match.payload, texts[match.id as keyof typeof texts], `payload of ${match.id}`);
    });

    it('by text and vector it finds what either finds, each record once', async (t) => {
      const matches = await (await store(t)).searchHybrid({ text: 'dog', vector: vectorFor(0) }, { k: 10 });
      sameMembers(idsOf(matches), Object.keys(texts), 'matches');
    });

    it('a filter holds for both halves, and k for the whole', async (t) => {
      const filtered = await (await store(t)).searchHybrid(
        { text: 'cat', vector: vectorFor(0) },
        { k: 10, filter: { lang: 'de' } },
      );
      deepEqual(idsOf(filtered), ['katze'], 'matches');
      equal(
        (await (await store(t)).searchHybrid({ text: 'cat', vector: vectorFor(0) }, { k: 2 })).length,
        2,
        'matches with k = 2',
      );
    });

    it('best first, and a text without a match gives []', async (t) => {
      const matches = await (await store(t)).searchHybrid({ text: 'cat dog' }, { k: 10 });
      for (const [i, match] of matches.entries())
        ok(i === 0 || match.score <= matches[i - 1]!.score, `rank ${i} scores ${match.score}`);
      deepEqual(await (await store(t)).searchHybrid({ text: 'zebra' }), [], 'matches of zebra');
    });

    it('a query that is none is refused', async (t) => {
      const collection = await store(t);
      for (const query of [
        undefined,
        null,
        'cat',
        {},
        { text: 7 },
        { text: 'cat', vector: [1] },
        { vector: vectorFor(0) },
        { text: 'cat', weight: 1 },
      ]) {
        await rejects('InvalidArgument', JSON.stringify(query) ?? 'undefined', () =>
          collection.searchHybrid(malformed(query)),
        );
      }
    });
  },
);
