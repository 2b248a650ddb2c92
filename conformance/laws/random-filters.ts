import fc from 'fast-check';
import type { VectorStore } from '../../src/store.ts';
import { anyFilter, anyPayload, anyVector, declaredFor, declaredPayload } from '../arbitraries.ts';
import { equal, sameMembers } from '../assertions.ts';
import { defineSuite, type Need } from '../case.ts';
import type { Context } from '../context.ts';
import { checkMatches, checkRecord } from '../oracle/comparison.ts';
import { type JsonObject, Oracle } from '../oracle.ts';
import { asFilter, expectMatching, idsOf, paged, scanned } from '../reads.ts';
import { holdsFor, sample } from './property.ts';

interface Population {
  readonly store: VectorStore;
  readonly oracle: Oracle;
}

const everyRead: readonly Need[] = ['upsert', 'filter', 'scan', 'count', 'search', 'get', 'option searchFilter'];

export const randomFiltersSuite = defineSuite('random filters', everyRead, (it) => {
  for (const kind of ['declared', 'undeclared'] as const) {
    it(`on ${kind} fields every read finds what the oracle finds`, async (t) => {
      const { store, oracle } = await population(t, kind);
      await holdsFor(t, t.budget.filters, language(t, oracle), async (filter) => {
        const expected = oracle.filter(filter);
        const what = JSON.stringify(filter);
        sameMembers(idsOf(await paged(store, asFilter(filter), 97)), idsOf(expected), `filter(${what})`);
        sameMembers(idsOf(await scanned(store, asFilter(filter), 1_000)), idsOf(expected), `scan(${what})`);
        equal(await store.count(asFilter(filter)), expected.length, `count(${what})`);
      });
    });

    it(`on ${kind} fields searches find what the oracle finds, with any filter, k and threshold`, async (t) => {
      const { store, oracle } = await population(t, kind);
      const question = fc.record({
        filter: language(t, oracle),
        query: anyVector(4),
        k: fc.constantFrom(1, 3, 10, 50, 1_000),
        rank: fc.option(fc.nat({ max: 60 }), { nil: undefined }),
      });
      await holdsFor(t, Math.ceil(t.budget.filters / 2), question, async ({ filter, query, k, rank }) => {
        const ranked = oracle.ranked(query, filter);
        const minScore = rank === undefined ? undefined : ranked[rank]?.score;
        const bounds = minScore === undefined ? {} : { minScore };
        const what = JSON.stringify({ filter, query, k, ...bounds });
        const options = { k, filter: asFilter(filter), ...bounds };
        const exact = t.exactly.exact === true;
        checkMatches(
          await store.search(query, { ...options, ...t.exactly }),
          ranked,
          { k, ...bounds, exact },
          oracle.metric,
          what,
        );
        checkMatches(
          await store.search(query, options),
          ranked,
          { k, ...bounds, exact: false },
          oracle.metric,
          `${what}, not exact`,
        );
      });
    });

    it(`a filter on ${kind} fields and its $not part the records; De Morgan holds; the order of members does not count`, async (t) => {
      const { store, oracle } = await population(t, kind);
      const all = idsOf(oracle.records());
      await holdsFor(
        t,
        Math.ceil(t.budget.filters / 4),
        fc.tuple(language(t, oracle), language(t, oracle)),
        async ([f, g]) => {
          const ids = async (filter: unknown) => idsOf(await paged(store, asFilter(filter), 1_000));
          const what = JSON.stringify([f, g]);
          const [left, right] = [await ids(f), await ids(g)];
          sameMembers([...left, ...(await ids({ $not: f }))], all, `f and not f of ${what}`);
          sameMembers(await ids({ $not: { $not: f } }), left, `not not f of ${what}`);
          const both = await ids({ $and: [f, g] });
          sameMembers(
            both,
            left.filter((id) => right.includes(id)),
            `f and g of ${what}`,
          );
          sameMembers(await ids({ $and: [g, f] }), both, `g and f of ${what}`);
          sameMembers(await ids({ $not: { $or: [{ $not: f }, { $not: g }] } }), both, `De Morgan of ${what}`);
          const either = await ids({ $or: [f, g] });
          sameMembers(either, new Set([...left, ...right]), `f or g of ${what}`);
          sameMembers(await ids({ $not: { $and: [{ $not: f }, { $not: g }] } }), either, `De Morgan of ${what}`);
        },
      );
    });
  }

  it(
    '$in of one value is $eq, $nin is not $in, $ne is not $eq, and $all is $contains of each',
    ['$eq', '$ne', '$in', '$nin', '$all', '$contains'],
    async (t) => {
      const { store } = await population(t, 'undeclared');
      const values = fc.array(fc.constantFrom(0, 1, '1', '', 'a', true, false, 1.5, 'é', 2 ** 53 - 1), {
        minLength: 1,
        maxLength: 3,
      });
      await holdsFor(
        t,
        Math.ceil(t.budget.filters / 8),
        fc.tuple(fc.constantFrom('a', 'b', '"a.b"', 'a.b', '""', '__proto__'), values),
        async ([field, list]) => {
          const ids = async (filter: unknown) => idsOf(await scanned(store, asFilter(filter)));
          const same = async (left: unknown, right: unknown) =>
            sameMembers(await ids(left), await ids(right), `${JSON.stringify(left)} against ${JSON.stringify(right)}`);
          const at = (condition: unknown) => Object.fromEntries([[field, condition]]);
          await same(at({ $in: [list[0]] }), at(list[0]));
          await same(at({ $in: list }), { $or: list.map((value) => at(value)) });
          await same(at({ $nin: list }), { $not: at({ $in: list }) });
          await same(at({ $nin: list }), { $and: list.map((value) => at({ $ne: value })) });
          await same(at({ $all: list }), { $and: list.map((value) => at({ $contains: value })) });
          await same(at({ $in: [...list].reverse() }), at({ $in: [...list, ...list] }));
        },
      );
    },
  );

  it(
    'more k only adds at the end, and a filtered search is the whole one with the others left out',
    ['option exact'],
    async (t) => {
      const { store, oracle } = await population(t, 'declared');
      await holdsFor(
        t,
        Math.ceil(t.budget.filters / 8),
        fc.tuple(language(t, oracle), anyVector(4), fc.integer({ min: 1, max: 40 })),
        async ([filter, query, k]) => {
          const ids = async (options: object) => idsOf(await store.search(query, { exact: true, ...options }));
          const all = await ids({ k: 10_000 });
          sameMembers(all.slice(0, k), await ids({ k }), `the first ${k}`);
          equal(JSON.stringify(await ids({ k })), JSON.stringify(all.slice(0, k)), `the order of the first ${k}`);
          const matching = new Set(idsOf(await scanned(store, asFilter(filter))));
          const expected = all.filter((id) => matching.has(id));
          equal(
            JSON.stringify(await ids({ k: 10_000, filter })),
            JSON.stringify(expected),
            `the search with ${JSON.stringify(filter)}`,
          );
        },
      );
    },
  );

  it('the same records, declared or not, give the same answers', async (t) => {
    const declared = await population(t, 'declared');
    const plain = await population(t, 'declared records, undeclared fields');
    // Without the fields on which a declaration changes what is asked: instants in ranges, and $match.
    const fields = Object.fromEntries(
      Object.entries(declared.oracle.fields).filter(([, type]) => type !== 'datetime' && type !== 'text'),
    );
    const filters = anyFilter({ fields, operators: t.capabilities.filterOperators });
    await holdsFor(t, Math.ceil(t.budget.filters / 4), filters, async (filter) => {
      const ids = idsOf(await scanned(declared.store, asFilter(filter)));
      await expectMatching(plain.store, asFilter(filter), ids, t.exactly);
    });
  });

  it('the population itself is read back whole', async (t) => {
    for (const kind of ['declared', 'undeclared'] as const) {
      const { store, oracle } = await population(t, kind);
      const records = await store.get(idsOf(oracle.records()));
      for (const [i, stored] of oracle.records().entries())
        checkRecord(records[i], stored, store.capabilities.vectorReadback, stored.id);
    }
  });
});

function language(t: Context, oracle: Oracle) {
  return anyFilter({ fields: oracle.fields, operators: t.capabilities.filterOperators });
}

/** Random records of either kind, and the oracle's copy. No case changes them. */
function population(
  t: Context,
  kind: 'declared' | 'undeclared' | 'declared records, undeclared fields',
): Promise<Population> {
  return t.fixture(`random records, ${kind}`, async (fixture) => {
    const declared = declaredFor(fixture.capabilities);
    const fields = kind === 'declared' ? declared : {};
    const payload: fc.Arbitrary<JsonObject> = kind === 'undeclared' ? anyPayload : declaredPayload(declared);
    const store = await fixture.create({ dimension: 4, fields });
    const oracle = new Oracle(fixture.metric, fields);
    const records = sample(fixture, fc.tuple(anyVector(4), payload), fixture.budget.documents).map(
      ([vector, each], i) => ({ id: `d${i}`, vector, payload: each }),
    );
    await store.upsert(records);
    oracle.upsert(records);
    return { store, oracle };
  });
}
