import { deepEqual, equal, rejects, sameMembers } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import type { Context } from '../context.ts';
import { checkMatches } from '../oracle/comparison.ts';
import { asFilter, idsOf, numbered, vectorFor } from '../reads.ts';
import { cloud } from './search.ts';

export const searchFilterSuite = defineSuite(
  'search with a filter',
  ['upsert', 'search', 'option searchFilter'],
  (it) => {
    it('gives the nearest of the records that match, and only those', ['$in', '$gt', '$gte', '$lt'], async (t) => {
      const { store, oracle } = await cloud(t, t.metric);
      const filters = [
        { parity: 'odd' },
        { n: { $lt: 5 } },
        { third: { $in: [0, 2] }, parity: 'even' },
        { n: { $gte: 0 } },
        { $not: { n: { $gt: 2 } } },
      ];
      for (const filter of filters) {
        for (const k of [1, 10, 300]) {
          const query = vectorFor(k, 8);
          const ranked = oracle.ranked(query, filter);
          const what = `${JSON.stringify(filter)}, k = ${k}`;
          checkMatches(
            await store.search(query, { ...t.exactly, k, filter }),
            ranked,
            { k, exact: t.exactly.exact === true },
            t.metric,
            what,
          );
          checkMatches(
            await store.search(query, { k, filter }),
            ranked,
            { k, exact: false },
            t.metric,
            `${what}, not exact`,
          );
        }
      }
    });

    it(
      'a filter that matches nothing gives [], one that matches everything changes nothing',
      ['$exists', '$in', '$nin'],
      async (t) => {
        const { store } = await cloud(t, t.metric);
        const query = vectorFor(1, 8);
        for (const filter of [
          { n: -1 },
          { n: { $in: [] } },
          { $or: [] },
          { $not: {} },
          { parity: 'odd', third: 'x' },
        ]) {
          deepEqual(await store.search(query, { filter }), [], JSON.stringify(filter));
        }
        const all = await store.search(query, { ...t.exactly, k: 25 });
        for (const filter of [{}, { $and: [] }, { n: { $nin: [] } }, { n: { $exists: true } }, { $not: { $or: [] } }]) {
          deepEqual(await store.search(query, { ...t.exactly, k: 25, filter }), all, JSON.stringify(filter));
        }
      },
    );

    it('one match among many records is found, wherever it lies', async (t) => {
      const { store, size } = await haystack(t);
      const farthest = size - 1;
      for (const n of [0, Math.floor(size / 2), farthest]) {
        deepEqual(
          idsOf(await store.search(vectorFor(0, 8), { k: 10, filter: { needle: n } })),
          [`h${n}`],
          `needle ${n}`,
        );
        deepEqual(idsOf(await store.search(vectorFor(0, 8), { k: 10, filter: { plain: n } })), [`h${n}`], `plain ${n}`);
      }
      deepEqual(await store.search(vectorFor(0, 8), { k: 10, filter: { needle: size } }), [], 'no such needle');
    });

    it('k matches are found where a filter lets one record in a hundred pass', ['$in'], async (t) => {
      const { store, size } = await haystack(t);
      const matches = await store.search(vectorFor(0, 8), { k: 10, filter: { hundredth: 7 } });
      equal(matches.length, Math.min(10, Math.ceil((size - 7) / 100)), 'matches');
      equal(
        matches.every((match) => match.payload.hundredth === 7),
        true,
        'all of them match',
      );
    });

    it('payload fields may be called as the library calls things', async (t) => {
      const store = await t.scratch();
      const names = [
        'namespace',
        'id',
        'vector',
        'payload',
        'score',
        'distance',
        'text',
        'metadata',
        'filter',
        'values',
      ];
      await store.upsert([
        ...names.map((name, i) => ({ id: name, vector: vectorFor(i), payload: { [name]: 'x' } })),
        { id: 'other', vector: vectorFor(20), payload: Object.fromEntries(names.map((name) => [name, 'y'])) },
      ]);
      for (const name of names) {
        deepEqual(idsOf(await store.search(vectorFor(0), { filter: { [name]: 'x' } })), [name], `filter on ${name}`);
      }
      sameMembers(
        idsOf(await store.search(vectorFor(0), { filter: { namespace: 'y' } })),
        ['other'],
        'the default namespace is meant',
      );
    });

    it('a filter that breaks a rule is refused, in a batch as well', ['searchBatch'], async (t) => {
      const store = await t.scratch();
      await store.upsert(numbered(3));
      for (const filter of [
        { n: undefined },
        { n: null },
        { n: [1] },
        { n: {} },
        { n: { $foo: 1 } },
        { $foo: 1 },
        [],
        'n = 1',
        7,
      ]) {
        const what = JSON.stringify(filter);
        await rejects('InvalidArgument', what, () => store.search(vectorFor(0), { filter: asFilter(filter) }));
        await rejects('InvalidArgument', `${what} in a batch`, () =>
          store.searchBatch([vectorFor(0)], { filter: asFilter(filter) }),
        );
      }
    });
  },
);

/** Very many records of which a filter picks few; `needle` and `hundredth` are declared, `plain` is not. */
function haystack(t: Context) {
  return t.fixture('haystack', async (fixture) => {
    const size = fixture.budget.haystack;
    const store = await fixture.create({ dimension: 8, fields: { needle: 'number', hundredth: 'number' } });
    await store.upsert(
      Array.from({ length: size }, (_, n) => ({
        id: `h${n}`,
        vector: Array.from({ length: 8 }, (_, axis) => Math.cos(n * (axis + 0.7)) + (axis === 0 ? 0.5 : 0)),
        payload: { needle: n, plain: n, hundredth: n % 100 },
      })),
    );
    return { store, size };
  });
}
