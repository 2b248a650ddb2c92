import { type Json, object, text } from '../body.ts';
import type { Collection, Point } from '../collection.ts';
import { parseMicros } from '../datetime.ts';
import { malformed, wrongInput } from '../errors.ts';
import type { Condition } from '../filter.ts';
import { compareIds } from '../ids.ts';
import { type JsonPath, parseJsonPath, valuesAt } from '../json-path.ts';
import type { Scored } from './query.ts';

type Numeric = number | bigint;

/** An order by a field's values. */
export interface Order {
  readonly path: JsonPath;
  readonly descending: boolean;
  readonly from: Numeric | undefined;
  /** What the field's index holds for a value: a number, or microseconds of an instant. */
  readonly keyOf: (value: unknown) => Numeric | undefined;
}

/** @throws 400 where the field has no range index. */
export function readOrder(value: unknown, collection: Collection): Order {
  const order: Json = typeof value === 'string' ? { key: value } : object(value, 'struct OrderBy');
  const key = text(order.key, 'key');
  const path = parseJsonPath(key);
  const type = collection.indexes.get(path.text)?.type;
  if (type !== 'integer' && type !== 'float' && type !== 'datetime') {
    throw wrongInput(
      `No range index for \`order_by\` key: \`${key}\`. Please create one to use \`order_by\`. Check https://qdrant.tech/documentation/concepts/indexing/#payload-index to see which payload schemas support Range conditions`,
    );
  }
  const { direction } = order;
  if (direction !== undefined && direction !== null && direction !== 'asc' && direction !== 'desc')
    throw malformed(`unknown variant \`${String(direction)}\`, expected \`asc\` or \`desc\``);
  const keyOf = type === 'datetime' ? instant : type === 'integer' ? integer : numeric;
  return { path, descending: direction === 'desc', from: readStart(order.start_from), keyOf };
}

function readStart(value: unknown): Numeric | undefined {
  if (value === undefined || value === null) return undefined;
  const start = numeric(value) ?? instant(value);
  if (start === undefined) throw malformed('data did not match any variant of untagged enum StartFrom');
  return start;
}

function numeric(value: unknown): Numeric | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}

function integer(value: unknown): Numeric | undefined {
  return Number.isInteger(value) || typeof value === 'bigint' ? (value as Numeric) : undefined;
}

function instant(value: unknown): number | undefined {
  return typeof value === 'string' ? parseMicros(value) : undefined;
}

/** One hit for each value of a point. */
export function ordered(
  points: Iterable<Point>,
  matches: Condition,
  { path, descending, from, keyOf }: Order,
): Scored[] {
  const way = descending ? -1 : 1;
  const hits: (Scored & { readonly orderValue: Numeric })[] = [];
  for (const point of points) {
    if (!matches(point)) continue;
    for (const value of valuesAt(point.payload, path).flat()) {
      const orderValue = keyOf(value);
      if (orderValue === undefined) continue;
      if (from === undefined || (descending ? orderValue <= from : orderValue >= from))
        hits.push({ point, score: 1, orderValue });
    }
  }
  return hits.sort(
    (a, b) =>
      way * (a.orderValue < b.orderValue ? -1 : a.orderValue > b.orderValue ? 1 : 0) ||
      compareIds(a.point.id, b.point.id),
  );
}
