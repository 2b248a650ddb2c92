import fc from 'fast-check';
import { type Capabilities, isSupported } from '../src/capabilities.ts';
import type { FilterOperator } from '../src/filter/parse.ts';
import type { FieldType, JsonValue } from '../src/types.ts';
import { lookUp, splitPath } from './oracle/filter.ts';
import type { JsonObject } from './oracle.ts';

/*
 * Random documents and filters. Both draw from the same few keys and values, so that filters match some of the documents; among them are all
 * the values that backends get wrong.
 */

/** What turns up often enough for conditions to meet it. */
const frequent = [0, 1, 1.5, '1', 'a', 'b', true, false];
const numbers = [0, 1, -1, 2, 1.5, 0.1 + 0.2, 1e-7, 1e15, 2 ** 53 - 1, 2 ** 53 - 2, -(2 ** 53 - 1), 1_704_067_200_000];
const strings = [
  '',
  'a',
  'A',
  'ab',
  'b',
  '1',
  '1.5',
  'true',
  'null',
  'é',
  'e\u0301',
  '😀',
  '"',
  '\\',
  "'",
  '%',
  'a b',
  'a\nb',
  '__proto__',
  '{"a":1}',
  'x\0y',
];
const instants = [
  '2024-01-01T00:00:00Z',
  '2024-01-01T00:00:00.000Z',
  '2024-01-01T01:00:00+01:00',
  '2023-12-31T23:59:59.999Z',
  '2024-02-29T12:00:00Z',
  '1969-12-31T23:59:59Z',
  '0050-06-01T00:00:00Z',
  '9999-12-31T23:59:59.9Z',
];
const texts = ['one two', 'Two, three!', 'ONE', 'four', '', 'naïve ﬁsh', 'ＴＷＯ', '- . -'];
const keys = ['c', 'a.b', '', '__proto__', 'constructor', '$in', 'x"y', 'x\\y', '_av'];

/** Fields that the declared documents have; `o.k` beneath an object, `"q.t"` behind a quoted key. */
const declarable: Readonly<Record<string, FieldType>> = {
  k: 'keyword',
  n: 'number',
  f: 'boolean',
  t: 'datetime',
  x: 'text',
  'o.k': 'keyword',
  '"q.t"': 'datetime',
};

/** The declared fields that a backend knows the types of. */
export function declaredFor({ fieldTypes }: Capabilities): Record<string, FieldType> {
  return Object.fromEntries(Object.entries(declarable).filter(([, type]) => isSupported(fieldTypes[type])));
}

const scalar = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...frequent) },
  { weight: 1, arbitrary: fc.constantFrom(...numbers) },
  { weight: 1, arbitrary: fc.constantFrom(...strings, ...instants) },
);
const key = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b') },
  { weight: 1, arbitrary: fc.constantFrom(...keys) },
);

/** Any JSON value, to a depth of a few levels. */
const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue; array: JsonValue[]; object: JsonObject }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 4, arbitrary: scalar },
      { weight: 1, arbitrary: fc.constant(null) },
      {
        weight: 3,
        arbitrary: fc.array(fc.oneof({ weight: 5, arbitrary: scalar }, fc.constant(null)), { maxLength: 4 }),
      },
      { weight: 1, arbitrary: tie('array') },
      { weight: 2, arbitrary: tie('object') },
    ),
    array: fc.array(tie('value'), { maxLength: 3 }),
    object: objectOf(tie('value')),
  }),
).value;

