import { deepEqual, equal, ok, rejects, sameMembers } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { checkVector } from '../oracle/comparison.ts';
import { asFilter, idsOf, malformed, numbered, paged, vectorFor } from '../reads.ts';

export const filterSuite = defineSuite('filter', ['upsert', 'filter'], (it) => {
  it('pages give each matching record once, whatever their size', ['$lt'], async (t) => {
    const store = await t.scratch();
    const limit = 10;
    for (const size of [0, 1, limit - 1, limit, limit + 1, 3 * limit, 3 * limit + 1]) {
      await store.upsert(numbered(size));
      const records = await paged(store, {}, limit);
      sameMembers(idsOf(records), idsOf(numbered(size)), `${size} records in pages of ${limit}`);
      for (const record of records)
        deepEqual(record.payload, { n: Number(record.id.slice(1)) }, `payload of ${record.id}`);
    }
    sameMembers(idsOf(await paged(store, { n: { $lt: 25 } }, 7)), idsOf(numbered(25)), 'with a filter');
    sameMembers(idsOf(await paged(store, { n: { $lt: 25 } }, 1)), idsOf(numbered(25)), 'in pages of 1');
  });

  it('a page that holds the rest has no cursor; limit defaults to 100', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(101));
    const first = await store.filter({});
    equal(first.records.length, 100, 'records of the first page');
    ok(first.cursor !== undefined, 'a cursor');
    const second = await store.filter({}, { cursor: first.cursor });
    deepEqual([second.records.length, second.cursor], [1, undefined], 'the second page');
    sameMembers(idsOf([...first.records, ...second.records]), idsOf(numbered(101)), 'both pages');
    const all = await store.filter({}, { limit: 10_000 });
    deepEqual([all.records.length, all.cursor], [101, undefined], 'limit beyond the count');
  });

  it('a record that is deleted between two pages costs no other', ['delete'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(30));
    const seen: string[] = [];
    const deleted: string[] = [];
    let cursor: string | undefined;
    do {
      const page: Awaited<ReturnType<typeof store.filter>> = await store.filter(
        {},
        { limit: 7, ...(cursor && { cursor }) },
      );
      seen.push(...idsOf(page.records));
      cursor = page.cursor;
      // The last one given, which a naive cursor points at, and one that is still to come.
      const coming = idsOf(numbered(30)).find((id) => !seen.includes(id) && !deleted.includes(id));
      const victims = [seen.at(-1), coming].filter((id) => id !== undefined);
      deleted.push(...victims);
      await store.delete(victims);
    } while (cursor !== undefined);
    equal(new Set(seen).size, seen.length, 'records given twice');
    deepEqual(
      idsOf(numbered(30)).filter((id) => !seen.includes(id) && !deleted.includes(id)),
      [],
      'records lost',
    );
  });

  it('records without a match give an empty page', ['$in'], async (t) => {
    const store = await t.scratch();
    deepEqual(await store.filter({}), { records: [] }, 'an empty collection');
    await store.upsert(numbered(3));
    for (const filter of [{ n: 99 }, { n: { $in: [] } }, { $or: [] }, { $not: {} }]) {
      deepEqual(await store.filter(filter), { records: [] }, JSON.stringify(filter));
    }
  });

  it('include chooses payload and vector; by default payload and no vector', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(1));
    const record = async (include?: { payload?: boolean; vector?: boolean }) =>
      (await store.filter({}, { ...(include && { include }) })).records[0]!;
    deepEqual(await record(), { id: 'r0000', payload: { n: 0 } }, 'default');
    deepEqual(await record({ payload: false }), { id: 'r0000' }, 'no payload');
    deepEqual(Object.keys(await record({ vector: true })).sort(), ['id', 'payload', 'vector'], 'with vector');
    const { records } = await store.filter({}, { include: { vector: true } });
    checkVector(records[0]!.vector, Float32Array.from(vectorFor(0)), store.capabilities.vectorReadback, 'vector');
  });

  it('options that break a rule are refused', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(3));
    for (const limit of [0, -1, 1.5, 10_001, Number.NaN, '10', null]) {
      await rejects('InvalidArgument', `limit ${String(limit)}`, () => store.filter({}, { limit: malformed(limit) }));
    }
    for (const cursor of ['', 'no cursor of ours', '\0', '{"offset":1}', '-1', '99999999999', 7, null, {}]) {
      await rejects('InvalidArgument', `cursor ${JSON.stringify(cursor)}`, () =>
        store.filter({}, { cursor: malformed(cursor) }),
      );
    }
    await rejects('InvalidArgument', 'a key nobody knows', () => store.filter({}, malformed({ offset: 5 })));
    await rejects('InvalidArgument', 'include', () => store.filter({}, { include: malformed({ score: true }) }));
    for (const filter of [undefined, null, 'x', 7, [], { n: undefined }]) {
      await rejects('InvalidArgument', `filter ${JSON.stringify(filter)}`, () => store.filter(asFilter(filter)));
    }
  });
});
