import type { IndexProgress } from '../../src/types.ts';
import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { checkMatches } from '../oracle/comparison.ts';
import { Oracle } from '../oracle.ts';
import { contents, malformed, numbered, vectorFor } from '../reads.ts';

export const recreateIndexSuite = defineSuite('recreateIndex', ['upsert', 'search', 'recreateIndex'], (it) => {
  it('changes no record and no answer', ['stats'], async (t) => {
    const store = await t.scratch({ dimension: 8 });
    const records = numbered(200, 8).map((record) => ({
      ...record,
      vector: vectorFor(Number(record.id.slice(1)), 8),
      payload: { n: Number(record.id.slice(1)) },
    }));
    await store.upsert(records);
    const oracle = new Oracle(t.metric);
    oracle.upsert(records);
    const before = await contents(store);
    for (const index of t.indexSpecs) {
      const { type } = index;
      await store.recreateIndex(index);
      equal((await store.stats()).index.type, type, 'stats().index.type');
      deepEqual(await contents(store), before, `contents under ${type}`);
      for (const [k, exact] of [
        [10, true],
        [10, false],
        [300, false],
      ] as const) {
        const query = vectorFor(k + 7, 8);
        const options = { k, ...(exact && t.exactly) };
        const asked = { k, exact: exact && t.exactly.exact === true };
        checkMatches(
          await store.search(query, options),
          oracle.ranked(query),
          asked,
          t.metric,
          `${type}, ${JSON.stringify(options)}`,
        );
      }
    }
    await store.recreateIndex(t.harness.createOptions?.index ?? { type: 'auto' });
  });

  it(
    'goes on with records of all namespaces, and with records written afterwards',
    ['namespaces', 'delete'],
    async (t) => {
      const store = await t.scratch();
      const tenant = store.namespace('tenant');
      await store.upsert(numbered(20));
      await tenant.upsert(numbered(10));
      await store.recreateIndex({ type: 'auto' });
      await store.upsert(numbered(5, 3, 20));
      await tenant.delete('r0000');
      equal((await store.search(vectorFor(0), { k: 100 })).length, 25, 'matches');
      equal((await tenant.search(vectorFor(0), { k: 100 })).length, 9, 'matches of the namespace');
    },
  );

  it('tells its progress, from less to all', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(50));
    const told: IndexProgress[] = [];
    await store.recreateIndex({ type: 'auto' }, { onProgress: (progress) => told.push({ ...progress }) });
    const last = told.at(-1);
    ok(last !== undefined && last.done === last.total, `the last word is ${JSON.stringify(last)}`);
    deepEqual(
      [...told].sort((a, b) => a.done - b.done),
      told,
      'in order',
    );
  });

  it('an empty collection can be indexed too', async (t) => {
    const store = await t.scratch();
    await store.recreateIndex({ type: 'auto' });
    deepEqual(await store.search(vectorFor(0)), [], 'search');
  });

  it('what is no index is refused, an unknown type is Unsupported, and the old index stays', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(3));
    for (const index of [
      undefined,
      null,
      'hnsw',
      7,
      { type: 7 },
      { type: 'auto', m: 1 },
      { type: 'auto', M: 16 },
      [],
    ]) {
      await rejects('InvalidArgument', JSON.stringify(index) ?? 'undefined', () =>
        store.recreateIndex(malformed(index)),
      );
    }
    await rejects('Unsupported', 'no-such-index', () =>
      store.recreateIndex({ type: 'no-such-index' }, { strict: true }),
    );
    await rejects('InvalidArgument', 'onProgress', () =>
      store.recreateIndex({ type: 'auto' }, { onProgress: malformed(7) }),
    );
    equal((await store.search(vectorFor(0))).length, 3, 'matches');
  });
});
