import { tokenize } from '../../../filter/tokenize.ts';
import { type Json, list, object, text, unsigned } from './body.ts';
import { parseMicros } from './datetime.ts';
import { invalidBody, malformed, notCovered } from './errors.ts';
import { type PointId, readPointId } from './ids.ts';
import { isRecord, type JsonPath, parseJsonPath, valuesAt } from './json-path.ts';

/** What a condition is evaluated on. */
export interface FilteredPoint {
  readonly id: PointId;
  readonly payload: unknown;
  hasVector(name: string): boolean;
}

/** The type of a field's payload index, by the canonical spelling of its path. */
export type IndexTypes = ReadonlyMap<string, IndexType>;
export const indexTypes = ['keyword', 'integer', 'float', 'bool', 'geo', 'datetime', 'text', 'uuid'] as const;
export type IndexType = (typeof indexTypes)[number];

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
export function readFilter(value: unknown, indexes: IndexTypes, place: string): Condition {
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
  return (point) =>
    must.every((test) => test(point)) &&
    !mustNot.some((test) => test(point)) &&
    (should.length === 0 || should.some((test) => test(point))) &&
    (least === undefined || least(point));
}

function readMinShould(value: unknown, indexes: IndexTypes, place: string): Condition {
  const { conditions: of, min_count: minCount } = object(value, 'struct MinShould');
  const tests = conditions(of, indexes, `${place}.min_should`);
  const least = unsigned(minCount);
  return (point) => tests.filter((test) => test(point)).length >= least;
}

/** One condition or a list of them. */
function conditions(value: unknown, indexes: IndexTypes, place: string): Condition[] {
  if (value === undefined || value === null) return [];
  return (Array.isArray(value) ? value : [value]).map((member, at) =>
    readCondition(member, indexes, `${place}[${at}]`),
  );
}

function readCondition(value: unknown, indexes: IndexTypes, place: string): Condition {
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
  if (Object.keys(condition).every((key) => clauses.includes(key))) return readFilter(condition, indexes, place);
  throw malformed(
    'Expected some form of condition, which can be a field condition (like {"key": ..., "match": ... }), or some other mentioned in the documentation: https://qdrant.tech/documentation/concepts/filtering/#filtering-conditions',
  );
}

function pathIn(value: unknown): JsonPath {
  return parseJsonPath(text(object(value, 'struct PayloadField').key, 'key'));
}

/** With any index, a null inside an array counts too. */
function readIsNull(path: JsonPath, indexes: IndexTypes): Condition {
  const indexed = indexes.has(path.text);
  return ({ payload }) =>
    valuesAt(payload, path).some(
      (value) => value === null || (indexed && Array.isArray(value) && value.includes(null)),
    );
}

function readNested({ key, filter }: Json, indexes: IndexTypes, place: string): Condition {
  const path = parseJsonPath(`${text(key, 'key').replace(/\[\]$/, '')}[]`);
  const inner = readFilter(
    filter,
    new Map(
      [...indexes].flatMap(([name, type]) =>
        name.startsWith(`${path.text}.`) ? [[name.slice(path.text.length + 1), type] as const] : [],
      ),
    ),
    place,
  );
  return (point) =>
    valuesAt(point.payload, path).some(
      (payload) => isRecord(payload) && inner({ id: point.id, payload, hasVector: (name) => point.hasVector(name) }),
    );
}

function isEmpty(values: readonly unknown[]): boolean {
  return values.every((value) => value === null || (Array.isArray(value) && value.length === 0));
}

/** Several tests in one condition are joined by OR, as on the real server. */
function readFieldCondition(condition: Json, indexes: IndexTypes, place: string): Condition {
  const path = parseJsonPath(text(condition.key, 'key'));
  const index = indexes.get(path.text);
  const tests: Condition[] = [];
  const element = (test: (value: unknown) => boolean) =>
    tests.push(({ payload }) =>
      valuesAt(payload, path).some((value) => (Array.isArray(value) ? value.some(test) : test(value))),
    );
  for (const [name, operand] of Object.entries(condition)) {
    if (name === 'key' || operand === null) continue;
    if (name === 'match') element(readMatch(object(operand, 'struct Match'), index));
    else if (name === 'range') element(readRange(object(operand, 'struct Range'), index));
    else if (name === 'values_count') tests.push(readValuesCount(object(operand, 'struct ValuesCount'), path));
    else if (name === 'is_empty') tests.push(({ payload }) => isEmpty(valuesAt(payload, path)) === operand);
    else if (name === 'is_null') {
      const isNull = (value: unknown) => value === null || (Array.isArray(value) && value.includes(null));
      tests.push(({ payload }) => valuesAt(payload, path).some(isNull) === operand);
    } else if (name.startsWith('geo_')) throw notCovered(`the condition ${name}`);
  }
  if (tests.length === 0)
    throw invalidBody(`${place}.__all__: Validation error: At least one field condition must be specified [{}]`);
  return (point) => tests.some((test) => test(point));
}

