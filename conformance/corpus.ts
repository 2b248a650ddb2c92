import type { JsonValue } from '../src/types.ts';

/*
 * Input that breaks naive code, all of it legal unless the name says otherwise.
 */

/** Strings that quoting, escaping, normalising or parsing gets wrong. */
// biome-ignore format: a list to read across
export const hostileStrings: readonly string[] = [
  'plain', ' leading and trailing ', "it's", 'say "hi"', 'back\\slash', 'ends with \\', '\\"', "\\'", 'a","b', "a' or '1'='1", '"]) or (id != "',
  'line\nbreak', 'carriage\rreturn', 'tab\tstop', 'NUL\u0000inside', 'bell\u0007', 'escape\u001b[31m', 'delete\u007f', '%', '_', '100% _{}', '{x}', '$\u007bx}',
  '{{x}}', '$eq', '$ne', '*', '?', '/', '../../etc/passwd', '../?&#', 'a/b?c=d&e#f', '<b>&amp;</b>', '--', '/* x */', '# x', ';', '|', '`', '~', 'é',
  'e\u0301', 'ﬁ', 'ß', 'İ', 'ı', 'Straße', 'ΑΣ', '日本語', '😀', '👩‍👩‍👧', '\u2028', '\u2029', '\ufeff', '\u202eabc', '\u200b', '\ufffd', '\uffff', '\u{10ffff}', 'null',
  'undefined', 'true', 'false', 'NaN', 'Infinity', '0', '1', '-1', '1.0', '1e3', '007', '42', '[]', '{}', '{"a":1}', '["a"]', '"quoted"',
  '2024-01-01T00:00:00Z', '2024-01-01', 'and', 'or', 'not', 'in', 'like', 'exists', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '_av',
  '_av_id', 'id', 'vector', 'payload', 'namespace', 'text', 'values', 'metadata', '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
];

/** Ids. Some differ only by case, normalisation, spaces or spelling of the same UUID or number: all are different records. */
// biome-ignore format: a list to read across
export const hostileIds: readonly string[] = [
  ...hostileStrings.filter((text) => !text.includes('\0')),
  '6BA7B810-9DAD-11D1-80B4-00C04FD430C8', '{6ba7b810-9dad-11d1-80b4-00c04fd430c8}', '6ba7b8109dad11d180b400c04fd430c8',
  'urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8', '00000000-0000-0000-0000-000000000000', '18446744073709551615', '18446744073709551616', '042', '+42',
  ' 42', '42 ', '4.2e1', 'x'.repeat(512), 'ü'.repeat(256), '😀'.repeat(128), 'Plain', 'PLAIN',
];

/** No ids: each is refused before anything is sent. */
export const malformedIds: readonly (readonly [what: string, id: unknown])[] = [
  ['the empty string', ''],
  ['513 bytes', 'x'.repeat(513)],
  ['513 bytes of which 256 characters are two bytes long', `${'ü'.repeat(256)}x`],
  ['a megabyte', 'x'.repeat(2 ** 20)],
  ['NUL', 'a\0b'],
  ['a lone high surrogate', 'a\ud800'],
  ['a lone low surrogate', '\udc00b'],
  ['a number', 42],
  ['null', null],
  ['undefined', undefined],
  ['true', true],
  ['a bigint', 42n],
  ['an object', { $ne: null }],
  ['an array', ['a']],
  ['a String object', Object('a')],
];

/** Namespaces, distinct records in each. */
// biome-ignore format: a list to read across
export const hostileNamespaces: readonly string[] = [
  'plain', 'Plain', ' plain', '__default__', 'default', '_default', 'a/b', '../x', 'a"b', "a'b", 'a\\b', 'é', 'e\u0301', '😀', '__proto__', 'constructor', '*',
  '$eq', 'null', '0', 'p-1', 'p_1', 'p 1', '\n', 'ü'.repeat(64), 'x'.repeat(128),
];

export const malformedNamespaces: readonly (readonly [what: string, name: unknown])[] = [
  ['the empty string', ''],
  ['129 bytes', 'x'.repeat(129)],
  ['129 bytes of which 64 characters are two bytes long', `${'ü'.repeat(64)}x`],
  ['NUL', 'a\0b'],
  ['a lone surrogate', '\ud800'],
  ['undefined', undefined],
  ['null', null],
  ['a number', 7],
  ['an object', {}],
  ['an array', ['a']],
];

