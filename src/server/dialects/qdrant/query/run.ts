import { type Collection, Point } from '../collection.ts';
import type { Condition } from '../filter.ts';
import { compareIds, type PointId } from '../ids.ts';
import { diverse } from './diversity.ts';
import { fuse } from './fusion.ts';
import { ordered } from './order.ts';
import type { Query, Scope, Scored, Scorer } from './query.ts';
import { byScore, Top } from './top.ts';

/** The points that a query answers with, best first. */
export function run(query: Query, scope: Scope): Scored[] {
  const { limit, offset } = query;
  // A random choice among all points has no beginning to leave out.
  if (query.ask.kind === 'sample' && query.prefetch.length === 0) return ranked(query, scope, limit);
  return ranked(query, scope, offset + limit).slice(offset, offset + limit);
}

/** The best `most` points, from the first on. */
export function ranked(query: Query, scope: Scope, most: number): Scored[] {
  const { ask, prefetch, threshold } = query;
  const sources = prefetch.map((inner) => run(inner, scope));
  const points = prefetch.length === 0 ? scope.collection.values() : union(sources, scope.collection);
  switch (ask.kind) {
    case 'ids':
      return unscored(scope.collection.sorted(), query.matches, most);
    case 'vector':
      return best(points, ask.scorer, query, most);
    case 'diverse': {
      const candidates = best(points, ask.scorer, query, ask.diversity.candidates);
      return diverse(candidates, most, ask.diversity);
    }
    case 'fusion':
      return fuse(sources, ask.fusion).filter(({ score }) => threshold === undefined || score >= threshold);
    case 'order':
      return ordered(points, query.matches, ask.order);
    case 'formula': {
      const scores = sources.map((hits) => new Map(hits.map(({ point, score }) => [point.id, score])));
      const scorer: Scorer = {
        higherIsBetter: true,
        score: (point) => ask.formula({ point, scores: scores.map((of) => of.get(point.id)) }),
      };
      return best(points, scorer, query, most);
    }
    case 'sample':
      return unscored(shuffled([...points].filter(query.matches)), () => true, most);
  }
}

/** Points that were not scored are answered with version 0. */
function unscored(points: Iterable<Point>, matches: Condition, most: number): Scored[] {
  const hits: Scored[] = [];
  for (const point of points) {
    if (hits.length === most) break;
    if (matches(point)) hits.push({ point: new Point(point.id, point.payload, point.vectors, 0), score: 1 });
  }
  return hits;
}

function union(sources: readonly (readonly Scored[])[], collection: Collection): Point[] {
  const ids = new Set<PointId>(sources.flatMap((hits) => hits.map(({ point }) => point.id)));
  return [...ids].sort(compareIds).map((id) => collection.get(id)!);
}

function best(points: Iterable<Point>, scorer: Scorer, { matches, threshold }: Query, most: number): Scored[] {
  const { higherIsBetter } = scorer;
  const top = new Top(most, byScore(higherIsBetter));
  for (const point of points) {
    if (!matches(point)) continue;
    const score = scorer.score(point);
    if (score === undefined) continue;
    // The threshold itself does not pass.
    if (threshold !== undefined && !(higherIsBetter ? score > threshold : score < threshold)) continue;
    top.add({ point, score });
  }
  return top.best();
}

function shuffled<T>(items: T[]): T[] {
  for (let at = items.length - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [items[at], items[other]] = [items[other]!, items[at]!];
  }
  return items;
}
