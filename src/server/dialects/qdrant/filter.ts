import { isObject, type Json, list, object, text, unsigned } from './body.ts';
import { invalidBody, malformed } from './errors.ts';
import { readFieldCondition } from './field-condition.ts';
import type { FieldIndexes } from './field-index.ts';
import { type PointId, readPointId } from './ids.ts';
import { isRecord, type JsonPath, parseJsonPath, valuesAt } from './json-path.ts';
import { sliceOf } from './slice.ts';

/** What a condition is evaluated on. */
export interface FilteredPoint {
  readonly id: PointId;
  readonly payload: unknown;
  hasVector(name: string): boolean;
}

/** A filter ready to be asked about points. */
export type Condition = (point: FilteredPoint) => boolean;

const clauses = ['should', 'min_should', 'must', 'must_not'];
const everything: Condition = () => true;

/**
 * Qdrant's filter with Qdrant's own meaning, which differs from the portable one: the payload index of a field changes what conditions on it
 * match, as recorded from a real server.
 *
 * @param place Where it stands in the body, for validation messages.
 */
export function readFilter(value: unknown, indexes: FieldIndexes, place: string): Condition {
  if (value === undefined || value === null) return everything;
  const filter = object(value, 'struct Filter');
  for (const key of Object.keys(filter)) {
    if (!clauses.includes(key))
      throw malformed(
        `unknown field \`${key}\`, expected one of ${clauses.map((clause) => `\`${clause}\``).join(', ')}`,
      );
  }
  const read = (clause: string) => conditions(filter[clause], indexes, `${place}.${clause}`);
  const must = read('must');
  const mustNot = read('must_not');
  const should = read('should');
  const least =
    filter.min_should === undefined || filter.min_should === null
      ? undefined
      : readMinShould(filter.min_should, indexes, place);
  if (least === undefined && mustNot.length === 0) {
    if (must.length === 1 && should.length === 0) return must[0]!;
    if (must.length === 0 && should.length === 0) return everything;
  }
  return (point) =>
    must.every((test) => test(point)) &&
    !mustNot.some((test) => test(point)) &&
    (should.length === 0 || should.some((test) => test(point))) &&
    (least === undefined || least(point));
}

function readMinShould(value: unknown, indexes: FieldIndexes, place: string): Condition {
  const { conditions: of, min_count: minCount } = object(value, 'struct MinShould');
  const tests = conditions(of, indexes, `${place}.min_should`);
  const least = unsigned(minCount);
  return (point) => tests.filter((test) => test(point)).length >= least;
}

/** One condition or a list of them. */
function conditions(value: unknown, indexes: FieldIndexes, place: string): Condition[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((member, at) =>
    readCondition(member, indexes, `${place}[${at}]`),
  );
}

const kinds = ['key', 'is_empty', 'is_null', 'has_id', 'has_vector', 'nested', 'slice'];

/** Whether an object is meant as a condition, or as a filter in the place of one. */
export function isCondition(value: Json): boolean {
  return kinds.some((kind) => kind in value) || clauses.some((clause) => clause in value);
}

export function readCondition(value: unknown, indexes: FieldIndexes, place: string): Condition {
  const condition = object(value, 'some form of condition');
  if ('key' in condition) return readFieldCondition(condition, indexes, place);
  if ('is_empty' in condition) {
    const path = pathIn(condition.is_empty);
    return ({ payload }) => isEmpty(valuesAt(payload, path));
  }
  if ('is_null' in condition) return readIsNull(pathIn(condition.is_null), indexes);
  if ('has_id' in condition) {
    const ids = new Set(list(condition.has_id, 'has_id').map(readPointId));
    return ({ id }) => ids.has(id);
  }
  if ('has_vector' in condition) {
    const name = text(condition.has_vector, 'has_vector');
    return (point) => point.hasVector(name);
  }
  if ('nested' in condition) return readNested(object(condition.nested, 'struct Nested'), indexes, place);
  if ('slice' in condition) return readSlice(object(condition.slice, 'struct Slice'), place);
  if (Object.keys(condition).every((key) => clauses.includes(key))) return readFilter(condition, indexes, place);
  throw malformed(
    'Expected some form of condition, which can be a field condition (like {"key": ..., "match": ... }), or some other mentioned in the documentation: https://qdrant.tech/documentation/concepts/filtering/#filtering-conditions',
  );
}

function pathIn(value: unknown): JsonPath {
  return parseJsonPath(text(object(value, 'struct PayloadField').key, 'key'));
}

/** With any index, a null inside an array counts too. */
function readIsNull(path: JsonPath, indexes: FieldIndexes): Condition {
  const indexed = indexes.has(path.text);
  return ({ payload }) =>
    valuesAt(payload, path).some(
      (value) => value === null || (indexed && Array.isArray(value) && value.includes(null)),
    );
}

function readNested({ key, filter }: Json, indexes: FieldIndexes, place: string): Condition {
  const path = parseJsonPath(`${text(key, 'key').replace(/\[\]$/, '')}[]`);
  if (!isObject(filter)) throw malformed('missing field `filter`');
  const inner = readFilter(
    filter,
    new Map(
      [...indexes].flatMap(([name, index]) =>
        name.startsWith(`${path.text}.`) ? [[name.slice(path.text.length + 1), index] as const] : [],
      ),
    ),
    place,
  );
  return (point) =>
    valuesAt(point.payload, path).some(
      (payload) => isRecord(payload) && inner({ id: point.id, payload, hasVector: (name) => point.hasVector(name) }),
    );
}

/** One of several disjoint parts of all ids. */
function readSlice({ total, index }: Json, place: string): Condition {
  const parts = unsigned(total);
  const part = unsigned(index);
  if (parts < 1) throw malformed('invalid value: integer `0`, expected a nonzero u32');
  if (part >= parts)
    throw invalidBody(
      `${place}.__all__: Validation error: Slice index must be less than the total number of slices [{}]`,
    );
  return ({ id }) => sliceOf(id, parts) === part;
}

export function isEmpty(values: readonly unknown[]): boolean {
  return values.every((value) => value === null || (Array.isArray(value) && value.length === 0));
}
