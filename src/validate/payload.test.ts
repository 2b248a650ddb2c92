import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { json } from '../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../test/support/seed.ts';
import { checkDeclaredFields, cloneJson, copyPayload } from './payload.ts';

printSeed('payloads');
const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
const cyclic: { self?: object } = {};
cyclic.self = cyclic;

describe('a payload', () => {
  it.each<[string, unknown, string]>([
    ['null', null, 'payload'],
    ['an array', [], 'payload'],
    ['a string', 'x', 'payload'],
    ['a Map', new Map(), 'payload'],
    ['NaN', { a: { b: [1, NaN] } }, 'payload["a"]["b"][1]'],
    ['Infinity', { a: -Infinity }, 'payload["a"]'],
    ['2^53', { a: 2 ** 53 }, 'payload["a"]'],
    ['1e300', { a: 1e300 }, 'payload["a"]'],
    ['undefined in an array', { a: [undefined] }, 'payload["a"][0]'],
    ['a hole in an array', { a: new Array(1) }, 'payload["a"][0]'],
    ['a function', { a: () => 1 }, 'payload["a"]'],
    ['a symbol', { a: Symbol('x') }, 'payload["a"]'],
    ['a symbol key', { a: { [Symbol('x')]: 1 } }, 'payload["a"]'],
    ['a bigint', { a: 1n }, 'payload["a"]'],
    ['a Date', { a: new Date(0) }, 'payload["a"]'],
    ['a nested Map', { a: [new Map()] }, 'payload["a"][0]'],
    ['bytes', { a: new Uint8Array(1) }, 'payload["a"]'],
    ['a lone surrogate', { a: 'x\ud800' }, 'payload["a"]'],
    ['a lone surrogate in a key', { '\udfff': 1 }, 'payload['],
    ['65 levels', nested(65), 'payload'],
    ['a cycle', cyclic, 'payload'],
  ])('refuses %s with the path at fault', (_what, payload, place) => {
    expect(() => copyPayload(payload, 'payload')).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(place) }),
    );
  });

  it('takes 64 levels, the largest safe integers, NUL, an empty key, and objects without prototype', () => {
    const payload = {
      deep: nested(63),
      max: 2 ** 53 - 1,
      min: -(2 ** 53 - 1),
      tiny: 5e-324,
      nul: 'a\0b',
      '': null,
      bare: Object.assign(Object.create(null), { x: 1 }),
    };
    expect(copyPayload(payload, 'payload')).toEqual({ ...payload, bare: { x: 1 } });
  });

  it('drops undefined members and stores −0 as 0', () => {
    const copy = copyPayload({ a: undefined, b: [-0, { c: undefined }] }, 'payload');
    expect(copy).toStrictEqual({ b: [0, {}] });
    expect(Object.is((copy.b as number[])[0], 0)).toBe(true);
  });

  it('keeps __proto__ and constructor as plain data, and changes no prototype', () => {
    const hostile = JSON.parse(
      '{"__proto__":{"tenant":"x"},"constructor":{"prototype":{"tenant":"x"}},"a":[{"__proto__":1}]}',
    );
    const copy = copyPayload(hostile, 'payload');
    expect(JSON.stringify(copy)).toBe(JSON.stringify(hostile));
    expect(JSON.stringify(cloneJson(copy))).toBe(JSON.stringify(hostile));
    expect((copy as { tenant?: unknown }).tenant).toBeUndefined();
    expect(({} as { tenant?: unknown }).tenant).toBeUndefined();
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  });

  it('is copied deeply: any JSON object comes out equal and shares nothing', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), json), (payload) => {
        const text = JSON.stringify(payload);
        const copy = copyPayload(payload, 'payload');
        expect(JSON.stringify(copy)).toBe(text);
        expect(copy).not.toBe(payload);
        for (const [key, value] of Object.entries(payload))
          if (typeof value === 'object' && value !== null) expect(copy[key]).not.toBe(value);
      }),
      { seed, numRuns: 500 },
    );
  });
});

describe('a declared field', () => {
  it.each<[string, object, boolean]>([
    ['a keyword', { kw: 'x' }, true],
    ['an array of keywords', { kw: ['x', 'y'] }, true],
    ['null', { kw: null }, true],
    ['an empty array', { kw: [] }, true],
    ['nothing', {}, true],
    ['a number where a keyword is declared', { kw: 1 }, false],
    ['null in an array', { kw: ['x', null] }, false],
    ['an object', { kw: {} }, false],
    ['nested arrays', { kw: [['x']] }, false],
    ['a text number where a number is declared', { deep: { num: '1' } }, false],
    ['a nested number', { deep: { num: 1 } }, true],
    ['a datetime with zone', { at: '2024-01-02T03:04:05Z' }, true],
    ['a datetime without zone', { at: '2024-01-02T03:04:05' }, false],
    ['a datetime with microseconds', { at: '2024-01-02T03:04:05.123456Z' }, false],
    ['epoch milliseconds where a datetime is declared', { at: 0 }, false],
    ['booleans', { flag: [true, false] }, true],
    ['1 where a boolean is declared', { flag: 1 }, false],
  ])('%s', (_what, payload, legal) => {
    const fields = { kw: 'keyword', 'deep.num': 'number', at: 'datetime', flag: 'boolean' } as const;
    const check = () => checkDeclaredFields(copyPayload(payload, 'payload'), fields, 'payload');
    if (legal) expect(check).not.toThrow();
    else expect(check).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });
});
