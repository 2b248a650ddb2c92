import { type Json, list, optional, text, unsigned } from './body.ts';
import type { Collection, Point } from './collection.ts';
import { invalidBody, wrongInput } from './errors.ts';
import { isIndexed } from './field-index.ts';
import { readFilter } from './filter.ts';
import { canonicalUuid, compareIds, type PointId, readPointId } from './ids.ts';
import { parseJsonPath, valuesAt } from './json-path.ts';
import { readParts } from './parts.ts';
import { ordered, readOrder } from './query/order.ts';

/** `points/scroll`. */
export function scroll(body: Json, collection: Collection): Json {
  const limit = optional(body.limit, unsigned) ?? 10;
  if (limit === 0) throw invalidBody('scroll_request.limit: value 0 invalid, must be 1 or larger');
  const matches = readFilter(body.filter, collection.indexes, 'scroll_request.filter');
  const show = readParts(body, { payload: true }, collection.schema);
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
  const show = readParts(body, { payload: false }, collection.schema);
  const ids = [...new Set(list(body.ids, 'ids').map(readPointId))];
  return ids.flatMap((id) => {
    const point = collection.get(id);
    return point === undefined ? [] : [{ id: point.id, ...show(point) }];
  });
}

/** How often each value of a field occurs, most frequent first. */
export function facet(body: Json, collection: Collection): Json {
  const path = parseJsonPath(text(body.key, 'key'));
  const type = collection.indexes.get(path.text)?.type;
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
      if (isIndexed(type, value)) {
        const key = type === 'uuid' ? canonicalUuid(String(value)) : value;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
  }
  const hits = [...counts].map(([value, occurrences]) => ({ value, count: occurrences }));
  hits.sort((a, b) => b.count - a.count || ((a.value as string) < (b.value as string) ? -1 : 1));
  return { hits: hits.slice(0, optional(body.limit, unsigned) ?? 10) };
}
