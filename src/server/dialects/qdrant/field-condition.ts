import { type Json, object, text } from './body.ts';
import { parseMicros } from './datetime.ts';
import { invalidBody, malformed } from './errors.ts';
import { type FieldIndex, type FieldIndexes, isInteger } from './field-index.ts';
import { type Condition, isEmpty } from './filter.ts';
import { geoPointOf, regions } from './geo.ts';
import { type JsonPath, parseJsonPath, plainKey, valuesAt } from './json-path.ts';

/** Whether one value of a field, or one element of its array, is meant. */
type Test = (value: unknown) => boolean;

/** Several tests in one condition are joined by OR, as on the real server. */
export function readFieldCondition(condition: Json, indexes: FieldIndexes, place: string): Condition {
  const path = parseJsonPath(text(condition.key, 'key'));
  const index = indexes.get(path.text);
  const tests: Condition[] = [];
  for (const [name, operand] of Object.entries(condition)) {
    if (name === 'key' || operand === null) continue;
    if (name === 'match') tests.push(anyElement(path, readMatch(object(operand, 'struct Match'), index)));
    else if (name === 'range') tests.push(anyElement(path, readRange(object(operand, 'struct Range'), index)));
    else if (name === 'values_count') tests.push(readValuesCount(object(operand, 'struct ValuesCount'), path));
    else if (name === 'is_empty') tests.push(({ payload }) => isEmpty(valuesAt(payload, path)) === operand);
    else if (name === 'is_null') {
      const isNull = (value: unknown) => value === null || (Array.isArray(value) && value.includes(null));
      tests.push(({ payload }) => valuesAt(payload, path).some(isNull) === operand);
    } else if (Object.hasOwn(regions, name)) {
      const region = regions[name]!(object(operand, `struct ${name}`));
      tests.push(
        anyElement(path, (value) => {
          const point = geoPointOf(value);
          return point !== undefined && region(point);
        }),
      );
    }
  }
  if (tests.length === 0)
    throw invalidBody(`${place}.__all__: Validation error: At least one field condition must be specified [{}]`);
  return tests.length === 1 ? tests[0]! : (point) => tests.some((test) => test(point));
}

/** Any value at a path, or any element of it where it is an array. A key of the top level, which most are, is read directly. */
function anyElement(path: JsonPath, test: Test): Condition {
  const of = (value: unknown) => (Array.isArray(value) ? value.some(test) : test(value));
  const key = plainKey(path);
  if (key === undefined) return ({ payload }) => valuesAt(payload, path).some(of);
  return ({ payload }) => {
    const record = payload as Readonly<Record<string, unknown>>;
    return Object.hasOwn(record, key) && of(record[key]);
  };
}

const unknownMatch = () => malformed('data did not match any variant of untagged enum MatchInterface');

function readMatch(match: Json, index: FieldIndex | undefined): Test {
  if ('value' in match) {
    const { value } = match;
    if (typeof value !== 'string' && typeof value !== 'boolean' && !isInteger(value)) throw unknownMatch();
    return (element) => element === value;
  }
  if ('text' in match) return readText(text(match.text, 'text'), index, 'every');
  if ('text_any' in match) return readText(text(match.text_any, 'text_any'), index, 'some');
  if ('phrase' in match) return readPhrase(text(match.phrase, 'phrase'), index);
  if ('prefix' in match) {
    const prefix = text(match.prefix, 'prefix');
    return (element) => typeof element === 'string' && element.startsWith(prefix);
  }
  if ('any' in match) {
    const { wanted } = readOperands(match.any);
    return (element) => wanted.has(element);
  }
  if ('except' in match) return readExcept(match.except, index);
  throw unknownMatch();
}

function readOperands(values: unknown): { readonly wanted: ReadonlySet<unknown>; readonly strings: boolean } {
  if (!Array.isArray(values)) throw unknownMatch();
  const strings = values.every((value) => typeof value === 'string');
  if (!strings && !values.every(isInteger)) throw unknownMatch();
  return { wanted: new Set<unknown>(values), strings };
}

function readExcept(values: unknown, index: FieldIndex | undefined): Test {
  const { wanted, strings } = readOperands(values);
  // The index of the operands' own type holds no values of another type.
  if (strings && index?.type === 'keyword') return (element) => typeof element === 'string' && !wanted.has(element);
  if (!strings && index?.type === 'integer') return (element) => isInteger(element) && !wanted.has(element);
  return (element) => element !== null && !wanted.has(element);
}

function readText(query: string, index: FieldIndex | undefined, how: 'every' | 'some'): Test {
  const analyzer = index?.analyzer;
  if (analyzer === undefined) {
    const words = query.split(/\s+/).filter((word) => word !== '');
    return (element) =>
      typeof element === 'string' &&
      (how === 'every' ? element.includes(query) : words.some((word) => element.includes(word)));
  }
  const wanted = analyzer.query(query);
  return (element) => {
    if (typeof element !== 'string' || wanted.length === 0) return false;
    const present = new Set(analyzer.document(element));
    return wanted[how]((token) => present.has(token));
  };
}

/** Words one after another, where the index knows their order; else a part of the text. */
function readPhrase(phrase: string, index: FieldIndex | undefined): Test {
  const analyzer = index?.analyzer;
  if (analyzer?.phrases !== true) return (element) => typeof element === 'string' && element.includes(phrase);
  const wanted = analyzer.query(phrase);
  return (element) => {
    if (typeof element !== 'string' || wanted.length === 0) return false;
    const present = analyzer.document(element);
    return present.some((_, from) => wanted.every((token, at) => present[from + at] === token));
  };
}

interface Bounds {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

function readBounds(range: Json): { readonly bounds: Bounds; readonly dates: boolean } {
  const bounds: Bounds = {};
  let dates = false;
  for (const name of ['gt', 'gte', 'lt', 'lte'] as const) {
    const bound = range[name];
    if (bound === undefined || bound === null) continue;
    const micros = typeof bound === 'string' ? parseMicros(bound) : undefined;
    const value = typeof bound === 'number' ? bound : typeof bound === 'bigint' ? Number(bound) : micros;
    if (value === undefined) throw malformed('data did not match any variant of untagged enum RangeInterface');
    bounds[name] = value;
    dates ||= micros !== undefined;
  }
  return { bounds, dates };
}

function readRange(range: Json, index: FieldIndex | undefined): Test {
  const { bounds, dates } = readBounds(range);
  const { gt = Number.NEGATIVE_INFINITY, gte = gt, lt = Number.POSITIVE_INFINITY, lte = lt } = bounds;
  const [above, below] = [bounds.gt !== undefined, bounds.lt !== undefined];
  const within = (value: number) => value >= gte && value <= lte && !(above && value <= gt) && !(below && value >= lt);
  const numeric = (value: unknown) =>
    typeof value === 'number' ? within(value) : typeof value === 'bigint' && within(Number(value));
  const temporal = (value: unknown) => {
    const micros = typeof value === 'string' ? parseMicros(value) : undefined;
    return micros !== undefined && within(micros);
  };
  // A range index answers both kinds of bounds with what it holds: integers, numbers, or instants in microseconds.
  if (index?.type === 'integer') return (value) => isInteger(value) && numeric(value);
  if (index?.type === 'float') return numeric;
  if (index?.type === 'datetime') return temporal;
  return dates ? temporal : numeric;
}

function readValuesCount(bounds: Json, path: JsonPath): Condition {
  const within = readRange(bounds, undefined);
  return ({ payload }) =>
    valuesAt(payload, path).some((value) => within(Array.isArray(value) ? value.length : value === null ? 0 : 1));
}
