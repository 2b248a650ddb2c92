import type { Metric } from '../../src/types.ts';
import { deepEqual, rejects } from '../assertions.ts';
import { defineSuite } from '../case.ts';
import { checkMatches } from '../oracle/comparison.ts';
import { idsOf, vectorFor } from '../reads.ts';
import { cloud } from './search.ts';

/** Records on whole scores, exact in f32, for the query [1, 0, 0]. */
const ladder: Readonly<Record<Metric, readonly (readonly [score: number, vector: readonly number[]])[]>> = {
  cosine: [
    [1, [2, 0, 0]],
    [0, [0, 3, 0]],
    [-1, [-1, 0, 0]],
  ],
  dot: [
    [2, [2, 1, 0]],
    [1, [1, 0, 5]],
    [0, [0, 3, 0]],
    [-1, [-1, 0, 0]],
    [-2, [-2, 7, 0]],
  ],
  euclidean: [
    [0, [1, 0, 0]],
    [-1, [1, 1, 0]],
    [-2, [3, 0, 0]],
    [-5, [1, 3, 4]],
  ],
};

export const searchThresholdsSuite = defineSuite('search with thresholds', ['upsert', 'search'], (it) => {
  for (const [metric, rungs] of Object.entries(ladder) as [Metric, (typeof ladder)[Metric]][]) {
    it(`${metric}: minScore and maxDistance are inclusive`, [`metric ${metric}`], async (t) => {
      const store = await t.scratch({ metric });
      await store.upsert(rungs.map(([score, vector]) => ({ id: String(score), vector })));
      for (const [minScore] of rungs) {
        const expected = rungs.filter(([score]) => score >= minScore).map(([score]) => String(score));
        deepEqual(idsOf(await store.search([1, 0, 0], { ...t.exactly, minScore })), expected, `minScore ${minScore}`);
        const maxDistance = metric === 'cosine' ? 1 - minScore : 0 - minScore;
        deepEqual(
          idsOf(await store.search([1, 0, 0], { ...t.exactly, maxDistance })),
          expected,
          `maxDistance ${maxDistance}`,
        );
        const above = rungs.filter(([score]) => score > minScore).map(([score]) => String(score));
        if (metric === 'euclidean' && minScore + 0.01 > 0) continue;
        deepEqual(
          idsOf(await store.search([1, 0, 0], { ...t.exactly, minScore: minScore + 0.01 })),
          above,
          `just above ${minScore}`,
        );
      }
    });

    it(
      `${metric}: thresholds, k and filter together agree with brute force`,
      ['$ne', `metric ${metric}`, 'option searchFilter'],
      async (t) => {
        const { store, oracle } = await cloud(t, metric);
        const query = vectorFor(11, 8);
        const ranked = oracle.ranked(query);
        for (const rank of [0, 1, 20, 150, 299]) {
          const { score: minScore, distance: maxDistance } = ranked[rank]!;
          for (const bounds of [{ minScore }, { maxDistance }, { minScore, maxDistance: maxDistance + 0.25 }]) {
            for (const [k, filter] of [
              [10, {}],
              [300, {}],
              [300, { parity: 'odd' }],
              [5, { third: { $ne: 1 } }],
            ] as const) {
              const asked = { k, ...bounds, exact: t.exactly.exact === true };
              if ((asked.minScore ?? 0) > 0 && metric === 'euclidean') continue;
              const matches = await store.search(query, { ...t.exactly, k, filter, ...bounds });
              const what = `rank ${rank}, ${JSON.stringify({ k, filter, ...bounds })}`;
              checkMatches(matches, oracle.ranked(query, filter), asked, metric, what);
            }
          }
        }
      },
    );

    it(`${metric}: a threshold that nothing passes gives []`, [`metric ${metric}`], async (t) => {
      const { store } = await cloud(t, metric);
      const nothing =
        metric === 'cosine' ? { maxDistance: -0.5 } : metric === 'dot' ? { minScore: 1e9 } : { maxDistance: -1 };
      deepEqual(await store.search(vectorFor(1, 8), { ...t.exactly, ...nothing }), [], 'matches');
    });
  }

  it('euclidean: a positive minScore is refused, for no score is positive', ['metric euclidean'], async (t) => {
    const store = await t.scratch({ metric: 'euclidean' });
    await rejects('InvalidArgument', 'minScore 0.5', () => store.search([1, 0, 0], { minScore: 0.5 }));
    deepEqual(await store.search([1, 0, 0], { minScore: 0 }), [], 'minScore 0');
  });
});
