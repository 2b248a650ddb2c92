import type { VectorStore } from '../../src/store.ts';
import { deepEqual, equal, rejects } from '../assertions.ts';
import { defineSuite, type Need } from '../case.ts';
import { asFilter, contents, numbered, scanned, vectorFor } from '../reads.ts';

const date = new Date(0);
class Thing {
  $eq = 1;
}

/** No filters. A library that drops such a condition shows a tenant the records of another. */
const malformedFilters: readonly (readonly [what: string, filter: unknown])[] = [
  ['null', null],
  ['an array', []],
  ['a string', 'n = 1'],
  ['a number', 7],
  ['a Date', date],
  ['a Map', new Map([['n', 1]])],
  ['a symbol key', { [Symbol('n')]: 1 }],
  ['an undefined condition', { n: undefined }],
  ['a null condition', { n: null }],
  ['an array as a condition', { n: [1] }],
  ['an empty condition', { n: {} }],
  ['a condition that is a Date', { n: date }],
  ['a condition of a class', { n: new Thing() }],
  ['a condition that is a function', { n: () => true }],
  ['a condition that is a bigint', { n: 1n }],
  ['a condition that is NaN', { n: Number.NaN }],
  ['a condition that is Infinity', { n: Number.POSITIVE_INFINITY }],
  ['an integer beyond 2^53', { n: 2 ** 53 }],
  ['a lone surrogate', { n: '\ud800' }],
  ['an unknown operator', { n: { $foo: 1 } }],
  ['an operator without its dollar', { n: { gt: 1 } }],
  ['an operator in the wrong case', { n: { $GT: 1 } }],
  ['a nested object for a path', { n: { m: 1 } }],
  ['a known operator beside an unknown one', { n: { $eq: 1, $foo: 1 } }],
  ['an unknown operator at the top', { $foo: [] }],
  ['a field operator at the top', { $eq: 1 }],
  ['$and without an array', { $and: { n: 1 } }],
  ['$or without an array', { $or: { n: 1 } }],
  ['$or with null', { $or: [null] }],
  ['$or with undefined', { $or: [{ n: 1 }, undefined] }],
  // biome-ignore lint/suspicious/noSparseArray: the hole is the point.
  ['$and with a hole', { $and: [{ n: 1 }, , { n: 2 }] }],
  ['$and that is undefined', { $and: undefined }],
  ['$not with an array', { $not: [{ n: 1 }] }],
  ['$not that is null', { $not: null }],
  ['$not on a field', { n: { $not: { $eq: 1 } } }],
  ['$eq of null', { n: { $eq: null } }],
  ['$eq of undefined', { n: { $eq: undefined } }],
  ['$eq of an array', { n: { $eq: [1] } }],
  ['$eq of an object', { n: { $eq: { a: 1 } } }],
  ['$ne of null', { n: { $ne: null } }],
  ['$ne of undefined', { n: { $ne: undefined } }],
  ['$in of no array', { n: { $in: 'abc' } }],
  ['$in with null', { n: { $in: [1, null] } }],
  ['$in with undefined', { n: { $in: [1, undefined] } }],
  ['$in with an array', { n: { $in: [[1]] } }],
  ['$in with an object', { n: { $in: [{ a: 1 }] } }],
  ['$in with NaN', { n: { $in: [Number.NaN] } }],
  // biome-ignore lint/suspicious/noSparseArray: the hole is the point.
  ['$in with a hole', { n: { $in: [1, , 2] } }],
  ['$nin with null', { n: { $nin: [null] } }],
  ['$nin of a Set', { n: { $nin: new Set([1]) } }],
  ['$all of []', { n: { $all: [] } }],
  ['$all with null', { n: { $all: [null] } }],
  ['$all of no array', { n: { $all: 1 } }],
  ['$contains of null', { n: { $contains: null } }],
  ['$contains of an array', { n: { $contains: [1] } }],
  ['$exists of a number', { n: { $exists: 1 } }],
  ['$exists of null', { n: { $exists: null } }],
  ['$exists of text', { n: { $exists: 'true' } }],
  ['$startsWith of a number', { n: { $startsWith: 1 } }],
  ['$startsWith of null', { n: { $startsWith: null } }],
  ['$gt of null', { n: { $gt: null } }],
  ['$gt of undefined', { n: { $gt: undefined } }],
  ['$gt of NaN', { n: { $gt: Number.NaN } }],
  ['$gt of Infinity', { n: { $gt: Number.POSITIVE_INFINITY } }],
  ['$gt of true', { n: { $gt: true } }],
  ['$gt of text', { n: { $gt: '1' } }],
  ['$gt of an array', { n: { $gt: [1] } }],
  ['$lte of a Date', { n: { $lte: date } }],
  ['an empty path', { '': 1 }],
  ['a path with an empty segment', { 'a..b': 1 }],
  ['a path that ends with a dot', { 'a.': 1 }],
  ['a path that begins with a dot', { '.a': 1 }],
  ['a path with an open quote', { '"a': 1 }],
  ['a path with text after a quote', { '"a"b': 1 }],
  ['a path with an unquoted bracket', { 'a[0]': 1 }],
  ['a path with an unquoted backslash', { 'a\\b': 1 }],
  ['a path with an unquoted newline', { 'a\nb': 1 }],
  ['a path with a bad escape', { '"\\x41"': 1 }],
  ['a path with a lone surrogate', { 'a\ud800': 1 }],
];