function objectOf(value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> {
  return fc
    .uniqueArray(fc.tuple(key, value), { maxLength: 5, selector: ([name]) => name })
    .map((entries) => Object.fromEntries(entries));
}

/** A payload of anything, under keys that filters ask for. */
export const anyPayload: fc.Arbitrary<JsonObject> = objectOf(json);

const scalarOf: Readonly<Record<FieldType, fc.Arbitrary<JsonValue>>> = {
  keyword: fc.oneof(fc.constantFrom('a', 'b', '1'), fc.constantFrom(...strings)),
  text: fc.oneof(fc.constantFrom(...texts), fc.constantFrom(...strings)),
  number: fc.oneof(fc.constantFrom(0, 1, 1.5), fc.constantFrom(...numbers)),
  boolean: fc.boolean(),
  datetime: fc.constantFrom(...instants),
};

/** A payload whose declared fields hold what they must: nothing, null, the type, or an array of it; and anything beside. */
export function declaredPayload(fields: Readonly<Record<string, FieldType>>): fc.Arbitrary<JsonObject> {
  const declared = Object.entries(fields).map(([path, type]) =>
    fc
      .option(
        fc.oneof(
          { weight: 3, arbitrary: scalarOf[type] },
          fc.array(scalarOf[type], { maxLength: 3 }),
          fc.constant(null),
        ),
        { nil: undefined },
      )
      .map((value) => [splitPath(path), value] as const),
  );
  return fc.tuple(anyPayload, ...declared).map(([rest, ...members]) => {
    const present = members.filter((member): member is readonly [string[], JsonValue] => member[1] !== undefined);
    return present.reduce<JsonObject>((payload, [path, value]) => withValue(payload, path, value), rest);
  });
}

function withValue(payload: JsonObject, [key, ...deeper]: readonly string[], value: JsonValue): JsonObject {
  if (deeper.length === 0) return Object.fromEntries([...Object.entries(payload), [key!, value]]);
  const inner = lookUp(payload, [key!]);
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? (inner as JsonObject) : {};
  return Object.fromEntries([...Object.entries(payload), [key!, withValue(object, deeper, value)]]);
}

/** What filters may say of a backend's records. */
export interface FilterLanguage {
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly operators: Capabilities['filterOperators'];
}

/** A random legal filter over the given fields and any others. */
export function anyFilter({ fields, operators }: FilterLanguage): fc.Arbitrary<JsonObject> {
  const can = (operator: FilterOperator) => isSupported(operators[operator]);
  const path = fc.oneof(
    ...(Object.keys(fields).length > 0 ? [{ weight: 3, arbitrary: fc.constantFrom(...Object.keys(fields)) }] : []),
    { weight: 3, arbitrary: key.map((name) => JSON.stringify(name)) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'a',
        'b',
        'a.b',
        'b.a',
        'a.b.c',
        'c.a',
        '"a.b".c',
        'a."__proto__"',
        'constructor.name',
        '"o"."k"',
        'missing',
      ),
    },
  );
  const leaf = path.chain((field) =>
    condition(fields[field], can).map((operand): JsonObject => Object.fromEntries([[field, operand]])),
  );
  return fc.letrec<{ filter: JsonObject }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      { weight: 10, arbitrary: leaf },
      { weight: 1, arbitrary: fc.tuple(leaf, leaf).map(([left, right]) => ({ ...left, ...right })) },
      { weight: 1, arbitrary: fc.constantFrom<JsonObject>({}, { $and: [] }, { $or: [] }) },
      { weight: 3, arbitrary: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map(($and) => ({ $and })) },
      { weight: 3, arbitrary: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })) },
      { weight: 3, arbitrary: tie('filter').map(($not) => ({ $not })) },
    ),
  })).filter;
}

/** What stands beside a field: a scalar, or one to three operators. */
function condition(type: FieldType | undefined, can: (operator: FilterOperator) => boolean): fc.Arbitrary<JsonValue> {
  const value = type === undefined ? scalar : fc.oneof({ weight: 6, arbitrary: scalarOf[type] }, scalar);
  const bound: fc.Arbitrary<JsonValue> =
    type === 'datetime' ? fc.constantFrom(...instants) : fc.constantFrom(0, 1, 1.5, ...numbers);
  const operands: Partial<Record<FilterOperator, fc.Arbitrary<JsonValue>>> = {
    $eq: value,
    $ne: value,
    $gt: bound,
    $gte: bound,
    $lt: bound,
    $lte: bound,
    $in: fc.array(value, { maxLength: 4 }),
    $nin: fc.array(value, { maxLength: 4 }),
    $exists: fc.boolean(),
    $contains: value,
    $all: fc.array(value, { minLength: 1, maxLength: 2 }),
    $startsWith: fc.constantFrom('', 'a', 'A', '1', '2024', '"', 'e', '😀', 'one', '__'),
    ...(type === 'text' && { $match: fc.constantFrom('one', 'two', 'TWO one', 'three two!', 'fish', 'naïve', 'zzz') }),
  };
  const usable = Object.entries(operands).filter(([operator]) => can(operator as FilterOperator));
  // Few fields are text: there `$match` comes more often than the others.
  const matching = usable.filter(([operator]) => operator === '$match');
  const one = fc
    .constantFrom(...usable, ...matching, ...matching)
    .chain(([operator, operand]) => operand.map((asked) => [operator, asked] as const));
  const range = fc.uniqueArray(
    one.filter(([operator]) => /^\$[gl]t/.test(operator)),
    { minLength: 2, maxLength: 2, selector: ([operator]) => operator },
  );
  const several = fc.uniqueArray(one, { minLength: 2, maxLength: 3, selector: ([operator]) => operator });
  return fc.oneof(
    ...(can('$eq') ? [{ weight: 2, arbitrary: value }] : []),
    { weight: 6, arbitrary: one.map((entry): JsonValue => Object.fromEntries([entry])) },
    { weight: 1, arbitrary: several.map((entries): JsonValue => Object.fromEntries(entries)) },
    ...(can('$gt') && can('$lt')
      ? [{ weight: 1, arbitrary: range.map((entries): JsonValue => Object.fromEntries(entries)) }]
      : []),
  );
}

/** A vector of small whole numbers, so that equal and opposite ones are frequent; never zero. */
export function anyVector(dimension: number): fc.Arbitrary<number[]> {
  return fc
    .array(fc.integer({ min: -2, max: 2 }), { minLength: dimension, maxLength: dimension })
    .map((vector) => (vector.every((x) => x === 0) ? [1, ...vector.slice(1)] : vector));
}
