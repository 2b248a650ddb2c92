import { deepEqual, equal, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { directionlessVectors, hostileIds, malformedIds, malformedVectors } from '../corpus.ts';
import { checkVector } from '../oracle/comparison.ts';
import { contents, idsOf, malformed, numbered, scanned, vectorFor } from '../reads.ts';

const vector = vectorFor(1);

/** What is no record at all. */
const malformedRecords: readonly (readonly [what: string, record: unknown])[] = [
  ['null', null],
  ['undefined', undefined],
  ['a string', 'a'],
  ['a number', 7],
  ['no id', { vector, payload: {} }],
  ['no vector', { id: 'x', payload: {} }],
  ['a key nobody knows', { id: 'x', vector, metadata: {} }],
  ['a payload that is no object', { id: 'x', vector, payload: 'x' }],
  [
    'an object of a class',
    new (class Thing {
      id = 'x';
      vector = vector;
    })(),
  ],
];

export const upsertSuite = defineSuite('upsert', ['upsert', 'get', 'count', 'scan'], (it) => {
  it('one record, or an array of them, can be read back whole', async (t) => {
    const store = await t.scratch();
    deepEqual(
      await store.upsert(numbered(1)[0]!),
      { acknowledged: 1, missing: [], failed: [], unknown: [] },
      'result of one',
    );
    deepEqual(
      await store.upsert(numbered(3)),
      { acknowledged: 3, missing: [], failed: [], unknown: [] },
      'result of three',
    );
    equal(await store.count(), 3, 'count');
    const record = await store.get('r0002');
    deepEqual(record?.payload, { n: 2 }, 'payload');
    checkVector(record!.vector, Float32Array.from(vectorFor(2)), store.capabilities.vectorReadback, 'vector');
  });

  it('details: true lists the acknowledged ids, each once; without it there is no list', async (t) => {
    const store = await t.scratch();
    const result = await store.upsert([...numbered(3), ...numbered(1)], { details: true });
    deepEqual([...result.acknowledgedIds!].sort(), ['r0000', 'r0001', 'r0002'], 'acknowledgedIds');
    equal(result.acknowledged, 3, 'acknowledged');
    equal('acknowledgedIds' in (await store.upsert(numbered(1))), false, 'a list without details');
  });

  it('the whole record is replaced: old payload keys are gone, the old vector too', async (t) => {
    const store = await t.scratch();
    await store.upsert({ id: 'a', vector: [1, 0, 0], payload: { old: 1, both: 'old', nested: { x: 1 } } });
    await store.upsert({ id: 'a', vector: [0, 1, 0], payload: { both: 'new', nested: { y: 2 } } });
    const record = await store.get('a');
    deepEqual(record?.payload, { both: 'new', nested: { y: 2 } }, 'payload');
    checkVector(record!.vector, Float32Array.of(0, 1, 0), store.capabilities.vectorReadback, 'vector');
    const [match] = await store.search([0, 1, 0], { ...t.exactly, k: 1 });
    equal(match?.id, 'a', 'found by the new vector');
    equal(await store.count(), 1, 'count');
  });

  it('an upsert without a payload, or with an empty one, clears the old payload', async (t) => {
    const store = await t.scratch();
    for (const record of [
      { id: 'a', vector },
      { id: 'a', vector, payload: {} },
      { id: 'a', vector, payload: undefined },
    ]) {
      await store.upsert({ id: 'a', vector, payload: { old: 1 } });
      await store.upsert(malformed(record));
      deepEqual((await store.get('a'))?.payload, {}, 'payload');
    }
  });

  it('of several records with one id in one call the last wins', async (t) => {
    const store = await t.scratch();
    const records = ['first', 'second', 'third'].map((which, i) => ({
      id: 'a',
      vector: vectorFor(i),
      payload: { which },
    }));
    const result = await store.upsert([...records.slice(0, 2), ...numbered(2), records[2]!]);
    deepEqual([result.acknowledged, await store.count()], [3, 3], 'acknowledged and count');
    const record = await store.get('a');
    deepEqual(record?.payload, { which: 'third' }, 'payload');
    checkVector(record!.vector, Float32Array.from(vectorFor(2)), store.capabilities.vectorReadback, 'vector');
  });

  it('a Float32Array and an array of numbers are the same vector, rounded to f32', async (t) => {
    const store = await t.scratch();
    const numbers = [0.1, 1 / 3, -2.0000001];
    await store.upsert([
      { id: 'array', vector: numbers },
      { id: 'typed', vector: Float32Array.from(numbers) },
    ]);
    const [array, typed] = await store.get(['array', 'typed']);
    deepEqual(array!.vector, typed!.vector, 'read back');
    checkVector(array!.vector, Float32Array.from(numbers), store.capabilities.vectorReadback, 'vector');
  });

  it('hostile ids are all different records and come back as they are', async (t) => {
    const store = await t.scratch();
    await store.upsert(hostileIds.map((id, i) => ({ id, vector: vectorFor(i), payload: { i } })));
    equal(await store.count(), hostileIds.length, 'count');
    deepEqual(idsOf(await scanned(store)).sort(), [...hostileIds].sort(), 'ids of a scan');
    const records = await store.get(hostileIds);
    for (const [i, id] of hostileIds.entries())
      deepEqual([records[i]?.id, records[i]?.payload], [id, { i }], `get(${JSON.stringify(id)})`);
    const found = await store.search(vectorFor(0), { ...t.exactly, k: hostileIds.length });
    deepEqual(idsOf(found).sort(), [...hostileIds].sort(), 'ids of a search');
  });

  it('malformed ids are refused, and nothing of the array is written', async (t) => {
    const store = await t.scratch();
    for (const [what, id] of malformedIds) {
      await rejects('InvalidArgument', what, () => store.upsert([...numbered(2), { id: malformed(id), vector }]));
      await rejects('InvalidArgument', `${what}, alone`, () => store.upsert({ id: malformed(id), vector }));
    }
    equal(await store.count(), 0, 'count');
  });

  it('malformed vectors are refused with their place, and nothing of the array is written', async (t) => {
    const store = await t.scratch();
    for (const [what, bad] of malformedVectors) {
      const records = [...numbered(2), { id: 'bad', vector: malformed(bad) }];
      const error = await rejects('InvalidArgument', what, () => store.upsert(records));
      ok(error.message.includes('records[2].vector'), `${what}: the message names the place: ${error.message}`);
    }
    equal(await store.count(), 0, 'count');
  });

  it('wrong lengths that add up are refused all the same', async (t) => {
    const store = await t.scratch();
    const records = [
      { id: 'a', vector: [1, 2, 3, 4] },
      { id: 'b', vector: [5, 6] },
    ];
    await rejects('InvalidArgument', 'one more and one less', () => store.upsert(records));
    equal(await store.count(), 0, 'count');
  });

  it('a vector without a direction is refused under cosine', ['metric cosine'], async (t) => {
    const store = await t.scratch({ metric: 'cosine' });
    for (const [what, bad] of directionlessVectors) {
      await rejects('InvalidArgument', what, () => store.upsert([...numbered(2), { id: 'bad', vector: bad }]));
    }
    equal(await store.count(), 0, 'count');
  });

  for (const metric of ['dot', 'euclidean'] as const) {
    it(`a zero vector is a vector under ${metric}`, [`metric ${metric}`], async (t) => {
      const store = await t.scratch({ metric });
      await store.upsert([
        { id: 'zero', vector: [0, 0, 0] },
        { id: 'far', vector: [-3, 0, 4] },
      ]);
      deepEqual(Array.from((await store.get('zero'))!.vector!), [0, 0, 0], 'read back');
      const matches = await store.search([0, 0, 0], { ...t.exactly });
      deepEqual(idsOf(matches), metric === 'dot' ? ['far', 'zero'] : ['zero', 'far'], 'order');
    });
  }

  it('malformed records are refused, and nothing of the array is written', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(1));
    const before = await contents(store);
    for (const [what, record] of malformedRecords) {
      await rejects('InvalidArgument', `${what}, in an array`, () => store.upsert([...numbered(2), malformed(record)]));
      await rejects('InvalidArgument', `${what}, alone`, () => store.upsert(malformed(record)));
    }
    await rejects('InvalidArgument', 'a hole', () => store.upsert(malformed(Array(2))));
    deepEqual(await contents(store), before, 'contents');
  });

  it('arrays of any size are written whole, also beyond one request', async (t) => {
    const { batchRecords } = t.capabilities.limits;
    for (const size of [
      99,
      100,
      101,
      250,
      1_000,
      ...(batchRecords < 5_000 ? [batchRecords - 1, batchRecords, batchRecords + 1] : []),
    ]) {
      const store = await t.scratch();
      const result = await store.upsert(numbered(size));
      deepEqual([result.acknowledged, await store.count()], [size, size], `acknowledged and count of ${size}`);
      const records = await store.get(idsOf(numbered(size)));
      deepEqual(
        records.filter((record, i) => record?.payload.n !== i),
        [],
        `records lost or swapped of ${size}`,
      );
    }
  });

  it('batchSize and concurrency change how, not what is written', async (t) => {
    const store = await t.scratch();
    const result = await store.upsert(numbered(101), { batchSize: 10, concurrency: 4, details: true });
    deepEqual([...result.acknowledgedIds!].sort(), idsOf(numbered(101)), 'acknowledgedIds');
    equal(await store.count(), 101, 'count');
    for (const options of [
      { batchSize: 0 },
      { batchSize: 1.5 },
      { batchSize: '10' },
      { concurrency: 0 },
      { concurrency: 65 },
      { batch: 1 },
    ]) {
      await rejects('InvalidArgument', JSON.stringify(options), () => store.upsert(numbered(1), malformed(options)));
    }
  });

  it(
    'vector: null is a record without an embedding: no search finds it, every other read does',
    ['filter', 'option nullVector'],
    async (t) => {
      const store = await t.scratch();
      await store.upsert([
        { id: 'bare', vector: null, payload: { n: 1 } },
        { id: 'full', vector, payload: { n: 1 } },
      ]);
      deepEqual(idsOf(await store.search(vector, t.exactly)), ['full'], 'search');
      deepEqual(idsOf(await scanned(store)).sort(), ['bare', 'full'], 'scan');
      deepEqual(idsOf((await store.filter({ n: 1 })).records).sort(), ['bare', 'full'], 'filter');
      deepEqual([await store.count(), (await store.get('bare'))?.vector], [2, null], 'count and read-back');
      await store.upsert([
        { id: 'bare', vector },
        { id: 'full', vector: null },
      ]);
      deepEqual(idsOf(await store.search(vector, t.exactly)), ['bare'], 'after each became the other');
    },
  );
});
