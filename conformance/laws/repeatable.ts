import { deepEqual, equal, ok, sameMembers } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { contents, everything, idsOf, numbered, paged, scanned, vectorFor } from '../reads.ts';
import { cloud } from '../suites/search.ts';

export const repeatableSuite = defineSuite('reads and writes together', ['upsert', 'get', 'scan', 'count'], (it) => {
  it(
    'the same read twice gives the same twice, in any order and at once',
    ['option searchFilter', '$gte', 'search', 'searchBatch', 'filter'],
    async (t) => {
      const { store } = await cloud(t, t.metric);
      const query = vectorFor(2, 8);
      const reads = [
        () => store.search(query, { k: 30, include: everything }),
        () => store.search(query, { k: 5, filter: { parity: 'odd' }, ...t.exactly }),
        () => store.searchBatch([query, vectorFor(9, 8)], { k: 3 }),
        () => store.filter({ third: 1 }, { limit: 20 }).then(({ records }) => records),
        () => store.get(['c3', 'c1', 'none', 'c3']),
        () => store.count({ n: { $gte: 100 } }),
        () => contents(store),
      ];
      const once = [];
      for (const read of reads) once.push(await read());
      for (const [i, read] of [...reads.entries()].reverse()) deepEqual(await read(), once[i], `read ${i} again`);
      const together = await Promise.all([...reads, ...reads].map((read) => read()));
      for (const [i, answer] of together.entries())
        deepEqual(answer, once[i % reads.length], `read ${i} at once with others`);
    },
  );

  it(
    'the order in which records were written changes no answer',
    ['option searchFilter', '$ne', '$lt', 'search', 'filter', 'delete'],
    async (t) => {
      const forwards = await t.create();
      const backwards = await t.create();
      const records = numbered(120);
      await forwards.upsert(records);
      await backwards.upsert(numbered(40, 3, 200));
      await backwards.upsert([...records].reverse(), { batchSize: 7 });
      await backwards.delete(idsOf(numbered(40, 3, 200)));
      await backwards.upsert(records.filter((_, i) => i % 3 === 0));
      deepEqual(await contents(backwards), await contents(forwards), 'contents');
      for (const i of [0, 33, 119]) {
        const options = { ...t.exactly, k: 20, filter: { n: { $ne: 33 } } };
        deepEqual(
          await backwards.search(vectorFor(i), options),
          await forwards.search(vectorFor(i), options),
          `search ${i}`,
        );
      }
      sameMembers(
        idsOf(await paged(backwards, { n: { $lt: 50 } }, 9)),
        idsOf(await paged(forwards, { n: { $lt: 50 } }, 11)),
        'filter',
      );
    },
  );

  it('writes at once from many callers all land', ['delete', 'setPayload'], async (t) => {
    const store = await t.scratch();
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.upsert(numbered(10, 3, i * 10))));
    equal(await store.count(), 200, 'count');
    await Promise.all([
      store.delete(idsOf(numbered(50))),
      store.setPayload(idsOf(numbered(50, 3, 50)), { hit: true }),
      store.upsert(numbered(50, 3, 500)),
      ...Array.from({ length: 5 }, () => scanned(store)),
    ]);
    deepEqual([await store.count(), await store.count({ hit: true })], [200, 50], 'count');
  });

  it('a count during writes counts each record that nobody touches once, and no other twice', ['delete'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(100));
    for (let round = 0; round < 5; round++) {
      const writes = [
        store.upsert(numbered(30, 3, 100)),
        store.delete(idsOf(numbered(20, 3, 110))),
        store.upsert(numbered(30, 3, 110)),
      ];
      const counts = await Promise.all(Array.from({ length: 10 }, () => store.count()));
      await Promise.all(writes);
      ok(
        counts.every((count) => count >= 100 && count <= 140),
        `counts ${counts.join(', ')} of 100 records and 40 in motion`,
      );
    }
  });

  it('writes of one id at once leave one of them, whole', async (t) => {
    const store = await t.scratch();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.upsert({ id: 'same', vector: vectorFor(i), payload: { i, [`only${i}`]: i } }),
      ),
    );
    const record = await store.get('same');
    const i = record?.payload.i as number;
    deepEqual(record?.payload, { i, [`only${i}`]: i }, 'payload');
    const back = record!.vector!;
    const cosine =
      vectorFor(i).reduce((sum, x, axis) => sum + x * back[axis]!, 0) /
      Math.hypot(...vectorFor(i)) /
      Math.hypot(...back);
    ok(cosine > 0.999_999, `the vector is that of the same write: cosine ${cosine}`);
    equal(await store.count(), 1, 'count');
  });

  it('where setPayload is atomic, merges of different keys at once all land', ['setPayload'], async (t) => {
    const support = t.capabilities.operations.setPayload;
    const isAtomic = support === 'native' || ('emulated' in support && support.emulated.atomic);
    const store = await t.scratch();
    await store.upsert(numbered(1));
    const patches = Array.from({ length: 20 }, (_, i) => ({ [`key${i}`]: i }));
    if (isAtomic) await Promise.all(patches.map((patch) => store.setPayload('r0000', patch)));
    else for (const patch of patches) await store.setPayload('r0000', patch);
    deepEqual((await store.get('r0000'))?.payload, Object.assign({ n: 0 }, ...patches), 'payload');
  });
});
