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
const keys = ['a', 'b', 'c', 'a.b', '', '__proto__', 'constructor', '$in', 'x"y', 'x\\y', '_av'];

/** Fields that the declared documents have; `o.k` beneath an object, `"q.t"` behind a quoted key. */
export const declarable: Readonly<Record<string, FieldType>> = {
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

const scalar = fc.oneof(fc.constantFrom(...numbers), fc.constantFrom(...strings, ...instants), fc.boolean());

/** Any JSON value, to a depth of a few levels. */
const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue; array: JsonValue[]; object: JsonObject }>(
  (tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      fc.constant(null),
      fc.array(fc.oneof(scalar, fc.constant(null)), { maxLength: 4 }),
      tie('array'),
      tie('object'),
    ),
    array: fc.array(tie('value'), { maxLength: 3 }),
    object: objectOf(tie('value')),
  }),
).value;

function objectOf(value: fc.Arbitrary<JsonValue>): fc.Arbitrary<JsonObject> {
  return fc
    .uniqueArray(fc.tuple(fc.constantFrom(...keys), value), { maxLength: 4, selector: ([key]) => key })
    .map((entries) => Object.fromEntries(entries));
}

/** A payload of anything, under keys that filters ask for. */
export const anyPayload: fc.Arbitrary<JsonObject> = objectOf(json);

const scalarOf: Readonly<Record<FieldType, fc.Arbitrary<JsonValue>>> = {
  keyword: fc.constantFrom(...strings),
  text: fc.constantFrom(...texts, ...strings),
  number: fc.constantFrom(...numbers),
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
    { weight: 2, arbitrary: fc.constantFrom(...keys).map((key) => JSON.stringify(key)) },
    {
      weight: 1,
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
      { weight: 6, arbitrary: leaf },
      { weight: 1, arbitrary: fc.tuple(leaf, leaf).map(([left, right]) => ({ ...left, ...right })) },
      { weight: 1, arbitrary: fc.constant({}) },
      { weight: 2, arbitrary: fc.array(tie('filter'), { maxLength: 3 }).map(($and) => ({ $and })) },
      { weight: 2, arbitrary: fc.array(tie('filter'), { maxLength: 3 }).map(($or) => ({ $or })) },
      { weight: 2, arbitrary: tie('filter').map(($not) => ({ $not })) },
    ),
  })).filter;
}

/** What stands beside a field: a scalar, or one to three operators. */
function condition(type: FieldType | undefined, can: (operator: FilterOperator) => boolean): fc.Arbitrary<JsonValue> {
  const value =
    type === undefined ? scalar : fc.oneof({ weight: 4, arbitrary: scalarOf[type].filter((x) => x !== null) }, scalar);
  const bound: fc.Arbitrary<JsonValue> =
    type === 'datetime' ? fc.constantFrom(...instants) : fc.constantFrom(...numbers);
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
  const one = fc
    .constantFrom(...usable)
    .chain(([operator, operand]) => operand.map((asked) => [operator, asked] as const));
  const several = fc
    .uniqueArray(one, { minLength: 1, maxLength: 3, selector: ([operator]) => operator })
    .map((entries): JsonValue => Object.fromEntries(entries));
  return fc.oneof(...(can('$eq') ? [{ weight: 1, arbitrary: value }] : []), { weight: 3, arbitrary: several });
}

/** A vector of small whole numbers, so that equal and opposite ones are frequent; never zero. */
export function anyVector(dimension: number): fc.Arbitrary<number[]> {
  return fc
    .array(fc.integer({ min: -2, max: 2 }), { minLength: dimension, maxLength: dimension })
    .map((vector) => (vector.every((x) => x === 0) ? [1, ...vector.slice(1)] : vector));
}