export const malformedNames: readonly (readonly [what: string, name: unknown])[] = [
  ['the empty string', ''],
  ['an upper-case letter', 'Articles'],
  ['an underscore', 'my_articles'],
  ['a digit first', '1a'],
  ['a dash first', '-a'],
  ['a dash last', 'a-'],
  ['two dashes', 'a--b'],
  ['a dot', 'a.b'],
  ['a slash', 'a/b'],
  ['two dots', '..'],
  ['a space', 'a b'],
  ['a newline at the end', 'ab\n'],
  ['a letter beyond ASCII', 'ä'],
  ['NUL', 'a\0'],
  ['46 characters', `a${'b'.repeat(45)}`],
  ['undefined', undefined],
  ['null', null],
  ['a number', 7],
  ['an object', {}],
];

/** Keys of payloads, each a legal one. */
// biome-ignore format: a list to read across
export const hostileKeys: readonly string[] = [
  '', ' ', 'plain', 'with space', 'with.dot', '.', '..', 'a..b', '"', 'a"b', '\\', 'a\\b', '\\"', "a'b", '[', ']', 'a[0]', 'a[]', '[0]', '$', '$eq', '$and',
  '$or', '$not', 'a$b', '#', '/', '%', '_', '-', 'a-b', '0', '1', '-1', '1.5', 'line\nbreak', 'tab\t', 'bell\u0007', 'NUL\u0000', 'delete\u007f', 'é', 'e\u0301', 'ключ', '😀',
  '\u2028', '\ufeff', '\u202e', '__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'toJSON', 'length', 'then', '_av', '_av_id', '_av0', '_av?', '_av#a',
  '_av@a', '_av.a', '_avx', 'id', 'vector', 'payload', 'score', 'distance', 'namespace', 'text', 'metadata', '$meta', 'filter', 'null', 'true', 'K', 'k', 'x'.repeat(300),
];

/** Payloads that must come back deep-equal. */
export const payloads: Readonly<Record<string, Readonly<Record<string, JsonValue>>>> = {
  'an empty object': {},
  'scalars of every kind': { s: 'x', e: '', i: 1, f: 1.5, z: 0, n: -1, t: true, b: false, u: null },
  'nulls at every depth': { a: null, b: { c: null, d: { e: null } }, f: [null, [null], { g: null }] },
  'empty containers': { a: [], b: {}, c: [[]], d: [{}], e: { f: [] } },
  'mixed arrays': { a: [1, '1', true, null, 1.5, [1], { b: 1 }] },
  'nested objects': { a: { b: { c: { d: { e: { f: 'deep' } } } } } },
  'arrays of objects': { a: [{ b: 1 }, { b: 2, c: [{ d: 3 }] }] },
  'text that looks like JSON': { a: '{"a":1}', b: '1', c: 'null', d: '[1]', e: '"x"', f: 'true' },
  'text that looks like a date': { a: '2024-01-01T00:00:00.000Z', b: '2024-01-01' },
  'the largest exact integers': { a: 2 ** 53 - 1, b: -(2 ** 53 - 1), c: 2 ** 53 - 2, d: 2 ** 31, e: 2 ** 32 + 1 },
  'small and precise fractions': {
    a: 5e-324,
    b: 1e-7,
    c: 0.1,
    d: 1 / 3,
    e: 123456789.12345679,
    f: 1.7976931348623157e-300,
  },
  'numbers in text': { a: '1e400', b: '9007199254740993', c: '0x10', d: '-0' },
  'reserved-looking keys': {
    _av: 1,
    _av_id: 'x',
    _av0: [1],
    '_av?': ['a'],
    '_av@t': 1,
    $meta: {},
    id: 'other',
    vector: [1, 2],
    payload: { a: 1 },
    namespace: 'n',
  },
  'keys of Object.prototype': JSON.parse(
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"x":1}},"toString":1,"hasOwnProperty":false,"a":{"__proto__":null}}',
  ),
  'hostile strings as values': Object.fromEntries(hostileStrings.map((text, i) => [`k${i}`, text])),
  'hostile strings as elements': { all: [...hostileStrings] },
  'hostile keys': Object.fromEntries(hostileKeys.map((key, i) => [key, i])),
  'hostile keys, nested': { outer: Object.fromEntries(hostileKeys.map((key, i) => [key, { [key]: i }])) },
  'a long array': { a: Array.from({ length: 2_000 }, (_, i) => i) },
  'many keys': Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`key${i}`, i])),
  'a long string': { a: 'é😀x'.repeat(4_000) },
};

