import { equal, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { asFilter, malformed, numbered } from '../reads.ts';

export const countSuite = defineSuite('count', ['upsert', 'count'], (it) => {
  it('is exact after every write', ['delete'], async (t) => {
    const store = await t.scratch();
    equal(await store.count(), 0, 'of nothing');
    await store.upsert(numbered(25));
    equal(await store.count(), 25, 'after an upsert');
    await store.upsert(numbered(25));
    equal(await store.count(), 25, 'after the same upsert again');
    await store.delete(['r0003', 'r0004', 'gone']);
    equal(await store.count(), 23, 'after a delete');
    await store.upsert(numbered(2, 3, 3));
    equal(await store.count(), 25, 'after writing them again');
  });

  it('with a filter is exact, whatever share of the records matches', ['$lt', '$exists'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(1_200));
    for (const bound of [0, 1, 600, 1_199, 1_200])
      equal(await store.count({ n: { $lt: bound } }), bound, `n < ${bound}`);
    for (const filter of [undefined, {}, { $and: [] }, { n: { $exists: true } }]) {
      equal(await store.count(filter), 1_200, JSON.stringify(filter) ?? 'undefined');
    }
    equal(await store.count({ $or: [] }), 0, '$or: []');
  });

  it('what is no filter, or no option, is refused', async (t) => {
    const store = await t.scratch();
    for (const filter of [null, 7, 'x', [], { n: undefined }, { n: {} }]) {
      await rejects('InvalidArgument', JSON.stringify(filter), () => store.count(asFilter(filter)));
    }
    await rejects('InvalidArgument', 'a key nobody knows', () => store.count({}, malformed({ exact: true })));
  });
});
