import { type Json, object, optional, text, unsigned } from '../body.ts';
import { invalidBody } from '../errors.ts';
import type { Condition, FilteredPoint } from '../filter.ts';
import { type PointId, readPointId } from '../ids.ts';
import { type JsonPath, parseJsonPath, valuesAt } from '../json-path.ts';
import { readParts } from '../parts.ts';
import type { Query, Scope, Scored } from './query.ts';
import { readQuery } from './read.ts';
import { ranked } from './run.ts';
import { shownHit } from './show.ts';
import { byScore } from './top.ts';

type GroupId = number | bigint | string;

/** `points/query/groups`: the best points of each value of a field. */
export function queryGroups(body: Json, scope: Scope, place = 'internal'): Json {
  const path = parseJsonPath(text(body.group_by, 'group_by'));
  const size = optional(body.group_size, unsigned) ?? 3;
  const limit = optional(body.limit, unsigned) ?? 10;
  if (limit === 0) throw invalidBody(`${place}.limit: value 0 invalid, must be 1 or larger`);
  if (size === 0) throw invalidBody(`${place}.group_size: value 0 invalid, must be 1 or larger`);
  const show = readParts(body, { payload: false }, scope.collection.schema);
  const lookup = readLookup(body.with_lookup, scope);
  const found = bestGroups(body, scope, { path, size, limit, place });
  return {
    groups: [...found].slice(0, limit).map(([id, hits]) => ({
      id,
      hits: hits.map((hit) => shownHit(hit, show(hit.point))),
      ...lookup(id),
    })),
  };
}

interface Grouping {
  readonly path: JsonPath;
  readonly size: number;
  readonly limit: number;
  readonly place: string;
}

/** How often what is missing is asked for. */
const requests = 5;

/**
 * The groups of the best points, best first. Prefetches may leave groups out or short: these are asked for again, on their own, first for further
 * groups and then for further points of the groups that are answered.
 */
function bestGroups(body: Json, scope: Scope, { path, size, limit, place }: Grouping): Map<GroupId, Scored[]> {
  const found = new Map<GroupId, Scored[]>();
  const groupsOf = ({ payload }: FilteredPoint) => [...new Set(valuesAt(payload, path).flat())].filter(isGroupId);
  const ask = (wanted?: Condition): boolean => {
    const query = widened(readQuery(body, scope, place, wanted), size);
    const hits = ranked({ ...query, offset: 0 }, scope, Number.POSITIVE_INFINITY);
    let news = false;
    for (const hit of hits) {
      for (const id of groupsOf(hit.point)) {
        const group = found.get(id) ?? [];
        if (group.length >= size || group.some(({ point }) => point.id === hit.point.id)) continue;
        found.set(id, [...group, hit]);
        news = true;
      }
    }
    return news && query.prefetch.length > 0;
  };
  let more = ask();
  for (let round = 1; more && found.size < limit && round < requests; round++)
    more = ask((point) => groupsOf(point).some((id) => !found.has(id)));
  const answered = [...found].slice(0, limit);
  const isShort = (id: GroupId) => answered.some(([name]) => name === id) && (found.get(id)?.length ?? 0) < size;
  const isThere = (id: GroupId, { id: point }: FilteredPoint) => found.get(id)?.some((hit) => hit.point.id === point);
  more = body.prefetch !== undefined && body.prefetch !== null;
  for (let round = 0; more && round < requests; round++)
    more = ask((point) => groupsOf(point).some((id) => isShort(id) && !isThere(id, point)));
  return body.prefetch === undefined || body.prefetch === null ? found : sorted(found, readQuery(body, scope, place));
}

/** What was asked for later may be better than what was there before. */
function sorted(found: ReadonlyMap<GroupId, Scored[]>, { ask }: Query): Map<GroupId, Scored[]> {
  if (ask.kind === 'order' || ask.kind === 'sample') return new Map(found);
  const compare = byScore(ask.kind !== 'vector' || ask.scorer.higherIsBetter);
  const groups = [...found].map(([id, hits]): [GroupId, Scored[]] => [id, hits.toSorted(compare)]);
  return new Map(groups.sort(([, a], [, b]) => compare(a[0]!, b[0]!)));
}

/** Prefetches bring as many points for each group as are wanted of it. */
function widened(query: Query, size: number): Query {
  const prefetch = query.prefetch.map((inner) => ({ ...widened(inner, size), limit: inner.limit * size }));
  return { ...query, prefetch };
}

function isGroupId(value: unknown): value is GroupId {
  return typeof value === 'string' || typeof value === 'bigint' || Number.isInteger(value);
}

/** What is answered beside a group: the point of another collection that goes by the group's id. */
function readLookup(value: unknown, scope: Scope): (id: GroupId) => Json {
  if (value === undefined || value === null) return () => ({});
  const asked: Json = typeof value === 'string' ? { collection: value } : object(value, 'struct WithLookup');
  const collection = scope.find(text(asked.collection, 'collection'));
  const show = readParts(asked, { payload: true }, collection.schema);
  return (group) => {
    const id = pointIdOf(group);
    const point = id === undefined ? undefined : collection.get(id);
    return point === undefined ? {} : { lookup: { id: point.id, ...show(point) } };
  };
}

function pointIdOf(group: GroupId): PointId | undefined {
  try {
    return readPointId(group);
  } catch {
    // A value that is no id has no point.
    return undefined;
  }
}
