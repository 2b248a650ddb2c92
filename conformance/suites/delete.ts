import { deepEqual, equal, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { hostileIds, malformedIds } from '../corpus.ts';
import { asFilter, contents, idsOf, malformed, numbered, paged, scanned, vectorFor } from '../reads.ts';

/** Filters that match everything by their form alone: too dangerous for a write. */
export const alwaysTrue: readonly unknown[] = [
  {},
  { $and: [] },
  { $and: [{}, {}] },
  { $not: { $or: [] } },
  { $not: { n: { $in: [] } } },
  { n: { $nin: [] } },
  { $or: [{ n: 1 }, {}] },
  { $or: [{ n: { $nin: [] } }] },
  { $not: { $not: {} } },
];

/** No target: neither ids nor a filter nor all. */
export const malformedTargets: readonly unknown[] = [
  undefined,
  null,
  7,
  true,
  {},
  { all: false },
  { all: 'true' },
  { all: 1 },
  { filter: undefined },
  { filter: null },
  { filter: 'n = 1' },
  { filter: { n: 1 }, all: true },
  { filter: { n: undefined } },
  { where: { n: 1 } },
  { ids: ['a'] },
  new Set(['r0000']),
];

export const deleteSuite = defineSuite('delete', ['upsert', 'delete', 'get', 'count', 'scan'], (it) => {
  it('by id: no read finds it any more, the others stay', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(5));
    deepEqual(await store.delete('r0002'), { acknowledged: 1, missing: [], failed: [], unknown: [] }, 'result');
    const rest = ['r0000', 'r0001', 'r0003', 'r0004'];
    equal(await store.get('r0002'), undefined, 'get');
    deepEqual([await store.count(), await store.count({ n: 2 })], [4, 0], 'count');
    deepEqual(idsOf(await scanned(store)).sort(), rest, 'scan');
    if (t.meets('filter')) deepEqual(idsOf(await paged(store, {})).sort(), rest, 'filter');
    deepEqual(idsOf(await store.search(vectorFor(2), t.exactly)).sort(), rest, 'search');
  });

  it('by ids: absent ones are listed in missing, each id once', ['option missingIds'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(5));
    const result = await store.delete(['r0001', 'gone', 'r0003', 'r0001', 'gone'], { details: true });
    deepEqual([result.acknowledged, result.missing, result.failed, result.unknown], [2, ['gone'], [], []], 'result');
    deepEqual([...result.acknowledgedIds!].sort(), ['r0001', 'r0003'], 'acknowledgedIds');
    deepEqual(
      await store.delete('r0001'),
      { acknowledged: 0, missing: ['r0001'], failed: [], unknown: [] },
      'once more',
    );
    equal(await store.count(), 3, 'count');
  });

  it('an id that was deleted can be written again', async (t) => {
    const store = await t.scratch();
    for (let round = 0; round < 3; round++) {
      await store.upsert({ id: 'a', vector: vectorFor(round), payload: { round } });
      deepEqual((await store.get('a'))?.payload, { round }, `payload in round ${round}`);
      const [match] = await store.search(vectorFor(round), { ...t.exactly, include: { payload: true } });
      deepEqual([match?.id, match?.payload], ['a', { round }], `match in round ${round}`);
      await store.delete('a');
      deepEqual(await store.search(vectorFor(round), t.exactly), [], `search after round ${round}`);
    }
  });

  it('hostile ids are deleted one by one, and no other with them', async (t) => {
    const store = await t.scratch();
    await store.upsert(hostileIds.map((id, i) => ({ id, vector: vectorFor(i) })));
    const left = new Set(hostileIds);
    for (const id of hostileIds.filter((_, i) => i % 3 === 0)) {
      await store.delete(id);
      left.delete(id);
      equal(await store.count(), left.size, `count after ${JSON.stringify(id)}`);
    }
    deepEqual(idsOf(await scanned(store)).sort(), [...left].sort(), 'left');
    await store.delete([...left]);
    equal(await store.count(), 0, 'count at the end');
  });

  it('many ids over many requests: all are gone', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(1_050));
    const result = await store.delete(idsOf(numbered(1_050)));
    deepEqual([result.acknowledged, await store.count()], [1_050, 0], 'acknowledged and count');
    deepEqual(idsOf(await scanned(store)), [], 'scan');
  });

  it('malformed ids and targets are refused, and nothing is deleted', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(3));
    for (const [what, id] of malformedIds) {
      await rejects('InvalidArgument', what, () => store.delete(['r0000', malformed(id)]));
      if (!Array.isArray(id)) await rejects('InvalidArgument', `${what}, alone`, () => store.delete(malformed(id)));
    }
    for (const target of malformedTargets) {
      await rejects('InvalidArgument', JSON.stringify(target) ?? 'undefined', () => store.delete(malformed(target)));
    }
    equal(await store.count(), 3, 'count');
  });

  it('by filter: what matches is gone, and nothing else', ['$gte', '$lt', 'deleteByFilter'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(30));
    const result = await store.delete({ filter: { n: { $gte: 10, $lt: 20 } } });
    deepEqual([result.acknowledged, result.failed, result.unknown, result.missing], [10, [], [], []], 'result');
    deepEqual(idsOf(await scanned(store)).sort(), idsOf([...numbered(10), ...numbered(10, 3, 20)]), 'left');
  });

  it('by filter: $ne deletes records without the field too', ['deleteByFilter', '$ne'], async (t) => {
    const store = await t.scratch();
    await store.upsert(
      [{ id: 'one', payload: { n: 1 } }, { id: 'two', payload: { n: 2 } }, { id: 'none' }].map((r) => ({
        vector: vectorFor(1),
        ...r,
      })),
    );
    await store.delete({ filter: { n: { $ne: 1 } } });
    deepEqual(idsOf(await scanned(store)), ['one'], 'left');
  });

  it(
    'by a filter that matches nothing: nothing is deleted, and that is no error',
    ['deleteByFilter', '$in'],
    async (t) => {
      const store = await t.scratch();
      await store.upsert(numbered(3));
      for (const filter of [{ n: 99 }, { n: { $in: [] } }, { $or: [] }, { $not: {} }]) {
        equal((await store.delete({ filter })).acknowledged, 0, `acknowledged of ${JSON.stringify(filter)}`);
      }
      equal(await store.count(), 3, 'count');
    },
  );

  it(
    'a filter that is always true is refused: it must be said as { all: true }',
    ['deleteByFilter', '$in', '$nin'],
    async (t) => {
      const store = await t.scratch();
      await store.upsert(numbered(3));
      for (const filter of alwaysTrue) {
        await rejects('InvalidArgument', JSON.stringify(filter), () => store.delete({ filter: asFilter(filter) }));
      }
      equal(await store.count(), 3, 'count');
    },
  );

  it('{ all: true } leaves nothing, and new records can follow', ['deleteAll'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(30));
    const result = await store.delete({ all: true });
    deepEqual([result.failed, result.unknown, result.missing], [[], [], []], 'result');
    deepEqual([await store.count(), idsOf(await scanned(store))], [0, []], 'count and scan');
    deepEqual(await store.search(vectorFor(0), t.exactly), [], 'search');
    await store.delete({ all: true });
    await store.upsert(numbered(1));
    deepEqual(Object.keys(await contents(store)), ['r0000'], 'contents');
  });
});
