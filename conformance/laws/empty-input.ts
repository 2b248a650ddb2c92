import { deepEqual, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { asFilter, contents, malformed, numbered } from '../reads.ts';

const nothing = { acknowledged: 0, missing: [], failed: [], unknown: [] };

export const emptyInputSuite = defineSuite('empty input', ['upsert', 'scan'], (it) => {
  it('upsert([]) writes nothing, and says so', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(2));
    const before = await contents(store);
    deepEqual(await store.upsert([]), nothing, 'result');
    deepEqual(await store.upsert([], { details: true }), { ...nothing, acknowledgedIds: [] }, 'result with details');
    deepEqual(await contents(store), before, 'contents');
  });

  it('delete([]) and setPayload([], …) touch nothing: no ids are not all ids', ['delete', 'setPayload'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(2));
    const before = await contents(store);
    deepEqual(await store.delete([]), nothing, 'delete');
    deepEqual(await store.setPayload([], { hit: true }), nothing, 'setPayload');
    deepEqual(await contents(store), before, 'contents');
  });

  it('get([]) and searchBatch([]) give []', ['get', 'searchBatch'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(2));
    deepEqual([await store.get([]), await store.searchBatch([])], [[], []], 'answers');
  });

  it(
    'no request is made for it: a dropped collection does not notice',
    ['get', 'delete', 'setPayload', 'searchBatch'],
    async (t) => {
      const store = await t.create();
      await t.db.dropCollection(store.name);
      deepEqual(await store.upsert([]), nothing, 'upsert');
      deepEqual(await store.delete([]), nothing, 'delete');
      deepEqual(await store.setPayload([], {}), nothing, 'setPayload');
      deepEqual([await store.get([]), await store.searchBatch([])], [[], []], 'get and searchBatch');
    },
  );

  it(
    'a filter that can match nothing needs no request either',
    ['filter', 'count', 'search', 'option searchFilter', '$in'],
    async (t) => {
      const store = await t.create();
      await t.db.dropCollection(store.name);
      for (const filter of [{ $or: [] }, { n: { $in: [] } }, { $not: {} }, { a: 1, $or: [] }].map(asFilter)) {
        const what = JSON.stringify(filter);
        deepEqual(await store.search([1, 2, 3], { filter }), [], `search of ${what}`);
        deepEqual(await store.filter(filter), { records: [] }, `filter of ${what}`);
        deepEqual(await store.count(filter), 0, `count of ${what}`);
      }
    },
  );

  it('its options are checked all the same', ['get', 'searchBatch', 'setPayload'], async (t) => {
    const store = await t.scratch();
    await rejects('InvalidArgument', 'upsert', () => store.upsert([], { batchSize: 0 }));
    await rejects('InvalidArgument', 'get', () => store.get([], malformed({ limit: 1 })));
    await rejects('InvalidArgument', 'searchBatch', () => store.searchBatch([], { k: 0 }));
    await rejects('InvalidArgument', 'setPayload', () => store.setPayload([], malformed({ a: () => 1 })));
    await rejects('Aborted', 'aborted', () => store.upsert([], { signal: AbortSignal.abort() }));
  });
});