/** Which operators a filter uses, so that a backend that refuses one may say Unsupported first. */
function operatorsOf(filter: unknown): string[] {
  // JSON would leave out what is undefined, with its operator.
  const text = JSON.stringify(filter, (_, value) => (value === undefined || typeof value === 'bigint' ? null : value));
  return [...new Set((text ?? '').match(/\$[a-zA-Z]+/g) ?? [])];
}

const takers: readonly (readonly [
  name: string,
  needs: readonly Need[],
  call: (store: VectorStore, filter: never) => Promise<unknown>,
])[] = [
  ['filter', ['filter'], (store, filter) => store.filter(filter)],
  ['search', ['search', 'option searchFilter'], (store, filter) => store.search(vectorFor(0), { filter })],
  [
    'searchBatch',
    ['searchBatch', 'option searchFilter'],
    (store, filter) => store.searchBatch([vectorFor(0)], { filter }),
  ],
  ['count', ['count'], (store, filter) => store.count(filter)],
  ['scan', ['scan'], (store, filter) => scanned(store, filter)],
  ['delete', ['deleteByFilter'], (store, filter) => store.delete({ filter })],
  ['setPayload', ['setPayloadByFilter'], (store, filter) => store.setPayload({ filter }, { hit: true })],
];

export const filterRefusalsSuite = defineSuite('filter refusals', ['upsert', 'scan', 'count'], (it) => {
  for (const [name, needs, call] of takers) {
    it(`${name} refuses what is no filter, and nothing changes`, needs, async (t) => {
      const store = await t.scratch();
      await store.upsert(numbered(3));
      const before = await contents(store);
      for (const [what, filter] of malformedFilters) {
        // `scan` without a filter is another question; `{ filter: null }` is none.
        if (name === 'scan' && (filter === null || typeof filter !== 'object')) continue;
        const refused = operatorsOf(filter).some((operator) => {
          const support = (
            t.capabilities.filterOperators as Record<string, Parameters<typeof t.supports>[0] | undefined>
          )[operator];
          return support !== undefined && !t.supports(support);
        });
        if (!refused) await rejects('InvalidArgument', what, () => call(store, filter as never));
      }
      deepEqual(await contents(store), before, 'contents');
    });
  }

  it('32 levels, 1,024 conditions and 10,000 values are answered; more is refused', ['$in', '$nin'], async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(3));
    const nested = (levels: number) =>
      asFilter(Array.from({ length: levels - 1 }).reduce((inner) => ({ $not: inner }), { n: 1 }));
    const many = (conditions: number) =>
      asFilter({ $or: Array.from({ length: conditions }, (_, i) => ({ n: i + 1 })) });
    const values = (amount: number) => Array.from({ length: amount }, (_, i) => i + 1);
    deepEqual([await store.count(nested(32)), await store.count(nested(31))], [2, 1], '32 and 31 levels');
    equal(await store.count(many(1_024)), 2, '1,024 conditions');
    equal(await store.count({ n: { $in: values(10_000) } }), 2, '10,000 values');
    equal(await store.count({ n: { $nin: values(10_000) } }), 1, '10,000 values of $nin');
    await rejects('InvalidArgument', '33 levels', () => store.count(nested(33)));
    await rejects('InvalidArgument', '5,000 levels', () => store.count(nested(5_000)));
    await rejects('InvalidArgument', '1,025 conditions', () => store.count(many(1_025)));
    await rejects('InvalidArgument', '10,001 values', () => store.count({ n: { $in: values(10_001) } }));
    await rejects('InvalidArgument', '10,001 values of $nin', () => store.count({ n: { $nin: values(10_001) } }));
  });
});
