import { describe, expect, test } from 'vitest';
import { Point } from '../collection.ts';
import { diverse } from './diversity.ts';
import { fuse } from './fusion.ts';
import { byScore, Top } from './top.ts';

const hit = (id: number, score: number) => ({ point: new Point(id, {}, new Map(), 1), score });
const shown = (hits: readonly { point: Point; score: number }[]) =>
  hits.map(({ point, score }) => [point.id, Number(score.toFixed(5))]);

describe('fusion', () => {
  test('by reciprocal ranks, with Qdrant’s constant of 2', () => {
    const lists = [
      [hit(1, 9), hit(2, 8)],
      [hit(2, 1), hit(3, 0.5)],
    ];
    expect(shown(fuse(lists, { method: 'rrf', k: 2, weights: undefined }))).toEqual([
      [2, 0.83333],
      [1, 0.5],
      [3, 0.33333],
    ]);
  });

  test('a weight stretches the ranks of its list', () => {
    const lists = [[hit(1, 9), hit(2, 8), hit(3, 7)], [hit(4, 1)]];
    // 1 / ((rank + 1) / 3 + 1)
    expect(shown(fuse(lists, { method: 'rrf', k: 2, weights: [3, 1] }))).toEqual([
      [1, 0.75],
      [2, 0.6],
      [3, 0.5],
      [4, 0.5],
    ]);
    expect(() => fuse(lists, { method: 'rrf', k: 2, weights: [1] })).toThrow(/weights/);
  });

  test('by distribution: three standard deviations about the mean are 0 and 1', () => {
    // Mean 2 and sample deviation 1: from -1 to 5.
    const lists = [[hit(1, 3), hit(2, 2), hit(3, 1)], [hit(3, 7)]];
    expect(shown(fuse(lists, { method: 'dbsf' }))).toEqual([
      [3, 0.83333],
      [1, 0.66667],
      [2, 0.5],
    ]);
    expect(shown(fuse([[hit(1, 4), hit(2, 4)]], { method: 'dbsf' }))).toEqual([
      [1, 0.5],
      [2, 0.5],
    ]);
  });
});

describe('maximal marginal relevance', () => {
  // Points on a line; alike where they are near.
  const relevance = (point: Point) => -Math.abs(Number(point.id) - 10);
  const likeness = (a: Point) => (b: Point) => -Math.abs(Number(a.id) - Number(b.id));
  const hits = [10, 11, 12, 30].map((id) => hit(id, relevance(hit(id, 0).point)));
  const ids = (lambda: number) =>
    diverse(hits, 3, { lambda, candidates: 4, relevance, likeness }).map(({ point }) => point.id);

  test('relevance alone keeps the order', () => expect(ids(1)).toEqual([10, 11, 12]));
  test('diversity alone goes as far away as it can', () => expect(ids(0)).toEqual([10, 30, 12]));
});

describe('the best of many', () => {
  test.each([1, 3, 70, 1000])('are those that sorting would put first: %d of 500', (limit) => {
    const hits = Array.from({ length: 500 }, (_, at) => hit(at, (at * 7919) % 101));
    const compare = byScore(true);
    const top = new Top(limit, compare);
    for (const one of hits) top.add(one);
    expect(top.best()).toEqual(hits.toSorted(compare).slice(0, limit));
  });

  test('NaN comes first', () => {
    const top = new Top(2, byScore(true));
    for (const one of [hit(1, 1), hit(2, Number.NaN), hit(3, 2)]) top.add(one);
    expect(top.best().map(({ point }) => point.id)).toEqual([2, 3]);
  });
});