function readMatch(match: Json, index: IndexType | undefined): (value: unknown) => boolean {
  const unknownMatch = () => malformed('data did not match any variant of untagged enum MatchInterface');
  if ('value' in match) {
    const { value } = match;
    if (typeof value !== 'string' && typeof value !== 'boolean' && !Number.isSafeInteger(value)) throw unknownMatch();
    return (element) => element === value;
  }
  if ('text' in match) return readText(text(match.text, 'text'), index, 'every');
  if ('text_any' in match) return readText(text(match.text_any, 'text_any'), index, 'some');
  if ('phrase' in match) {
    const phrase = text(match.phrase, 'phrase');
    return (element) => typeof element === 'string' && element.includes(phrase);
  }
  for (const name of ['any', 'except'] as const) {
    if (!(name in match)) continue;
    const values = match[name];
    if (!Array.isArray(values)) throw unknownMatch();
    const strings = values.every((value) => typeof value === 'string');
    if (!strings && !values.every((value) => Number.isSafeInteger(value))) throw unknownMatch();
    const wanted = new Set<unknown>(values);
    if (name === 'any') return (element) => wanted.has(element);
    // The index of the operands' own type holds no values of another type.
    if (strings && index === 'keyword') return (element) => typeof element === 'string' && !wanted.has(element);
    if (!strings && index === 'integer')
      return (element) => Number.isInteger(element) && isI64(element) && !wanted.has(element);
    return (element) => element !== null && !wanted.has(element);
  }
  throw unknownMatch();
}

function readText(query: string, index: IndexType | undefined, how: 'every' | 'some'): (value: unknown) => boolean {
  if (index !== 'text')
    return (element) =>
      typeof element === 'string' &&
      (how === 'every'
        ? element.includes(query)
        : query.split(/\s+/).some((word) => word !== '' && element.includes(word)));
  const wanted = tokenize(query);
  return (element) => {
    if (typeof element !== 'string') return false;
    const present = new Set(tokenize(element));
    return wanted.length > 0 && wanted[how]((token) => present.has(token));
  };
}

interface Bounds {
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
}

function readRange(range: Json, index: IndexType | undefined): (value: unknown) => boolean {
  const bounds: { -readonly [K in keyof Bounds]: Bounds[K] } = {};
  let dates = false;
  for (const name of ['gt', 'gte', 'lt', 'lte'] as const) {
    const bound = range[name];
    if (bound === undefined || bound === null) continue;
    const micros = typeof bound === 'string' ? parseMicros(bound) : undefined;
    const value = typeof bound === 'number' ? bound : micros;
    if (value === undefined) throw malformed('data did not match any variant of untagged enum RangeInterface');
    bounds[name] = value;
    dates ||= micros !== undefined;
  }
  const within = (value: number) =>
    (bounds.gt === undefined || value > bounds.gt) &&
    (bounds.gte === undefined || value >= bounds.gte) &&
    (bounds.lt === undefined || value < bounds.lt) &&
    (bounds.lte === undefined || value <= bounds.lte);
  const numeric = (value: unknown) => typeof value === 'number' && within(value);
  const temporal = (value: unknown) => {
    const micros = typeof value === 'string' ? parseMicros(value) : undefined;
    return micros !== undefined && within(micros);
  };
  // A range index answers both kinds of bounds with what it holds: integers, numbers, or instants in microseconds.
  if (index === 'integer') return (value) => Number.isInteger(value) && isI64(value) && numeric(value);
  if (index === 'float') return numeric;
  if (index === 'datetime') return temporal;
  return dates ? temporal : numeric;
}

function isI64(value: unknown): boolean {
  return typeof value === 'number' && Math.abs(value) < 2 ** 63;
}

function readValuesCount(bounds: Json, path: JsonPath): Condition {
  const within = readRange(bounds, undefined);
  return ({ payload }) =>
    valuesAt(payload, path).some((value) => within(Array.isArray(value) ? value.length : value === null ? 0 : 1));
}
