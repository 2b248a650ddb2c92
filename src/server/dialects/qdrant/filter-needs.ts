import { isObject, type Json } from './body.ts';
import { type FieldIndex, type FieldIndexes, isInteger } from './field-index.ts';
import { canonicalUuid } from './ids.ts';
import { parseJsonPath } from './json-path.ts';

/*
 * What a filter asks of the collection, as it stands in the body: the indexes it would want, and how large it is.
 */

/** The conditions of a filter's clauses. */
function conditionsOf(filter: Json): Json[] {
  const least = isObject(filter.min_should) ? filter.min_should.conditions : undefined;
  return [filter.should, least, filter.must, filter.must_not].flat().filter(isObject);
}

/** The keys that a filter's own conditions are about. */
export function keysOf(filter: Json): string[] {
  return conditionsOf(filter).flatMap((condition) => {
    const inner = innerFilter(condition);
    if (inner !== undefined && inner.prefix === '') return keysOf(inner.filter);
    return typeof condition.key === 'string' ? [condition.key] : [];
  });
}

const clauses = ['should', 'min_should', 'must', 'must_not'];

function innerFilter(condition: Json): { readonly filter: Json; readonly prefix: string } | undefined {
  if (isObject(condition.nested)) {
    const { key, filter } = condition.nested;
    const prefix = `${String(key).replace(/\[\]$/, '')}[].`;
    return isObject(filter) ? { filter, prefix } : undefined;
  }
  return clauses.some((clause) => clause in condition) ? { filter: condition, prefix: '' } : undefined;
}

/** A key, with the types of index that would serve its condition. */
interface Missing {
  readonly key: string;
  readonly types: readonly string[];
}

/** The first key of a filter that no index serves. */
export function unindexed(filter: Json, indexes: FieldIndexes, prefix = ''): Missing | undefined {
  for (const condition of conditionsOf(filter)) {
    const inner = innerFilter(condition);
    const missing =
      inner === undefined
        ? missingFor(condition, indexes, prefix)
        : unindexed(inner.filter, indexes, prefix + inner.prefix);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

interface Wanted {
  readonly type: string;
  readonly serves: (index: FieldIndex) => boolean;
}

const plain = (type: string): Wanted => ({ type, serves: (index) => index.type === type });
const anyIndex: Wanted[] = ['keyword', 'integer', 'float', 'bool', 'geo', 'datetime', 'text', 'uuid'].map(plain);

function missingFor(condition: Json, indexes: FieldIndexes, prefix: string): Missing | undefined {
  const holder = [condition.is_empty, condition.is_null].find(isObject) ?? condition;
  if (typeof holder.key !== 'string') return undefined;
  const key = prefix + holder.key;
  const index = indexes.get(parseJsonPath(key).text);
  const wanted = holder === condition ? wantedBy(condition) : anyIndex;
  if (wanted.length === 0 || (index !== undefined && wanted.some(({ serves }) => serves(index)))) return undefined;
  return { key, types: wanted.map(({ type }) => type).sort() };
}

function wantedBy(condition: Json): Wanted[] {
  const { match, range } = condition;
  const given = (name: string) => condition[name] !== undefined && condition[name] !== null;
  return [
    ...(isObject(match) ? wantedByMatch(match) : []),
    ...(isObject(range) ? wantedByRange(range) : []),
    ...(['geo_bounding_box', 'geo_radius', 'geo_polygon'].some(given) ? [plain('geo')] : []),
    ...(['values_count', 'is_empty', 'is_null'].some(given) ? anyIndex : []),
  ];
}

function wantedByMatch(match: Json): Wanted[] {
  if ('text' in match || 'text_any' in match) return [plain('text')];
  if ('phrase' in match)
    return [
      {
        type: 'text (with phrase_matching: true)',
        serves: ({ type, analyzer }) => type === 'text' && analyzer?.phrases === true,
      },
    ];
  if ('prefix' in match)
    return [
      {
        type: 'keyword (with prefix: true)',
        serves: ({ type, params }) => type === 'keyword' && params?.prefix === true,
      },
    ];
  const operand = match.value ?? match.any ?? match.except;
  const values = Array.isArray(operand) ? operand : [operand];
  if (values.length === 0) return [];
  if (values.every((value) => typeof value === 'boolean')) return [plain('bool')];
  if (values.every(isInteger))
    return [{ type: 'integer', serves: ({ type, params }) => type === 'integer' && params?.lookup !== false }];
  const uuids = values.every((value) => typeof value === 'string' && canonicalUuid(value) !== undefined);
  return [...(uuids ? [plain('uuid')] : []), plain('keyword')];
}

function wantedByRange(range: Json): Wanted[] {
  if (Object.values(range).some((bound) => typeof bound === 'string')) return [plain('datetime')];
  return [
    plain('float'),
    { type: 'integer', serves: ({ type, params }) => type === 'integer' && params?.range !== false },
  ];
}

/** How many conditions a filter has, and how many operands the largest of them. */
export function filterSize(filter: Json): { readonly conditions: number; readonly largest: number } {
  let conditions = 0;
  let largest = 0;
  for (const condition of conditionsOf(filter)) {
    const inner = innerFilter(condition);
    const size = inner === undefined ? { conditions: 1, largest: operandsOf(condition) } : filterSize(inner.filter);
    conditions += size.conditions;
    largest = Math.max(largest, size.largest);
  }
  return { conditions, largest };
}

function operandsOf({ match, has_id: ids, geo_polygon: polygon }: Json): number {
  if (Array.isArray(ids)) return ids.length;
  if (isObject(polygon) && isObject(polygon.exterior) && Array.isArray(polygon.exterior.points))
    return polygon.exterior.points.length;
  if (!isObject(match)) return 0;
  const operands = match.any ?? match.except;
  return Array.isArray(operands) ? operands.length : 0;
}
