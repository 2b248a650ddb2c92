import { deepEqual, equal, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { malformedVectors } from '../corpus.ts';
import { idsOf, malformed, numbered, vectorFor } from '../reads.ts';
import { cloud } from './search.ts';

export const searchBatchSuite = defineSuite('searchBatch', ['upsert', 'search', 'searchBatch'], (it) => {
  it(
    'gives one answer per query, in their order, each the same as search gives',
    ['option searchFilter'],
    async (t) => {
      const { store } = await cloud(t, t.metric);
      const queries = Array.from({ length: 12 }, (_, i) => vectorFor(i * 13, 8));
      const include = { payload: true, vector: true } as const;
      for (const options of [{}, { k: 3 }, { k: 5, filter: { parity: 'odd' } }, { k: 2, include }, { k: 400 }]) {
        const answers = await store.searchBatch(queries, { ...t.exactly, ...options });
        equal(answers.length, queries.length, 'answers');
        for (const [i, query] of queries.entries()) {
          deepEqual(
            answers[i],
            await store.search(query, { ...t.exactly, ...options }),
            `query ${i} with ${JSON.stringify(options)}`,
          );
        }
      }
    },
  );

  it('no queries, no answers; the same query twice, the same answer twice', async (t) => {
    const { store } = await cloud(t, t.metric);
    deepEqual(await store.searchBatch([]), [], 'no queries');
    const query = vectorFor(3, 8);
    const [first, second] = await store.searchBatch([query, Float32Array.from(query)], t.exactly);
    deepEqual(first, second, 'answers');
  });

  it(
    'an empty collection, and a filter that matches nothing, give [] per query',
    ['option searchFilter', '$in'],
    async (t) => {
      const store = await t.scratch();
      deepEqual(await store.searchBatch([vectorFor(0), vectorFor(1)]), [[], []], 'empty collection');
      await store.upsert(numbered(3));
      deepEqual(await store.searchBatch([vectorFor(0), vectorFor(1)], { filter: { n: 99 } }), [[], []], 'n = 99');
      deepEqual(
        await store.searchBatch([vectorFor(0), vectorFor(1)], { filter: { n: { $in: [] } } }),
        [[], []],
        '$in: []',
      );
    },
  );

  it('more queries than one request takes are all answered', async (t) => {
    const { store } = await cloud(t, t.metric);
    const amount = Math.min(t.capabilities.limits.batchQueries + 1, 1_001);
    const queries = Array.from({ length: amount }, (_, i) => vectorFor(i % 7, 8));
    const answers = await store.searchBatch(queries, { ...t.exactly, k: 1 });
    equal(answers.length, amount, 'answers');
    const expected = await store.searchBatch(queries.slice(0, 7), { ...t.exactly, k: 1 });
    for (const [i, answer] of answers.entries()) deepEqual(idsOf(answer), idsOf(expected[i % 7]!), `answer ${i}`);
  });

  it('one query that is no vector, and the whole batch is refused with its place', async (t) => {
    const store = await t.scratch();
    for (const [what, query] of malformedVectors) {
      const error = await rejects('InvalidArgument', what, () => store.searchBatch([vectorFor(0), malformed(query)]));
      equal(error.message.includes('vectors[1]'), true, `${what}: the message names the place: ${error.message}`);
    }
    for (const queries of [undefined, null, vectorFor(0), { length: 0 }, 'x', Float32Array.of(1, 2, 3)]) {
      await rejects('InvalidArgument', String(queries), () => store.searchBatch(malformed(queries)));
    }
  });
});
