import { wrongInput } from '../errors.ts';
import { compareIds, type PointId } from '../ids.ts';
import type { Fusion, Scored } from './query.ts';

/** The answers of several queries as one, best first. */
export function fuse(lists: readonly (readonly Scored[])[], fusion: Fusion): Scored[] {
  const weighed = fusion.method === 'rrf' ? byRank(lists, fusion) : lists.map(byDistribution);
  const sums = new Map<PointId, { hit: Scored; score: number }>();
  for (const list of weighed) {
    for (const { hit, score } of list) {
      const sum = sums.get(hit.point.id);
      if (sum === undefined) sums.set(hit.point.id, { hit, score });
      else sum.score = Math.fround(sum.score + score);
    }
  }
  return [...sums.values()]
    .map(({ hit: { point }, score }) => ({ point, score }))
    .sort((a, b) => b.score - a.score || compareIds(a.point.id, b.point.id));
}

interface Weighed {
  readonly hit: Scored;
  readonly score: number;
}

/** Reciprocal rank fusion. A weight stretches the ranks of its list. */
function byRank(lists: readonly (readonly Scored[])[], { k, weights }: Fusion & { method: 'rrf' }): Weighed[][] {
  if (weights !== undefined && weights.length !== lists.length)
    throw wrongInput(
      `Number of weights in RRF should match number of pre-fetches: got ${weights.length}, expected ${lists.length}`,
    );
  return lists.map((list, at) => {
    const weight = weights?.[at] ?? 1;
    return list.map((hit, rank) => ({
      hit,
      score: weight <= 0 ? 0 : Math.fround(1 / ((rank + 1) / weight + k - 1)),
    }));
  });
}

/** Scores between three standard deviations below and above the mean of their list, as 0 to 1. */
function byDistribution(list: readonly Scored[]): Weighed[] {
  if (list.length < 2) return list.map((hit) => ({ hit, score: 0.5 }));
  let mean = 0;
  let squares = 0;
  list.forEach(({ score }, at) => {
    const before = score - mean;
    mean += before / (at + 1);
    squares += before * (score - mean);
  });
  const deviation = Math.sqrt(squares / (list.length - 1));
  const least = mean - 3 * deviation;
  const most = mean + 3 * deviation;
  return list.map((hit) => ({
    hit,
    score: least === most ? 0.5 : Math.fround((hit.score - least) / (most - least)),
  }));
}
