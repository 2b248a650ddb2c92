import { isObject, type Json, list, number, object, optional, text, unsigned } from './body.ts';
import type { Collection, Point } from './collection.ts';
import { invalidBody, malformed, notCovered, notFound, wrongInput } from './errors.ts';
import { type Condition, readFilter } from './filter.ts';
import { compareIds, type PointId, readPointId } from './ids.ts';
import { type JsonPath, parseJsonPath, valuesAt } from './json-path.ts';
import { readParts } from './parts.ts';
import { isSimilarity, type QueryVector, readQueryVector, score, sparseScore } from './vectors.ts';

/** A point with its score. */
interface Scored {
  readonly point: Point;
  readonly score: number;
  readonly orderValue?: number | string;
}

/** A query read from a body: what it scores, and which part of that is wanted. */
interface Query {
  readonly using: string;
  readonly matches: Condition;
  readonly threshold: number | undefined;
  readonly limit: number;
  readonly offset: number;
  /** Undefined: points as they come. */
  readonly ask: unknown;
  readonly prefetch: readonly Query[];
}

/** `points/query`: the answer's points. */
export function query(body: Json, collection: Collection, place = 'internal'): Json[] {
  const asked = readQuery(body, collection, place);
  const show = readParts(body, { payload: false });
  return run(asked, collection).map((hit) => shown(hit, show(hit.point)));
}

/** The old `points/search`: a vector, perhaps with its name. */
export function search(body: Json, collection: Collection): Json[] {
  const vector = isObject(body.vector) && 'vector' in body.vector ? body.vector.vector : body.vector;
  if (vector === undefined) throw malformed('missing field `vector`');
  const using = isObject(body.vector) && typeof body.vector.name === 'string' ? body.vector.name : '';
  return query({ ...body, query: vector, using }, collection, 'search_request');
}

function shown({ point, score: value, orderValue }: Scored, parts: Json): Json {
  return {
    id: point.id,
    version: point.version,
    score: value,
    ...parts,
    ...(orderValue !== undefined && { order_value: orderValue }),
  };
}

function readQuery(body: Json, collection: Collection, place: string): Query {
  if (body.lookup_from !== undefined && body.lookup_from !== null) throw notCovered('lookup_from');
  const limit = body.limit === undefined || body.limit === null ? 10 : unsigned(body.limit);
  if (limit === 0) throw invalidBody(`${place}.limit: value 0 invalid, must be 1 or larger`);
  const prefetch =
    body.prefetch === undefined || body.prefetch === null
      ? []
      : Array.isArray(body.prefetch)
        ? body.prefetch
        : [body.prefetch];
  return {
    using: optional(body.using, (name) => text(name, 'using')) ?? '',
    matches: readFilter(body.filter, collection.indexes, `${place}.filter`),
    threshold: optional(body.score_threshold, (value) => Math.fround(number(value, 'score_threshold'))),
    limit,
    offset: optional(body.offset, unsigned) ?? 0,
    ask: isObject(body.query) && 'nearest' in body.query ? body.query.nearest : body.query,
    prefetch: prefetch.map((inner) => readQuery(object(inner, 'struct Prefetch'), collection, `${place}.prefetch`)),
  };
}

function run(asked: Query, collection: Collection): Scored[] {
  const { limit, offset } = asked;
  return ranked(asked, collection).slice(offset, offset + limit);
}

function ranked(asked: Query, collection: Collection): Scored[] {
  const { ask, prefetch } = asked;
  if (isObject(ask) && 'fusion' in ask) return fused(asked, collection);
  if (isObject(ask) && 'rrf' in ask) return fused({ ...asked, ask: { fusion: 'rrf' } }, collection);
  const candidates = prefetch.length === 0 ? collection.values() : union(prefetch, collection);
  if (ask === undefined || ask === null) {
    return [...candidates]
      .filter(asked.matches)
      .sort((a, b) => compareIds(a.id, b.id))
      .map((point) => ({ point: withVersion(point), score: 1 }));
  }
  if (isObject(ask) && 'order_by' in ask)
    return ordered(candidates, asked.matches, readOrder(ask.order_by, collection));
  if (isObject(ask) && !('indices' in ask)) throw notCovered(`the query ${Object.keys(ask).join(', ')}`);
  return nearest(asked, candidates, collection);
}

/** Points that were not scored are answered with version 0. */
function withVersion(point: Point): Point {
  return Object.create(point, { version: { value: 0 } }) as Point;
}

function union(prefetch: readonly Query[], collection: Collection): Point[] {
  return [
    ...new Set(prefetch.flatMap((inner) => run(inner, collection).map(({ point }) => collection.get(point.id)!))),
  ];
}

