import type { VectorStore } from '../../src/store.ts';
import { deepEqual, equal, ok } from '../assertions.ts';
import { defineSuite, type Need } from '../case.ts';
import { methodSpec } from '../methods.ts';
import { everything, scanned, vectorFor } from '../reads.ts';

const records = [0, 1, 2].map((i) => ({
  id: `r${i}`,
  vector: vectorFor(i),
  payload: { n: i, title: 'x', list: [i, { deep: ['x'] }], o: { p: 1 } },
}));

/** Reads that give whole records, each as a list of them. */
const reads: readonly (readonly [
  name: string,
  needs: readonly Need[],
  read: (store: VectorStore) => Promise<readonly object[]>,
])[] = [
  ['get', ['get'], async (store) => (await store.get(['r0', 'r1', 'r2'])).filter((record) => record !== undefined)],
  ['search', ['search'], (store) => store.search(vectorFor(1), { include: everything })],
  [
    'searchBatch',
    ['searchBatch'],
    async (store) => (await store.searchBatch([vectorFor(1)], { include: everything })).flat(),
  ],
  [
    'searchHybrid',
    ['searchHybrid'],
    (store) => store.searchHybrid({ text: 'x', vector: vectorFor(1) }, { include: everything }),
  ],
  ['filter', ['filter'], async (store) => (await store.filter({}, { include: everything })).records],
  ['scan', ['scan'], (store) => scanned(store)],
];

export const aliasingSuite = defineSuite('results are the caller’s own', ['upsert'], (it) => {
  for (const [name, needs, read] of reads) {
    it(`whatever a caller does to what ${name} gave, the next read gives the same as before`, needs, async (t) => {
      const store = await t.scratch(methodSpec(t));
      await store.upsert(records);
      const before = structuredClone(await read(store));
      equal(before.length, 3, 'records');
      vandalise(await read(store));
      deepEqual(await read(store), before, `${name} again`);
      for (const [other, more, otherRead] of reads) {
        if (!more.every((need) => t.meets(need))) continue;
        const untouched = await otherRead(store);
        vandalise(await read(store));
        deepEqual(await otherRead(store), untouched, `${other} after ${name}`);
      }
    });
  }

  it('records that are given twice are two copies', ['get', 'searchBatch'], async (t) => {
    const store = await t.scratch();
    await store.upsert(records);
    const [first, second] = await store.get(['r0', 'r0']);
    vandalise([first!]);
    deepEqual(second?.payload, records[0]!.payload, 'the second of get');
    const [left, right] = await store.searchBatch([vectorFor(1), vectorFor(1)], { include: everything });
    vandalise(left!);
    deepEqual(
      right!.map((match) => match.payload.o),
      [{ p: 1 }, { p: 1 }, { p: 1 }],
      'the second of searchBatch',
    );
  });

  it('search does not change what it compares: a record is the same before and after', ['get', 'search'], async (t) => {
    for (const metric of ['cosine', 'dot', 'euclidean'] as const) {
      if (!t.supports(t.capabilities.metrics[metric])) continue;
      const store = await t.scratch({ metric });
      await store.upsert(records);
      const before = await store.get(['r0', 'r1', 'r2']);
      for (let i = 0; i < 3; i++) await store.search(vectorFor(i), { include: everything });
      deepEqual(await store.get(['r0', 'r1', 'r2']), before, `records under ${metric}`);
    }
  });

  it('settings, statistics and capabilities cannot be changed through what is given of them', ['stats'], async (t) => {
    const db = await t.connect();
    const store = await db.createCollection(t.uniqueName(), t.spec({ fields: { n: 'number' } }));
    // Others may come and go meanwhile.
    const own = async () => (await db.listCollections()).filter(({ name }) => name === store.name);
    const look = async () =>
      JSON.stringify([
        await own(),
        (await store.stats()).index,
        (await store.stats()).ignoredHints,
        db.capabilities,
        store.capabilities,
      ]);
    const before = await look();
    vandalise([await db.listCollections(), await store.stats(), db.capabilities, store.capabilities]);
    equal(await look(), before, 'second look');
    ok(db.capabilities.limits.k >= 1, 'limits');
    await db.dropCollection(store.name);
  });
});

/** Changes everything beneath a value that can be changed. */
function vandalise(value: object): void {
  if (value instanceof Float32Array) {
    value.fill(Number.NaN);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (typeof member === 'object' && member !== null) vandalise(member);
    Reflect.set(value, key, 'vandalised');
  }
  if (Array.isArray(value) && !Object.isFrozen(value)) value.push('more');
  Reflect.set(value, 'added', true);
}
