import { type Json, optional, unsigned } from '../body.ts';
import type { Point } from '../collection.ts';
import { invalidBody } from '../errors.ts';
import { readFilter } from '../filter.ts';
import { shortest } from '../float32.ts';
import { compareIds } from '../ids.ts';
import { paramsOf } from '../vectors.ts';
import { Examples } from './examples.ts';
import type { Scope, Scored } from './query.ts';
import { byScore, Top } from './top.ts';
import { usingOf, VectorQueries } from './vector-query.ts';

/** Randomly chosen points, and the nearest among them of each. */
interface Matrix {
  readonly points: readonly Point[];
  readonly nearest: readonly (readonly Scored[])[];
}

/** `points/search/matrix/pairs`. */
export function matrixPairs(body: Json, scope: Scope): Json {
  const { points, nearest } = matrix(body, scope);
  return {
    pairs: points.flatMap(({ id }, at) =>
      nearest[at]!.map(({ point, score }) => ({ a: id, b: point.id, score: shortest(score) })),
    ),
  };
}

/** `points/search/matrix/offsets`. */
export function matrixOffsets(body: Json, scope: Scope): Json {
  const { points, nearest } = matrix(body, scope);
  const offsets = new Map(points.map(({ id }, at) => [id, at]));
  return {
    offsets_row: nearest.flatMap((hits, row) => hits.map(() => row)),
    offsets_col: nearest.flatMap((hits) => hits.map(({ point }) => offsets.get(point.id)!)),
    scores: nearest.flatMap((hits) => hits.map(({ score }) => shortest(score))),
    ids: points.map(({ id }) => id),
  };
}

function matrix(body: Json, scope: Scope): Matrix {
  const { collection } = scope;
  const size = optional(body.sample, unsigned) ?? 10;
  if (size < 2) throw invalidBody(`search_request.sample: value ${size} invalid, must be 2 or larger`);
  const limit = optional(body.limit, unsigned) ?? 3;
  if (limit < 1) throw invalidBody('search_request.limit: value 0 invalid, must be 1 or larger');
  const using = usingOf(body);
  paramsOf(collection.schema, using);
  const matches = readFilter(body.filter, collection.indexes, 'search_request.filter');
  const having = [...collection.values()].filter((point) => point.vectors.has(using) && matches(point));
  const points = sampled(having, size);
  const queries = new VectorQueries(collection, using, new Examples({}, using, scope));
  const nearest = points.map((own) => {
    const scorer = queries.nearest(own.vectors.get(using)!);
    const top = new Top(limit, byScore(scorer.higherIsBetter));
    for (const point of points) {
      const score = point === own ? undefined : scorer.score(point);
      if (score !== undefined) top.add({ point, score });
    }
    return top.best();
  });
  return points.length < 2 ? { points: [], nearest: [] } : { points, nearest };
}

function sampled(points: Point[], size: number): Point[] {
  for (let at = 0; at < Math.min(size, points.length); at++) {
    const other = at + Math.floor(Math.random() * (points.length - at));
    [points[at], points[other]] = [points[other]!, points[at]!];
  }
  return points.slice(0, size).sort((a, b) => compareIds(a.id, b.id));
}
