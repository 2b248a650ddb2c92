import type { VectorStore } from '../../src/store.ts';
import { deepEqual, equal } from '../assertions.ts';
import { defineSuite, type Need } from '../case.ts';
import { idsOf, numbered, paged, scanned, vectorFor } from '../reads.ts';

/** What there is after a write: payloads by id. */
type State = Readonly<Record<string, unknown>>;

const start: State = { r0000: { n: 0 }, r0001: { n: 1 }, r0002: { n: 2 } };
const { r0000: zeroth, r0001: first, r0002: second } = start;

// biome-ignore format: a table
const writes: readonly (readonly [name: string, needs: readonly Need[], write: (store: VectorStore) => Promise<unknown>, after: State])[] = [
  ['an upsert of a new record', ['upsert'], (store) => store.upsert({ id: 'new', vector: vectorFor(7), payload: { n: 7 } }), { ...start, new: { n: 7 } }],
  ['an upsert over a record', ['upsert'], (store) => store.upsert({ id: 'r0001', vector: vectorFor(7), payload: { m: 7 } }), { ...start, r0001: { m: 7 } }],
  ['an upsert of a stream', ['upsert'], (store) => store.upsert(new Set(numbered(2, 3, 3)), { batchSize: 1 }), { ...start, r0003: { n: 3 }, r0004: { n: 4 } }],
  ['a delete by id', ['delete'], (store) => store.delete('r0001'), { r0000: zeroth, r0002: second }],
  ['a delete by filter', ['deleteByFilter', '$gte'], (store) => store.delete({ filter: { n: { $gte: 1 } } }), { r0000: zeroth }],
  ['a delete of all', ['deleteAll'], (store) => store.delete({ all: true }), {}],
  ['a setPayload that merges', ['setPayload'], (store) => store.setPayload('r0001', { m: 5 }), { ...start, r0001: { n: 1, m: 5 } }],
  ['a setPayload that replaces', ['setPayload', 'option replacePayload'], (store) => store.setPayload('r0001', { m: 5 }, { mode: 'replace' }), { ...start, r0001: { m: 5 } }],
  ['a setPayload that unsets', ['setPayload', 'option unset'], (store) => store.setPayload('r0001', {}, { unset: ['n'] }), { ...start, r0001: {} }],
  ['a setPayload by filter', ['setPayloadByFilter', '$gte'], (store) => store.setPayload({ filter: { n: { $gte: 2 } } }, { n: 9 }), { r0000: zeroth, r0001: first, r0002: { n: 9 } }],
];

const ids = ['r0000', 'r0001', 'r0002', 'r0003', 'r0004', 'new'];

/** Every read, as what it says of the state. */
// biome-ignore format: a table
const reads: readonly (readonly [name: string, needs: readonly Need[], read: (store: VectorStore) => Promise<unknown>, of: (state: State) => unknown])[] = [
  ['get', ['get'], async (store) => (await store.get(ids)).map((record) => record?.payload), (state) => ids.map((id) => state[id])],
  ['scan', ['scan'], async (store) => byId(await scanned(store)), (state) => state],
  ['filter', ['filter'], async (store) => byId(await paged(store, {})), (state) => state],
  ['filter by a field', ['filter', '$gte'], async (store) => idsOf(await paged(store, { n: { $gte: 1 } })).sort(), (state) => matching(state)],
  ['count', ['count'], (store) => store.count(), (state) => Object.keys(state).length],
  ['count by a field', ['count', '$gte'], (store) => store.count({ n: { $gte: 1 } }), (state) => matching(state).length],
  ['search', ['search'], async (store) => byId(await store.search(vectorFor(1), { k: 100 })), (state) => state],
  ['search by a field', ['search', 'option searchFilter', '$gte'], async (store) => idsOf(await store.search(vectorFor(1), { k: 100, filter: { n: { $gte: 1 } } })).sort(), (state) => matching(state)],
  ['searchBatch', ['searchBatch'], async (store) => (await store.searchBatch([vectorFor(1), vectorFor(2)], { k: 100 })).map(byId), (state) => [state, state]],
  ['stats', ['stats'], async (store) => (await store.stats()).count, (state) => Object.keys(state).length],
];

export const readYourWritesSuite = defineSuite(
  'writes are visible to the next read',
  ['upsert', 'session consistency'],
  (it) => {
    for (const [name, needs, write, after] of writes) {
      it(`${name}, to every read`, needs, async (t) => {
        for (const [readName, readNeeds, read, of] of reads) {
          if (!readNeeds.every((need) => t.meets(need))) continue;
          const store = await t.scratch();
          await store.upsert(numbered(3));
          await write(store);
          deepEqual(await read(store), of(after), `${readName} after ${name}`);
          await t.giveBack();
        }
      });
    }

    it('a new vector under an old id is found at its new place, and no more at the old one', ['search'], async (t) => {
      const store = await t.scratch();
      await store.upsert([
        { id: 'a', vector: [1, 0, 0] },
        { id: 'b', vector: [0, 1, 0] },
      ]);
      await store.upsert([
        { id: 'a', vector: [0, 1, 0] },
        { id: 'b', vector: [1, 0, 0] },
      ]);
      deepEqual(idsOf(await store.search([1, 0, 0], { ...t.exactly, k: 1 })), ['b'], 'nearest to [1, 0, 0]');
      deepEqual(idsOf(await store.search([0, 1, 0], { ...t.exactly, k: 1 })), ['a'], 'nearest to [0, 1, 0]');
    });

    it(
      'namespaces are listed when they have been written to, and no more when they were dropped',
      ['namespaces', 'listNamespaces', 'dropNamespace'],
      async (t) => {
        const store = await t.scratch();
        await store.namespace('tenant').upsert(numbered(2));
        deepEqual(await store.listNamespaces(), ['tenant'], 'after an upsert');
        await store.dropNamespace('tenant');
        deepEqual(await store.listNamespaces(), [], 'after the drop');
        equal(await store.namespace('tenant').count(), 0, 'count');
      },
    );

    it(
      'many alternating writes and reads stay in step',
      ['option searchFilter', 'search', 'delete', 'count'],
      async (t) => {
        const store = await t.scratch();
        for (let i = 0; i < 30; i++) {
          await store.upsert({ id: 'moving', vector: vectorFor(i), payload: { i } });
          const [match] = await store.search(vectorFor(i), { ...t.exactly, filter: { i } });
          deepEqual([match?.id, await store.count({ i })], ['moving', 1], `round ${i}`);
          if (i % 3 === 2) await store.delete('moving');
          equal(await store.count(), i % 3 === 2 ? 0 : 1, `count in round ${i}`);
        }
      },
    );
  },
);

function byId(records: readonly { id: string; payload: unknown }[]): State {
  return Object.fromEntries(records.map(({ id, payload }) => [id, payload]));
}

/** Ids of the records with n ≥ 1. */
function matching(state: State): string[] {
  return Object.keys(state)
    .filter((id) => ((state[id] as { n?: number }).n ?? 0) >= 1)
    .sort();
}