/** Reciprocal rank fusion of the prefetched answers. */
function fused({ ask, prefetch, matches, threshold }: Query, collection: Collection): Scored[] {
  if (!isObject(ask) || ask.fusion !== 'rrf') throw notCovered('fusions other than rrf');
  if (prefetch.length === 0) throw wrongInput('Fusion queries need prefetches');
  const sums = new Map<Point, number>();
  for (const inner of prefetch) {
    run(inner, collection).forEach(({ point }, rank) => {
      sums.set(point, (sums.get(point) ?? 0) + 1 / (rank + 2));
    });
  }
  return [...sums]
    .filter(([point, sum]) => matches(point) && (threshold === undefined || sum > threshold))
    .map(([point, sum]) => ({ point, score: Math.fround(sum) }))
    .sort((a, b) => b.score - a.score || compareIds(a.point.id, b.point.id));
}

function nearest(asked: Query, candidates: Iterable<Point>, collection: Collection): Scored[] {
  const { using, matches, threshold } = asked;
  const { vector, self } = resolve(asked, collection);
  const best = 'sparse' in vector || isSimilarity(vector.params) ? 1 : -1;
  const scoreOf = scorer(vector, using, collection);
  const hits: Scored[] = [];
  for (const point of candidates) {
    if (point.id === self || !matches(point)) continue;
    const value = scoreOf(point);
    // The threshold itself does not pass.
    if (value === undefined || (threshold !== undefined && !(best * value > best * threshold))) continue;
    hits.push({ point, score: value });
  }
  return hits.sort((a, b) => compareScores(a.score, b.score, best) || compareIds(b.point.id, a.point.id));
}

/** NaN comes first, as on the real server. Its order of equal scores is arbitrary; here the largest id comes first, so that nobody relies on another. */
function compareScores(a: number, b: number, best: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a === b ? 0 : best * (b - a);
}

/** The vector that is asked for: given, or that of a point, which is then not among the answers. */
function resolve({ ask, using }: Query, collection: Collection): { vector: QueryVector; self: PointId | undefined } {
  if (typeof ask !== 'number' && typeof ask !== 'string')
    return { vector: readQueryVector(ask, collection.schema, using), self: undefined };
  const self = readPointId(ask);
  const point = collection.get(self);
  if (point === undefined) throw notFound(`No point with id ${self} found`);
  const dense = point.vectors.dense.get(using);
  const sparse = point.vectors.sparse.get(using);
  if (dense !== undefined) return { vector: { dense, params: collection.schema.dense.get(using)! }, self };
  if (sparse !== undefined) return { vector: { sparse, idf: collection.schema.sparse.get(using)?.idf ?? false }, self };
  throw wrongInput(`Not existing vector name error: ${using}`);
}

function scorer(vector: QueryVector, using: string, collection: Collection): (point: Point) => number | undefined {
  if ('dense' in vector) {
    return ({ vectors }) => {
      const stored = vectors.dense.get(using);
      return stored === undefined ? undefined : score(vector.dense, stored, vector.params);
    };
  }
  const weight = vector.idf ? inverseDocumentFrequency(collection, using) : () => 1;
  return ({ vectors }) => {
    const stored = vectors.sparse.get(using);
    return stored === undefined ? undefined : sparseScore(vector.sparse, stored, weight);
  };
}

function inverseDocumentFrequency(collection: Collection, name: string): (index: number) => number {
  const frequency = new Map<number, number>();
  let documents = 0;
  for (const { vectors } of collection.values()) {
    const sparse = vectors.sparse.get(name);
    if (sparse === undefined) continue;
    documents += 1;
    for (const index of sparse.indices) frequency.set(index, (frequency.get(index) ?? 0) + 1);
  }
  return (index) => {
    const containing = frequency.get(index) ?? 0;
    return Math.log(1 + (documents - containing + 0.5) / (containing + 0.5));
  };
}

/** An order by a field's values. */
export interface Order {
  readonly path: JsonPath;
  readonly descending: boolean;
  readonly from: number | string | undefined;
}

/** @throws 400 where the field has no range index. */
function readOrder(value: unknown, collection: Collection): Order {
  const order = typeof value === 'string' ? { key: value } : object(value, 'struct OrderBy');
  const key = text(order.key, 'key');
  const path = parseJsonPath(key);
  const type = collection.indexes.get(path.text);
  if (type !== 'integer' && type !== 'float' && type !== 'datetime') {
    throw wrongInput(
      `No range index for \`order_by\` key: \`${key}\`. Please create one to use \`order_by\`. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Range conditions`,
    );
  }
  const { start_from: from, direction } = order as Json;
  return {
    path,
    descending: direction === 'desc',
    from: typeof from === 'number' || typeof from === 'string' ? from : undefined,
  };
}

/** One hit for each value of a point. */
function ordered(candidates: Iterable<Point>, matches: Condition, { path, descending, from }: Order): Scored[] {
  const way = descending ? -1 : 1;
  const hits: Scored[] = [];
  for (const point of candidates) {
    if (!matches(point)) continue;
    for (const value of valuesAt(point.payload, path).flat()) {
      if (typeof value !== 'number' && typeof value !== 'string') continue;
      if (from === undefined || (value >= from && way > 0) || (value <= from && way < 0))
        hits.push({ point, score: 1, orderValue: value });
    }
  }
  return hits.sort(
    (a, b) =>
      way * (a.orderValue! < b.orderValue! ? -1 : a.orderValue! > b.orderValue! ? 1 : 0) ||
      compareIds(a.point.id, b.point.id),
  );
}

