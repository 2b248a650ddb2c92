import type { FieldType, JsonValue } from '../../src/types.ts';
import { rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { filled } from '../fixtures.ts';
import { asFilter, expectMatching } from '../reads.ts';

type Payloads = Record<string, Record<string, JsonValue>>;

const instants: Payloads = {
  missing: {},
  null: { t: null },
  empty: { t: [] },
  noon: { t: '2024-06-01T12:00:00Z' },
  'noon in Paris': { t: '2024-06-01T12:00:00+02:00' },
  'noon in Paris, said in UTC': { t: '2024-06-01T10:00:00.000Z' },
  'a millisecond after noon': { t: '2024-06-01T12:00:00.001Z' },
  'a tenth after noon': { t: '2024-06-01T12:00:00.1Z' },
  'long ago': { t: '0099-12-31T23:59:59Z' },
  'before the epoch': { t: '1969-12-31T23:59:59.999Z' },
  'early and late': { t: ['2000-01-01T00:00:00Z', '2030-01-01T00:00:00Z'] },
};

const all = Object.keys(instants);

export const filterFieldsSuite = defineSuite('filter on declared fields', ['upsert'], (it) => {
  it(
    'on a field declared datetime ranges compare instants, whatever their zone and fraction',
    ['field datetime', '$gt', '$gte', '$lt', '$lte'],
    async (t) => {
      const store = await filled(t, 'instants', instants, { t: 'datetime' });
      const after = ['a millisecond after noon', 'a tenth after noon', 'early and late'];
      await expectMatching(store, { t: { $gt: '2024-06-01T12:00:00Z' } }, after, t.exactly);
      await expectMatching(store, { t: { $gte: '2024-06-01T14:00:00+02:00' } }, ['noon', ...after], t.exactly);
      const paris = ['noon in Paris', 'noon in Paris, said in UTC'];
      await expectMatching(
        store,
        { t: { $gte: '2024-06-01T10:00:00Z', $lte: '2024-06-01T12:00:00+02:00' } },
        paris,
        t.exactly,
      );
      await expectMatching(store, { t: { $lt: '1970-01-01T00:00:00Z' } }, ['long ago', 'before the epoch'], t.exactly);
      await expectMatching(store, { t: { $lt: '1000-01-01T00:00:00Z' } }, ['long ago'], t.exactly);
      await expectMatching(
        store,
        { t: { $gt: '2024-06-01T12:00:00Z', $lt: '2024-06-01T12:00:00.01Z' } },
        ['a millisecond after noon'],
        t.exactly,
      );
    },
  );

  it('on an array one instant must satisfy all bounds', ['field datetime', '$gt', '$lt'], async (t) => {
    const store = await filled(t, 'instants', instants, { t: 'datetime' });
    await expectMatching(store, { t: { $gt: '2010-01-01T00:00:00Z', $lt: '2020-01-01T00:00:00Z' } }, [], t.exactly);
    await expectMatching(
      store,
      { t: { $gt: '1999-01-01T00:00:00Z', $lt: '2001-01-01T00:00:00Z' } },
      ['early and late'],
      t.exactly,
    );
  });

  it(
    'the complement of a range of instants holds missing fields, null and []',
    ['field datetime', '$gt'],
    async (t) => {
      const store = await filled(t, 'instants', instants, { t: 'datetime' });
      const late = ['early and late'];
      await expectMatching(
        store,
        { $not: { t: { $gt: '2025-01-01T00:00:00Z' } } },
        all.filter((name) => !late.includes(name)),
        t.exactly,
      );
    },
  );

  it(
    'on a field declared datetime $eq, $in and $startsWith compare the text',
    ['$contains', 'field datetime', '$eq', '$ne', '$in', '$startsWith'],
    async (t) => {
      const store = await filled(t, 'instants', instants, { t: 'datetime' });
      await expectMatching(store, { t: '2024-06-01T12:00:00Z' }, ['noon'], t.exactly);
      await expectMatching(store, { t: '2024-06-01T10:00:00Z' }, [], t.exactly);
      await expectMatching(
        store,
        { t: { $ne: '2024-06-01T12:00:00Z' } },
        all.filter((name) => name !== 'noon'),
        t.exactly,
      );
      await expectMatching(
        store,
        { t: { $in: ['2024-06-01T12:00:00+02:00', '2000-01-01T00:00:00Z'] } },
        ['noon in Paris', 'early and late'],
        t.exactly,
      );
      await expectMatching(store, { t: { $startsWith: '2024-06-01T10' } }, ['noon in Paris, said in UTC'], t.exactly);
      await expectMatching(store, { t: { $contains: '2000-01-01T00:00:00Z' } }, ['early and late'], t.exactly);
    },
  );

  it('on a field declared datetime a bound that is no instant is refused', ['field datetime', '$gt'], async (t) => {
    const store = await filled(t, 'instants', instants, { t: 'datetime' });
    for (const bound of [
      '2024-06-01',
      '2024-06-01T12:00:00',
      '2024-02-30T00:00:00Z',
      '2024-06-01T12:00:00.1234Z',
      'now',
      '',
      1_700_000_000,
      true,
    ]) {
      await rejects('InvalidArgument', JSON.stringify(bound), () => store.count(asFilter({ t: { $gt: bound } })));
    }
  });

  it('a string in a range on any other field is refused', ['$gt'], async (t) => {
    const fields: Record<string, FieldType> = { k: 'keyword', n: 'number', x: 'text' };
    const usable = Object.fromEntries(
      Object.entries(fields).filter(([, type]) => t.supports(t.capabilities.fieldTypes[type])),
    );
    const store = await t.scratch({ fields: usable });
    for (const field of ['k', 'n', 'x', 'undeclared']) {
      await rejects('InvalidArgument', field, () =>
        store.count(asFilter({ [field]: { $gt: '2024-06-01T12:00:00Z' } })),
      );
    }
  });

  it(
    'declared or not, equality, membership, ranges and existence give the same answers',
    ['$eq', '$ne', '$in', '$nin', '$gt', '$lte', '$exists'],
    async (t) => {
      const payloads: Payloads = {
        none: {},
        nulls: { k: null, n: null, f: null, o: null },
        empty: { k: [], n: [], f: [], o: {} },
        a: { k: 'a', n: 1, f: true, o: { k: 'a' } },
        b: { k: 'b', n: 1.5, f: false, o: { k: 'b' } },
        ab: { k: ['a', 'b'], n: [0, 2], f: [true, false], o: { k: ['a', 'b'] } },
        odd: { k: '', n: -(2 ** 53 - 1), o: { k: '' } },
      };
      const filters: readonly (readonly [filter: unknown, expected: readonly string[]])[] = [
        [{ k: 'a' }, ['a', 'ab']],
        [{ k: { $ne: 'a' } }, ['none', 'nulls', 'empty', 'b', 'odd']],
        [{ k: '' }, ['odd']],
        [{ k: { $in: ['b', '', 'zz'] } }, ['b', 'ab', 'odd']],
        [{ k: { $nin: ['b', ''] } }, ['none', 'nulls', 'empty', 'a']],
        [{ k: 1 }, []],
        [{ k: { $gt: 0 } }, []],
        [{ n: 1 }, ['a']],
        [{ n: '1' }, []],
        [{ n: true }, []],
        [{ n: { $gt: 1 } }, ['b', 'ab']],
        [{ n: { $gt: 0, $lte: 1.5 } }, ['a', 'b']],
        [{ n: { $lte: 0 } }, ['ab', 'odd']],
        [{ $not: { n: { $lte: 0 } } }, ['none', 'nulls', 'empty', 'a', 'b']],
        [{ n: { $in: [1.5, 2] } }, ['b', 'ab']],
        [{ f: true }, ['a', 'ab']],
        [{ f: { $ne: true } }, ['none', 'nulls', 'empty', 'b', 'odd']],
        [{ f: 1 }, []],
        [{ 'o.k': 'a' }, ['a', 'ab']],
        [{ 'o.k': { $exists: false } }, ['none', 'nulls', 'empty']],
        [{ n: { $exists: true } }, ['empty', 'a', 'b', 'ab', 'odd']],
        [{ f: { $exists: false } }, ['none', 'nulls', 'odd']],
        [{ k: 'a', n: { $gt: 1 } }, ['ab']],
        [{ $or: [{ k: 'b' }, { f: true }] }, ['a', 'b', 'ab']],
      ];
      const fields: Record<string, FieldType> = { k: 'keyword', n: 'number', f: 'boolean', 'o.k': 'keyword' };
      const usable = Object.fromEntries(
        Object.entries(fields).filter(([, type]) => t.supports(t.capabilities.fieldTypes[type])),
      );
      for (const [name, declared] of [
        ['declared', usable],
        ['undeclared', {}],
      ] as const) {
        const store = await filled(t, name, payloads, declared);
        for (const [filter, expected] of filters) await expectMatching(store, asFilter(filter), expected, t.exactly);
      }
    },
  );

  it(
    '$match wants all terms: whole words, whatever their order, case and width',
    ['field text', '$match'],
    async (t) => {
      const payloads: Payloads = {
        cats: { x: 'The quick Cat, and its kittens.' },
        cat: { x: 'cat' },
        concat: { x: 'concatenation' },
        naïve: { x: 'A naïve RAG-2.0 pipeline' },
        wide: { x: 'ＣＡＴ and ﬁsh' },
        list: { x: ['one cat', 'two dogs'] },
        empty: { x: '' },
        none: {},
        null: { x: null },
      };
      const store = await filled(t, 'texts', payloads, { x: 'text' });
      await expectMatching(store, { x: { $match: 'cat' } }, ['cats', 'cat', 'wide', 'list'], t.exactly);
      await expectMatching(store, { x: { $match: 'QUICK kittens' } }, ['cats'], t.exactly);
      await expectMatching(store, { x: { $match: 'kittens, cat cat!' } }, ['cats'], t.exactly);
      await expectMatching(store, { x: { $match: 'Naïve rag 2' } }, ['naïve'], t.exactly);
      await expectMatching(store, { x: { $match: 'naive' } }, [], t.exactly);
      await expectMatching(store, { x: { $match: 'fish' } }, ['wide'], t.exactly);
      await expectMatching(store, { x: { $match: 'cat dogs' } }, [], t.exactly);
      await expectMatching(
        store,
        { $not: { x: { $match: 'cat' } } },
        ['concat', 'naïve', 'empty', 'none', 'null'],
        t.exactly,
      );
    },
  );

  it(
    '$match elsewhere than on a field declared text, or without a term, is refused',
    ['field text', '$match'],
    async (t) => {
      const store = await t.scratch({ fields: { x: 'text', k: 'keyword' } });
      for (const filter of [
        { k: { $match: 'cat' } },
        { y: { $match: 'cat' } },
        { x: { $match: '' } },
        { x: { $match: ' .,!' } },
        { x: { $match: 7 } },
        { x: { $match: ['cat'] } },
      ]) {
        await rejects('InvalidArgument', JSON.stringify(filter), () => store.count(asFilter(filter)));
      }
    },
  );
});
