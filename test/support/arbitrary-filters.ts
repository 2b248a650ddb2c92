import fc from 'fast-check';

/** Field names that random documents and filters share, so that conditions hit something. */
const keys = ['a', 'b', 'c'];
const strings = [
  '',
  'x',
  'y',
  'xy',
  '1',
  'true',
  'é',
  '😀',
  '2024-01-02T03:04:05Z',
  '2024-01-02T04:04:05+01:00',
  '2024-06-01T00:00:00.123Z',
];
const numbers = [0, 1, -1, 1.5, 2, 1e15, 2 ** 53 - 1, -(2 ** 53 - 1), 1e-7];

const scalar: fc.Arbitrary<string | number | boolean> = fc.oneof(
  fc.constantFrom(...strings),
  fc.constantFrom(...numbers),
  fc.boolean(),
);

/** Any JSON value that a payload may hold, small and full of collisions. */
export const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...keys), tie('value'), { maxKeys: 3 }),
  ),
})).value;

export const document = fc.dictionary(fc.constantFrom(...keys), json, { maxKeys: 3, noNullPrototype: true });

const field = fc.constantFrom('a', 'b', 'c', 'a.b', 'a.a', 'c.b.a', '"a"');

/** Operators that every field takes. */
const operators = fc.oneof(
  scalar,
  fc.record({ $eq: scalar }),
  fc.record({ $ne: scalar }),
  fc.record({ $in: fc.array(scalar, { maxLength: 4 }) }),
  fc.record({ $nin: fc.array(scalar, { maxLength: 4 }) }),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $contains: scalar }),
  fc.record({ $all: fc.array(scalar, { minLength: 1, maxLength: 3 }) }),
  fc.record({ $startsWith: fc.constantFrom(...strings) }),
  fc.record({ $gt: fc.constantFrom(...numbers) }),
  fc.record({ $gte: fc.constantFrom(...numbers), $lte: fc.constantFrom(...numbers) }),
  fc.record({ $lt: fc.constantFrom(...numbers), $ne: scalar }),
);

/** A filter over `fieldsAndOperators` combined with and, or, not. */
function filterOver(leaf: fc.Arbitrary<object>): fc.Arbitrary<object> {
  return fc.letrec<{ filter: object }>((tie) => ({
    filter: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.record({ $and: fc.array(tie('filter'), { maxLength: 3 }) }),
      fc.record({ $or: fc.array(tie('filter'), { maxLength: 3 }) }),
      fc.record({ $not: tie('filter') }),
    ),
  })).filter;
}

export const filter = filterOver(fc.tuple(field, operators).map(([name, condition]) => ({ [name]: condition })));

/** Documents whose declared fields hold what they may: missing, null, a value of the type, or an array of it. */
export const declaredFields = {
  kw: 'keyword',
  num: 'number',
  flag: 'boolean',
  at: 'datetime',
  text: 'text',
  'deep.num': 'number',
} as const;
const words = ['red', 'green', 'red apple', 'Green Tea', '', '😀', 'é'];
const instants = [
  '2024-01-02T03:04:05Z',
  '2024-01-02T04:04:05+01:00',
  '2020-02-29T12:00:00.5-03:00',
  '1969-12-31T23:59:59Z',
];
const oneOrMore = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(value, fc.constant(null), fc.array(value, { maxLength: 3 }));

export const declaredDocument = fc.record(
  {
    kw: oneOrMore(fc.constantFrom(...words)),
    num: oneOrMore(fc.constantFrom(...numbers)),
    flag: oneOrMore(fc.boolean()),
    at: oneOrMore(fc.constantFrom(...instants)),
    text: oneOrMore(fc.constantFrom(...words)),
    deep: fc.oneof(
      fc.record({ num: oneOrMore(fc.constantFrom(...numbers)) }, { requiredKeys: [] }),
      fc.constant(null),
      fc.constant('x'),
    ),
    free: json,
  },
  { requiredKeys: [] },
);

const anyValue = fc.oneof(scalar, fc.constantFrom(...words), fc.constantFrom(...instants));
const common = (value: fc.Arbitrary<unknown>) =>
  fc.oneof(
    value,
    fc.record({ $ne: value }),
    fc.record({ $in: fc.array(value, { maxLength: 4 }) }),
    fc.record({ $nin: fc.array(value, { maxLength: 4 }) }),
    fc.record({ $exists: fc.boolean() }),
    fc.record({ $contains: value }),
    fc.record({ $all: fc.array(value, { minLength: 1, maxLength: 2 }) }),
    fc.record({ $startsWith: fc.constantFrom('', 'r', 'red', 'G', '2024') }),
  );
const bounds = (value: fc.Arbitrary<unknown>) =>
  fc
    .record({ $gt: value, $gte: value, $lt: value, $lte: value }, { requiredKeys: [] })
    .filter((given) => Object.keys(given).length > 0);
const numeric = fc.constantFrom(...numbers);

const declaredLeaf = fc.oneof(
  fc.tuple(fc.constantFrom('kw', 'num', 'flag', 'at', 'text', 'deep.num', 'free', 'free.a'), common(anyValue)),
  fc.tuple(fc.constantFrom('num', 'deep.num', 'free', 'kw'), bounds(numeric)),
  fc.tuple(fc.constant('at'), bounds(fc.constantFrom(...instants))),
  fc.tuple(fc.constant('text'), fc.record({ $match: fc.constantFrom('red', 'apple red', 'TEA', 'green red') })),
);

export const declaredFilter = filterOver(declaredLeaf.map(([name, condition]) => ({ [name]: condition })));