/** `points/query/groups`: the best points of each value of a field. */
export function groups(body: Json, collection: Collection): Json {
  if (body.with_lookup !== undefined && body.with_lookup !== null) throw notCovered('with_lookup');
  const path = parseJsonPath(text(body.group_by, 'group_by'));
  const size = optional(body.group_size, unsigned) ?? 3;
  const limit = optional(body.limit, unsigned) ?? 10;
  if (limit === 0) throw invalidBody('internal.limit: value 0 invalid, must be 1 or larger');
  if (size === 0) throw invalidBody('internal.group_size: value 0 invalid, must be 1 or larger');
  const show = readParts(body, { payload: false });
  const found = new Map<number | string, Scored[]>();
  for (const hit of ranked({ ...readQuery(body, collection, 'internal'), offset: 0 }, collection)) {
    for (const value of new Set(valuesAt(hit.point.payload, path).flat())) {
      if (typeof value !== 'number' && typeof value !== 'string') continue;
      const group = found.get(value);
      if (group === undefined) found.set(value, [hit]);
      else if (group.length < size) group.push(hit);
    }
  }
  return {
    groups: [...found]
      .slice(0, limit)
      .map(([id, hits]) => ({ id, hits: hits.map((hit) => shown(hit, show(hit.point))) })),
  };
}

/** `points/scroll`. */
export function scroll(body: Json, collection: Collection): Json {
  const limit = optional(body.limit, unsigned) ?? 10;
  if (limit === 0) throw invalidBody('scroll_request.limit: value 0 invalid, must be 1 or larger');
  const matches = readFilter(body.filter, collection.indexes, 'scroll_request.filter');
  const show = readParts(body, { payload: true });
  if (body.order_by !== undefined && body.order_by !== null) {
    if (body.offset !== undefined && body.offset !== null)
      throw wrongInput(
        "Cannot use an `offset` when using `order_by`. The alternative for paging is to use `order_by.start_from` and a filter to exclude the IDs that you've already seen for the `order_by.start_from` value",
      );
    const hits = ordered(collection.values(), matches, readOrder(body.order_by, collection)).slice(0, limit);
    return {
      points: hits.map(({ point, orderValue }) => ({ id: point.id, ...show(point), order_value: orderValue })),
      next_page_offset: null,
    };
  }
  const from = optional(body.offset, readPointId);
  const sorted = collection.sorted();
  const points: Json[] = [];
  for (let at = from === undefined ? 0 : firstFrom(sorted, from); at < sorted.length; at++) {
    const point = sorted[at]!;
    if (!matches(point)) continue;
    if (points.length === limit) return { points, next_page_offset: point.id };
    points.push({ id: point.id, ...show(point) });
  }
  return { points, next_page_offset: null };
}

function firstFrom(sorted: readonly Point[], id: PointId): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareIds(sorted[middle]!.id, id) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function count(body: Json, collection: Collection): Json {
  const matches = readFilter(body.filter, collection.indexes, 'count_request.filter');
  let sum = 0;
  for (const point of collection.values()) if (matches(point)) sum += 1;
  return { count: sum };
}

/** `points` by id, in the order asked, absent and repeated ones left out. */
export function retrieve(body: Json, collection: Collection): Json[] {
  const show = readParts(body, { payload: false });
  const ids = [...new Set(list(body.ids, 'ids').map(readPointId))];
  return ids.flatMap((id) => {
    const point = collection.get(id);
    return point === undefined ? [] : [{ id: point.id, ...show(point) }];
  });
}

/** How often each value of a field occurs, most frequent first. */
export function facet(body: Json, collection: Collection): Json {
  const path = parseJsonPath(text(body.key, 'key'));
  const type = collection.indexes.get(path.text);
  if (type !== 'keyword' && type !== 'integer' && type !== 'bool' && type !== 'uuid') {
    throw wrongInput(
      `Index required but not found for "${path.text}" of one of the following types: [keyword, integer, uuid, bool]. Help: Create an index for this key or use a different filter.`,
    );
  }
  const matches = readFilter(body.filter, collection.indexes, 'facet_request.filter');
  const counts = new Map<unknown, number>();
  for (const point of collection.values()) {
    if (!matches(point)) continue;
    for (const value of new Set(valuesAt(point.payload, path).flat()))
      if (isFacet(value, type)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const hits = [...counts].map(([value, occurrences]) => ({ value, count: occurrences }));
  hits.sort((a, b) => b.count - a.count || ((a.value as string) < (b.value as string) ? -1 : 1));
  return { hits: hits.slice(0, optional(body.limit, unsigned) ?? 10) };
}

function isFacet(value: unknown, type: 'keyword' | 'integer' | 'bool' | 'uuid'): boolean {
  if (type === 'integer') return Number.isInteger(value);
  return type === 'bool' ? typeof value === 'boolean' : typeof value === 'string';
}
