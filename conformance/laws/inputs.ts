import type { VectorDatabase } from '../../src/database.ts';
import type { VectorStore } from '../../src/store.ts';
import { deepEqual, equal } from '../assertions.ts';
import { defineSuite, type Need } from '../case.ts';
import { methodSpec } from '../methods.ts';
import { asFilter, contents, idsOf, malformed, numbered, vectorFor } from '../reads.ts';

type Arguments = readonly unknown[];

/** Calls with the richest arguments that they take, as data. */
// biome-ignore format: a table
const calls: readonly (readonly [name: string, needs: readonly Need[], build: () => Arguments, call: (store: VectorStore, args: Arguments) => Promise<unknown>])[] = [
  ['upsert one', ['upsert'], () => [rich(), { details: true }], (store, [record, options]) => store.upsert(malformed(record), malformed(options))],
  ['upsert an array', ['upsert'], () => [[rich(), ...numbered(2)], { batchSize: 1 }], (store, [records, options]) => store.upsert(malformed(records), malformed(options))],
  ['delete by ids', ['delete'], () => [['r0000', 'r0000', 'gone'], { details: true }], (store, [ids, options]) => store.delete(malformed(ids), malformed(options))],
  ['delete by filter', ['deleteByFilter', '$in', '$gte', '$lt'], () => [{ filter: richFilter() }, {}], (store, [target, options]) => store.delete(malformed(target), malformed(options))],
  ['setPayload', ['setPayload', 'option unset'], () => [['r0000', 'r0001'], rich().payload, { unset: ['n', 'x."y.z"'] }], (store, [ids, patch, options]) => store.setPayload(malformed(ids), malformed(patch), malformed(options))],
  ['setPayload by filter', ['setPayloadByFilter', '$in', '$gte', '$lt'], () => [{ filter: richFilter() }, { a: [1] }], (store, [target, patch]) => store.setPayload(malformed(target), malformed(patch))],
  ['get', ['get'], () => [['r0001', 'r0000', 'r0001'], { include: { vector: true } }], (store, [ids, options]) => store.get(malformed(ids), malformed(options))],
  ['search', ['search', 'option searchFilter', '$in', '$gte', '$lt'], () => [vectorFor(1), { k: 2, filter: richFilter(), include: { vector: true }, params: { ef: 20 } }], (store, [query, options]) => store.search(malformed(query), malformed(options))],
  ['searchBatch', ['searchBatch'], () => [[vectorFor(1), vectorFor(2)], { k: 2, include: { vector: true } }], (store, [queries, options]) => store.searchBatch(malformed(queries), malformed(options))],
  ['explain', ['explain', 'option searchFilter', '$in', '$gte', '$lt'], () => [vectorFor(1), { k: 2, filter: richFilter(), params: { ef: 20 } }], (store, [query, options]) => store.explain(malformed(query), malformed(options))],
  ['searchHybrid', ['searchHybrid', 'option searchFilter', '$in', '$gte', '$lt'], () => [{ text: 'x y', vector: vectorFor(1) }, { filter: richFilter(), fields: { title: 2 }, fusion: { type: 'weighted', vectorWeight: 0.4 }, params: { ef: 20 } }], (store, [query, options]) => store.searchHybrid(malformed(query), malformed(options))],
  ['filter', ['filter', '$in', '$gte', '$lt'], () => [richFilter(), { limit: 1, include: { vector: true } }], (store, [filter, options]) => store.filter(asFilter(filter), malformed(options))],
  ['count', ['count', '$in', '$gte', '$lt'], () => [richFilter()], (store, [filter]) => store.count(asFilter(filter))],
  ['scan', ['scan', '$in', '$gte', '$lt'], () => [{ filter: richFilter(), batchSize: 1, include: { vector: false } }], async (store, [options]) => {
    for await (const record of store.scan(malformed(options))) equal(typeof record, 'object', 'a record');
  }],
  ['recreateIndex', ['recreateIndex'], () => [{ type: 'auto', options: {} }, {}], (store, [index, options]) => store.recreateIndex(malformed(index), malformed(options))],
];

