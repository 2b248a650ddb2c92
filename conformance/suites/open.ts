import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { contents, malformed, numbered, vectorFor } from '../reads.ts';
import { asyncTitleSchema, throwingSchema, titleSchema } from '../schemas.ts';

const vector = vectorFor(1);

export const openSuite = defineSuite('open', ['upsert', 'get', 'count', 'scan'], (it) => {
  it('collection(name) opens what another handle created and wrote', async (t) => {
    const created = await t.scratch({ fields: { n: 'number' } });
    await created.upsert(numbered(3));
    const opened = await t.db.collection(created.name);
    deepEqual([opened.name, opened.dimension, opened.metric], [created.name, 3, t.metric], 'the handle');
    deepEqual(await contents(opened), await contents(created), 'contents');
    await opened.upsert(numbered(1, 3, 9));
    equal(await created.count(), 4, 'count through the first handle');
    await opened.close();
    equal(await created.count(), 4, 'the first handle is still open');
  });

  it('a collection that does not exist is NotFound', async (t) => {
    await rejects('NotFound', 'collection', () => t.db.collection(t.uniqueName()));
    await rejects('NotFound', 'collection with fields', () =>
      t.db.collection(t.uniqueName(), { fields: { a: 'keyword' } }),
    );
  });

  it('any name may be asked for, not only portable ones', async (t) => {
    const name = `My_${t.uniqueName()}`;
    equal(await t.db.hasCollection(name), false, 'hasCollection');
    await rejects('NotFound', 'collection', () => t.db.collection(name));
    equal(await t.db.dropCollection(name), false, 'dropCollection');
  });

  it('a name that is none is refused', async (t) => {
    for (const name of ['', undefined, null, 7, {}, 'a\ud800']) {
      await rejects('InvalidArgument', String(name), () => t.db.collection(malformed(name)));
    }
  });

  it('an option that nobody knows is refused', async (t) => {
    const store = await t.scratch();
    await rejects('InvalidArgument', 'collection', () => t.db.collection(store.name, malformed({ dimensions: 3 })));
  });

  it('what the caller says must agree with what is stored, else Conflict', async (t) => {
    const store = await t.scratch({ fields: { n: 'number', 'a."b.c"': 'keyword' } });
    await t.db.collection(store.name, { fields: { '"n"': 'number', 'a."b.c"': 'keyword' } });
    for (const fields of [
      { n: 'keyword' },
      { n: 'number' },
      {},
      { n: 'number', 'a."b.c"': 'keyword', more: 'keyword' },
    ] as const) {
      await rejects('Conflict', JSON.stringify(fields), () => t.db.collection(store.name, { fields }));
    }
    const { idMode } = (await t.db.listCollections()).find((info) => info.name === store.name)!;
    await t.db.collection(store.name, { idMode });
    const other = idMode === 'native' ? 'hashed' : 'native';
    await rejects('Conflict', `idMode ${other}`, () => t.db.collection(store.name, { idMode: other }));
  });

  for (const [kind, payload] of [
    ['synchronous', titleSchema],
    ['asynchronous', asyncTitleSchema],
  ] as const) {
    it(`a payload schema (${kind}) checks upserts, and its output is stored`, async (t) => {
      const { name } = await t.scratch();
      const store = await t.db.collection(name, { payload });
      await store.upsert({ id: 'a', vector, payload: { title: ' x ' } });
      deepEqual((await store.get('a'))?.payload, { title: 'x', checked: true }, 'stored');
      const records = [
        { id: 'b', vector, payload: { title: 'y' } },
        { id: 'c', vector, payload: malformed({ title: 7 }) },
      ];
      const error = await rejects('InvalidArgument', 'upsert', () => store.upsert(records));
      ok(error.message.includes('title'), `the message names the field: ${error.message}`);
      equal(await store.count(), 1, 'nothing of the array was written');
    });
  }

  it(
    "a payload schema checks setPayload with mode: 'replace', and not a merge",
    ['setPayload', 'option replacePayload'],
    async (t) => {
      const { name } = await t.scratch();
      const store = await t.db.collection<{ title: unknown; n?: number }>(name, malformed({ payload: titleSchema }));
      await store.upsert({ id: 'a', vector, payload: { title: 'x' } });
      await store.setPayload('a', { title: ' z ' }, { mode: 'replace' });
      deepEqual((await store.get('a'))?.payload, { title: 'z', checked: true }, 'replaced by the output');
      await rejects('InvalidArgument', 'replace', () => store.setPayload('a', { n: 1 }, { mode: 'replace' }));
      await store.setPayload('a', { title: 7 });
      deepEqual((await store.get('a'))?.payload, { title: 7, checked: true }, 'merged as it is');
    },
  );

  it('a payload schema that throws is InvalidArgument with its error as cause', async (t) => {
    const { name } = await t.scratch();
    const store = await t.db.collection(name, { payload: throwingSchema });
    const error = await rejects('InvalidArgument', 'upsert', () => store.upsert({ id: 'a', vector, payload: {} }));
    ok(error.cause instanceof RangeError, 'the cause');
    equal(await store.count(), 0, 'count');
  });

  it('reads are unchecked, but for validateReads: true, where a payload that does not fit is Corruption', async (t) => {
    const plain = await t.scratch();
    await plain.upsert([
      { id: 'good', vector, payload: { title: 'x' } },
      { id: 'bad', vector, payload: { title: 7 } },
    ]);
    const trusting = await t.db.collection(plain.name, { payload: titleSchema });
    deepEqual((await trusting.get('bad'))?.payload, { title: 7 }, 'unchecked');
    const careful = await t.db.collection(plain.name, { payload: titleSchema, validateReads: true });
    deepEqual((await careful.get('good'))?.payload, { title: 'x' }, 'as stored, not as the schema puts it out');
    const error = await rejects('Corruption', 'get', () => careful.get('bad'));
    deepEqual(error.ids, ['bad'], 'ids of the error');
  });
});