/** `{ a: { a: … } }` of so many levels, the payload itself being the first. */
export function nestedPayload(levels: number): Record<string, JsonValue> {
  let payload: Record<string, JsonValue> = {};
  for (let level = 1; level < levels; level++) payload = { a: payload };
  return payload;
}

/** No payloads: each is refused. `at` is a part of the message: the key at fault. */
export const malformedPayloads: readonly (readonly [what: string, payload: unknown, at: string])[] = [
  ['NaN', { bad: Number.NaN }, 'bad'],
  ['Infinity', { bad: Number.POSITIVE_INFINITY }, 'bad'],
  ['2^53', { bad: 2 ** 53 }, 'bad'],
  ['-2^53', { bad: -(2 ** 53) }, 'bad'],
  ['1e21', { bad: 1e21 }, 'bad'],
  ['1e300', { deep: { bad: 1e300 } }, 'bad'],
  ['undefined in an array', { bad: [1, undefined] }, 'bad'],
  // biome-ignore lint/suspicious/noSparseArray: the hole is the point.
  ['a hole in an array', { bad: [1, , 2] }, 'bad'],
  ['a function', { bad: () => 1 }, 'bad'],
  ['a symbol', { bad: Symbol('x') }, 'bad'],
  ['a symbol key', { bad: { [Symbol('x')]: 1 } }, 'bad'],
  ['a bigint', { bad: 1n }, 'bad'],
  ['a Date', { bad: new Date(0) }, 'bad'],
  ['a Map', { bad: new Map([['a', 1]]) }, 'bad'],
  ['a Set', { bad: new Set([1]) }, 'bad'],
  ['a typed array', { bad: new Uint8Array(2) }, 'bad'],
  ['a String object', { bad: Object('x') }, 'bad'],
  ['an object of a class', { bad: new (class Thing {})() }, 'bad'],
  ['a lone surrogate in a string', { bad: 'x\ud800' }, 'bad'],
  ['a lone surrogate in a key', { outer: { 'x\udc00': 1 } }, 'outer'],
  ['65 levels', nestedPayload(65), 'a'],
  ['null for an object', null, 'payload'],
  ['an array for an object', [1], 'payload'],
  ['a string for an object', 'x', 'payload'],
  ['a number for an object', 7, 'payload'],
  ['a Map for an object', new Map(), 'payload'],
];

/** No vectors of dimension 3, whatever the metric. */
export const malformedVectors: readonly (readonly [what: string, vector: unknown])[] = [
  ['two numbers', [1, 2]],
  ['four numbers', [1, 2, 3, 4]],
  ['six numbers, twice the dimension', [1, 2, 3, 4, 5, 6]],
  ['no numbers', []],
  ['NaN', [1, Number.NaN, 3]],
  ['Infinity', [1, Number.POSITIVE_INFINITY, 3]],
  ['-Infinity in a Float32Array', Float32Array.of(1, Number.NEGATIVE_INFINITY, 3)],
  ['1e39, beyond f32', [1, 1e39, 3]],
  ['1.1e17, beyond the bound', [1, 1.1e17, 3]],
  ['a string', [1, '2', 3]],
  ['null inside', [1, null, 3]],
  ['undefined inside', [1, undefined, 3]],
  // biome-ignore lint/suspicious/noSparseArray: the hole is the point.
  ['a hole', [1, , 3]],
  ['a boolean', [1, true, 3]],
  ['a bigint', [1, 2n, 3]],
  ['an array of arrays', [[1], [2], [3]]],
  ['a Float64Array', Float64Array.of(1, 2, 3)],
  ['an Int8Array', Int8Array.of(1, 2, 3)],
  ['an array-like object', { 0: 1, 1: 2, 2: 3, length: 3 }],
  ['a string of numbers', '1,2,3'],
  ['undefined', undefined],
  ['a number', 3],
];

/** No vectors under `cosine`: without a direction. */
export const directionlessVectors: readonly (readonly [what: string, vector: readonly number[]])[] = [
  ['zero', [0, 0, 0]],
  ['negative zero', [-0, 0, -0]],
  ['a norm below 1e-10', [5e-11, 0, 5e-11]],
  ['a norm that is zero in f32', [1e-46, 0, 0]],
];

/** A field path's segment as filters spell it. */
export function segment(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) ? key : JSON.stringify(key);
}