function rich() {
  return { id: 'rich', vector: [0.1, 0.2, 0.3], payload: { a: [1, { b: [null, 'x'] }], o: { p: { q: -0 } }, z: -0 } };
}

function richFilter() {
  return { $or: [{ n: { $in: [0, 1, 1] } }, { $not: { $and: [{ n: { $gte: 0 } }, {}] } }], n: { $gte: 0, $lt: 10 } };
}

export const inputsSuite = defineSuite('input stays what it was', ['upsert', 'scan', 'get', 'count'], (it) => {
  for (const [name, needs, build, call] of calls) {
    it(`${name} takes deep-frozen input and leaves it as it was`, needs, async (t) => {
      const store = await t.scratch(methodSpec(t));
      await store.upsert(numbered(3));
      const args = deepFreeze(build());
      await call(store, args);
      deepEqual(args, build(), 'arguments');
      deepEqual(bits(args), bits(build()), 'arguments, −0 included');
    });
  }

  it('createCollection and collection take deep-frozen input and leave it as it was', async (t) => {
    const name = t.uniqueName();
    const build = () => ({
      ...structuredClone(t.spec()),
      fields: { n: 'number' as const, 'a."b.c"': 'keyword' as const },
    });
    const spec = deepFreeze(build());
    const db: VectorDatabase = t.db;
    await db.createCollection(name, spec);
    deepEqual(spec, build(), 'specification');
    const options = deepFreeze({ fields: build().fields });
    await db.collection(name, options);
    deepEqual(options, { fields: build().fields }, 'options');
  });

  it(
    'typed arrays are left as they were, as records and as queries, under every metric',
    ['searchBatch'],
    async (t) => {
      for (const metric of ['cosine', 'dot', 'euclidean'] as const) {
        if (!t.supports(t.capabilities.metrics[metric])) continue;
        const store = await t.scratch({ metric });
        const vectors = [Float32Array.of(3, 4, 0), Float32Array.of(-1e-5, 2e10, 0.1)];
        const before = vectors.map((vector) => [...vector]);
        await store.upsert(vectors.map((vector, i) => ({ id: `v${i}`, vector })));
        for (const vector of vectors) await store.search(vector, { include: { vector: true } });
        await store.searchBatch(vectors);
        deepEqual(
          vectors.map((vector) => [...vector]),
          before,
          `vectors under ${metric}`,
        );
      }
    },
  );

  it('what the caller does to a record after writing it changes nothing stored', ['search'], async (t) => {
    const store = await t.scratch();
    const typed = Float32Array.of(1, 2, 3);
    const array = [3, 2, 1];
    const payload = { list: [1, { deep: ['x'] }], text: 'before' };
    await store.upsert([
      { id: 'typed', vector: typed, payload },
      { id: 'array', vector: array, payload },
    ]);
    const before = await contents(store);
    typed.fill(9);
    array.fill(9);
    payload.text = 'after';
    payload.list.push(2);
    (payload.list[1] as { deep: string[] }).deep.push('y');
    deepEqual(await contents(store), before, 'contents');
    equal((await store.search([1, 2, 3], { ...t.exactly, k: 1 }))[0]?.id, 'typed', 'nearest');
  });

  it('a subarray of a larger buffer is a vector of its own', async (t) => {
    const store = await t.scratch();
    const buffer = Float32Array.from({ length: 9 }, (_, i) => i + 1);
    await store.upsert([0, 1, 2].map((i) => ({ id: `s${i}`, vector: buffer.subarray(i * 3, i * 3 + 3) })));
    const matches = await store.search(buffer.subarray(3, 6), { ...t.exactly, include: { vector: true } });
    equal(matches.find((match) => match.id === 's1')?.vector.length, 3, 'length');
    deepEqual(idsOf(matches).sort(), ['s0', 's1', 's2'], 'matches');
  });
});

/** Freezes whatever can be frozen (typed arrays cannot). */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}

/** All numbers of a structure by bits, so that −0 is told from 0. */
function bits(value: unknown): string {
  return JSON.stringify(value, (_, member) => (Object.is(member, -0) ? '-0' : member));
}
