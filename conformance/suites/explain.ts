import type { SearchOptions } from '../../src/types.ts';
import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { malformed, numbered, vectorFor } from '../reads.ts';
import { cloud } from './search.ts';

const strategies: readonly string[] = [
  ...['nothing', 'exact-scan', 'code-scan', 'graph', 'graph-filtered', 'post-filter', 'lists', 'lists-filtered'],
];

const questions: readonly SearchOptions[] = [
  {},
  { exact: true },
  { k: 3 },
  { k: 5, params: { ef: 100, nprobe: 8 } },
  { filter: { parity: 'odd' } },
  { filter: { parity: 'odd', n: 3 }, k: 2 },
  { filter: { n: -1 } },
];

export const explainSuite = defineSuite('explain', ['upsert', 'search', 'count', 'explain'], (it) => {
  it(
    'is one of the strategies there are, with a reason, and was weighed',
    ['option exact', 'option searchFilter'],
    async (t) => {
      const { store } = await cloud(t, t.metric);
      for (const options of questions) {
        const what = JSON.stringify(options);
        const plan = await store.explain(vectorFor(3, 8), options);
        ok(strategies.includes(plan.strategy), `${plan.strategy} for ${what}`);
        ok(plan.reason.length > 10, `a reason for ${what}`);
        ok(
          plan.considered.some(({ strategy }) => strategy === plan.strategy),
          `the strategy is among those considered for ${what}`,
        );
        for (const { cost } of plan.considered) ok(cost === undefined || cost >= 0, `a cost for ${what}`);
        equal(plan.index.type, (await store.stats()).index.type, 'type of the index');
        equal(plan.total, await store.count(), 'total');
        if (options.exact) equal(plan.strategy, 'exact-scan', 'strategy of an exact search');
      }
    },
  );

  it('counts exactly what passes the filter', ['option searchFilter', '$gt'], async (t) => {
    const { store } = await cloud(t, t.metric);
    for (const filter of [{}, { parity: 'odd' }, { n: { $gt: 4 } }, { n: -1 }, { $or: [] }]) {
      const { matching, candidates, total, compared, strategy } = await store.explain(vectorFor(3, 8), { filter });
      equal(matching, await store.count(filter), `matching ${JSON.stringify(filter)}`);
      ok(candidates <= matching && matching <= total, 'candidates, matching and total');
      equal(strategy === 'nothing', candidates === 0, 'nothing');
      equal(compared.vectors === 0, candidates === 0, 'vectors compared');
      if (strategy === 'exact-scan') equal(compared.vectors, candidates, 'vectors compared by a scan');
    }
  });

  it('records without a vector match, and are no candidates', ['option nullVector'], async (t) => {
    const store = await t.scratch();
    await store.upsert([...numbered(3), { id: 'bare', vector: null }]);
    const { total, matching, candidates } = await store.explain(vectorFor(0));
    deepEqual([total, matching, candidates], [4, 4, 3], 'total, matching, candidates');
  });

  it('changes no answer, before or after', ['option searchFilter'], async (t) => {
    const { store } = await cloud(t, t.metric);
    for (const options of questions) {
      if (options.exact && t.exactly.exact !== true) continue;
      const before = await store.search(vectorFor(5, 8), options);
      await store.explain(vectorFor(5, 8), options);
      deepEqual(await store.search(vectorFor(5, 8), options), before, JSON.stringify(options));
    }
  });

  it('of an empty collection says that there is nothing', async (t) => {
    const { strategy, total, matching, compared } = await (await t.scratch()).explain(vectorFor(0));
    deepEqual([strategy, total, matching, compared.vectors], ['nothing', 0, 0, 0], 'plan');
  });

  it('lists the hints that have no effect, and the others in effect', async (t) => {
    const { store } = await cloud(t, t.metric);
    const { ignoredHints } = await store.explain(vectorFor(3, 8), { params: { ef: 77, nprobe: 7 } });
    for (const hint of ['ef', 'nprobe'] as const)
      equal(ignoredHints.includes(`params.${hint}`), !store.capabilities.searchParams.includes(hint), hint);
  });

  it('a question that is none is refused, as search refuses it', async (t) => {
    const store = await t.scratch();
    await rejects('InvalidArgument', 'no vector', () => store.explain(malformed('x')));
    await rejects('InvalidArgument', 'another dimension', () => store.explain([1]));
    await rejects('InvalidArgument', 'k of 0', () => store.explain(vectorFor(0), { k: 0 }));
    await rejects('InvalidArgument', 'a key nobody knows', () => store.explain(vectorFor(0), malformed({ topK: 1 })));
  });
});
