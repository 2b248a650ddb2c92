import type { Metric, RecordInput, VectorInput } from '../../src/types.ts';
import { deepEqual, equal, near, ok, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import type { Context } from '../context.ts';
import { directionlessVectors, malformedVectors } from '../corpus.ts';
import { checkMatches, checkVector } from '../oracle/comparison.ts';
import { Oracle } from '../oracle.ts';
import { idsOf, malformed, numbered, vectorFor } from '../reads.ts';

/** Fixed answers, all of them exact in f32: query [3, 4, 0] (a unit vector's multiple, so that cosines are exact too). */
const fixedAnswers: Readonly<
  Record<Metric, readonly (readonly [id: string, vector: readonly number[], score: number, distance: number])[]>
> = {
  cosine: [
    ['same direction', [6, 8, 0], 1, 0],
    ['orthogonal', [0, 0, 2], 0, 1],
    ['opposite', [-3, -4, 0], -1, 2],
  ],
  dot: [
    ['long', [6, 8, 0], 50, -50],
    ['orthogonal', [0, 0, 2], 0, 0],
    ['opposite', [-3, -4, 0], -25, 25],
  ],
  euclidean: [
    ['itself', [3, 4, 0], 0, 0],
    ['five away', [0, 0, 0], -5, 5],
    ['thirteen away', [3, 4, 13], -13, 13],
  ],
};

/** Queries that must be refused, with options that are right. */
const malformedOptions: readonly (readonly [what: string, options: unknown])[] = [
  ['k of 0', { k: 0 }],
  ['k of -1', { k: -1 }],
  ['k of 1.5', { k: 1.5 }],
  ['k of 10,001', { k: 10_001 }],
  ['k of NaN', { k: Number.NaN }],
  ['k as text', { k: '10' }],
  ['k of null', { k: null }],
  ['minScore NaN', { minScore: Number.NaN }],
  ['minScore as text', { minScore: '0.5' }],
  ['maxDistance NaN', { maxDistance: Number.NaN }],
  ['exact as a number', { exact: 1 }],
  ['include that is an array', { include: ['payload'] }],
  ['include of a part nobody knows', { include: { score: true } }],
  ['include as text', { include: { payload: 'yes' } }],
  ['params.ef of 0', { params: { ef: 0 } }],
  ['a hint nobody knows', { params: { efSearch: 10 } }],
  ['a consistency nobody knows', { consistency: 'linearizable' }],
  ['a key nobody knows', { topK: 10 }],
  ['options that are an array', []],
  ['options that are a number', 10],
];

export const searchSuite = defineSuite('search', ['upsert', 'search'], (it) => {
  for (const [metric, answers] of Object.entries(fixedAnswers) as [Metric, (typeof fixedAnswers)[Metric]][]) {
    it(
      `${metric}: score and distance are what the metric says, best first, a score of 0 included`,
      [`metric ${metric}`],
      async (t) => {
        const store = await t.scratch({ metric });
        await store.upsert(answers.map(([id, vector]) => ({ id, vector, payload: { id } })).reverse());
        const matches = await store.search([3, 4, 0], { ...t.exactly });
        deepEqual(
          idsOf(matches),
          answers.map(([id]) => id),
          'order',
        );
        for (const [i, [id, , score, distance]] of answers.entries()) {
          near(matches[i]!.score, score, 1e-6 * Math.max(1, Math.abs(score)), `score of ${id}`);
          near(matches[i]!.distance, distance, 1e-6 * Math.max(1, Math.abs(score)), `distance of ${id}`);
          deepEqual(matches[i]!.payload, { id }, `payload of ${id}`);
        }
      },
    );

    it(`${metric}: agrees with brute force on 300 records`, [`metric ${metric}`], async (t) => {
      const { store, oracle } = await cloud(t, metric);
      for (let i = 0; i < 10; i++) {
        const query = vectorFor(i * 37 + 5, 8);
        for (const k of [1, 10, 300, 500]) {
          const asked = { k, exact: t.exactly.exact === true };
          checkMatches(
            await store.search(query, { ...t.exactly, k }),
            oracle.ranked(query),
            asked,
            metric,
            `query ${i}, k = ${k}`,
          );
        }
      }
    });

    it(
      `${metric}: without exact: true every match has the right score, and there are k of them`,
      [`metric ${metric}`],
      async (t) => {
        const { store, oracle } = await cloud(t, metric);
        for (const k of [1, 10, 100, 400]) {
          const query = vectorFor(k, 8);
          checkMatches(await store.search(query, { k }), oracle.ranked(query), { k, exact: false }, metric, `k = ${k}`);
        }
      },
    );
  }

  it('an empty collection gives []', async (t) => {
    const store = await t.scratch();
    deepEqual(await store.search(vectorFor(0)), [], 'search');
    deepEqual(await store.search(vectorFor(0), { ...t.exactly, k: 10_000, minScore: -1 }), [], 'with options');
  });

  it('k defaults to 10, and beyond the count it returns all', async (t) => {
    const store = await t.scratch();
    await store.upsert(numbered(12));
    for (const [k, expected] of [
      [undefined, 10],
      [1, 1],
      [11, 11],
      [12, 12],
      [13, 12],
      [10_000, 12],
    ] as const) {
      const matches = await store.search(vectorFor(3), { ...(k && { k }) });
      equal(new Set(idsOf(matches)).size, expected, `matches with k = ${k}`);
      equal(matches.length, expected, `distinct matches with k = ${k}`);
    }
  });

  it('options that break a rule are refused', async (t) => {
    const store = await t.scratch();
    for (const [what, options] of malformedOptions) {
      await rejects('InvalidArgument', what, () => store.search(vectorFor(0), malformed(options)));
      if (!t.meets('searchBatch')) continue;
      await rejects('InvalidArgument', `${what}, in a batch`, () =>
        store.searchBatch([vectorFor(0)], malformed(options)),
      );
    }
  });

  it('queries that are no vectors are refused', async (t) => {
    const store = await t.scratch();
    for (const [what, query] of malformedVectors) {
      await rejects('InvalidArgument', what, () => store.search(malformed(query)));
    }
    await rejects('InvalidArgument', 'null', () => store.search(malformed(null)));
  });

  it('a query without a direction is refused under cosine', ['metric cosine'], async (t) => {
    const store = await t.scratch({ metric: 'cosine' });
    for (const [what, query] of directionlessVectors) await rejects('InvalidArgument', what, () => store.search(query));
  });

  it('a Float32Array and an array of numbers are the same query', async (t) => {
    const { store } = await cloud(t, t.metric);
    const numbers = vectorFor(5, 8).map((x) => x + 0.1);
    deepEqual(
      await store.search(Float32Array.from(numbers), t.exactly),
      await store.search(numbers, t.exactly),
      'matches',
    );
  });

  it('include chooses payload and vector; by default payload and no vector', async (t) => {
    const store = await t.scratch();
    await store.upsert({ id: 'a', vector: [1, 2, 2], payload: { n: 1 } });
    const keys = async (include?: { payload?: boolean; vector?: boolean }) =>
      Object.keys((await store.search([1, 2, 2], { ...(include && { include }) }))[0]!).sort();
    deepEqual(await keys(), ['distance', 'id', 'payload', 'score'], 'default');
    deepEqual(await keys({ payload: false }), ['distance', 'id', 'score'], 'no payload');
    deepEqual(await keys({ vector: true }), ['distance', 'id', 'payload', 'score', 'vector'], 'with vector');
    deepEqual(await keys({ payload: false, vector: true }), ['distance', 'id', 'score', 'vector'], 'vector only');
    const [match] = await store.search([1, 2, 2], { include: { vector: true } });
    checkVector(match!.vector, Float32Array.of(1, 2, 2), store.capabilities.vectorReadback, 'vector');
  });

  it('equal matches stand in the order of their ids, by code units', async (t) => {
    const store = await t.scratch();
    const ids = ['b', 'a', 'B', 'é', '10', '9', '😀', '\uffff', 'e\u0301', 'aa'];
    await store.upsert(ids.map((id) => ({ id, vector: [1, 2, 2] })));
    deepEqual(idsOf(await store.search([1, 2, 2], { k: 10 })), [...ids].sort(), 'order');
  });

  it('with exact: true equal matches are cut by id as well', ['option exact'], async (t) => {
    const store = await t.scratch();
    const ids = Array.from({ length: 40 }, (_, i) => `t${(i * 17) % 40}`);
    await store.upsert([
      ...ids.map((id) => ({ id, vector: [0, 1, 0] })),
      { id: 'z-best', vector: [0, 1, 0.1] },
      { id: 'a-last', vector: [0, 0, 1] },
    ]);
    for (const k of [1, 2, 7, 39]) {
      const matches = await store.search([0, 1, 0.1], { exact: true, k });
      deepEqual(idsOf(matches), ['z-best', ...[...ids].sort()].slice(0, k), `k = ${k}`);
    }
  });

  it('cosine: direction alone counts, for vectors of any length', ['metric cosine'], async (t) => {
    const store = await t.scratch({ metric: 'cosine' });
    const lengths = [1e-9, 1e-5, 3e-4, 1, 1e5, 1e10, 1e15, 9e16];
    await store.upsert(lengths.map((length, i) => ({ id: `l${i}`, vector: [length, length, -length] })));
    for (const length of lengths) {
      const matches = await store.search([length, length, -length], { ...t.exactly });
      equal(matches.length, lengths.length, `matches of a query of length ${length}`);
      for (const match of matches) near(match.score, 1, 1e-5, `score of ${match.id} for a query of length ${length}`);
    }
    const back = await store.get('l6');
    checkVector(back!.vector, Float32Array.of(1e15, 1e15, -1e15), store.capabilities.vectorReadback, 'read back');
  });

  it('euclidean: near neighbours far from the origin keep their distances', ['metric euclidean'], async (t) => {
    const store = await t.scratch({ metric: 'euclidean' });
    const offsets = [0, 0.5, 1, 2, 4];
    await store.upsert(offsets.map((offset) => ({ id: `d${offset}`, vector: [4_000 + offset, 4_000, -4_000] })));
    const matches = await store.search([4_000, 4_000, -4_000], { ...t.exactly });
    deepEqual(
      idsOf(matches),
      offsets.map((offset) => `d${offset}`),
      'order',
    );
    for (const [i, offset] of offsets.entries())
      near(matches[i]!.distance, offset, 1e-5 * Math.max(1, offset), `distance of d${offset}`);
  });
});

/** 300 records in 8 dimensions that no case changes, and the oracle's copy. */
export function cloud(t: Context, metric: Metric) {
  return t.fixture(`cloud ${metric}`, async (fixture) => {
    const store = await fixture.create({ dimension: 8, metric });
    const records = Array.from({ length: 300 }, (_, i): RecordInput & { vector: VectorInput } => ({
      id: `c${(i * 71) % 300}`,
      // Every tenth repeats the one before: equal matches are part of the picture.
      vector: wave(i % 10 === 9 ? i - 1 : i),
      payload: { n: i, parity: i % 2 === 0 ? 'even' : 'odd', third: i % 3 },
    }));
    await store.upsert(records);
    const oracle = new Oracle(metric);
    oracle.upsert(
      records.map((record) => ({ ...record, payload: { ...record.payload } as Record<string, number | string> })),
    );
    ok((await store.count()) === 300, '300 records');
    return { store, oracle };
  });
}

function wave(i: number): number[] {
  return Array.from({ length: 8 }, (_, axis) => Math.sin((i + 1) * (axis + 1.7)) * (1 + (i % 5)));
}
