import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJson, stringifyJson } from './json.ts';

describe('JSON with integers of 64 bits', () => {
  test.each(['9007199254740993', '18446744073709551615', '-9223372036854775808'])('%s stays itself', (digits) => {
    expect(parseJson(`{"id":${digits}}`)).toEqual({ id: BigInt(digits) });
    expect(parseJson(`[${digits} , "${digits}"]`)).toEqual([BigInt(digits), digits]);
    expect(stringifyJson({ id: BigInt(digits), text: digits })).toBe(`{"id":${digits},"text":"${digits}"}`);
  });

  test.each(['9007199254740991', '1234567890123456.5', '18446744073709551616', '1e20', '-9223372036854775809'])(
    '%s is a double',
    (digits) => expect(parseJson(digits)).toBe(Number(digits)),
  );

  test.each(['{"a":09007199254740993}', '[9007199254740993x]', '[--9007199254740993]', '"9007199254740993'])(
    '%s is no JSON',
    (text) => expect(() => parseJson(text)).toThrow(SyntaxError),
  );

  test('a key __proto__ is a key', () => {
    const value = parseJson('{"__proto__":9007199254740993}');
    expect(Object.getOwnPropertyDescriptor(value, '__proto__')?.value).toBe(9007199254740993n);
  });

  test('reads what it wrote', () => {
    const value = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.string(),
        fc.boolean(),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
        fc.constantFrom('9007199254740993', '"9007199254740993"', '\\9007199254740993', ': 9007199254740993,'),
        fc.array(tie('value')),
        fc.dictionary(fc.string(), tie('value'), { noNullPrototype: true }),
      ),
    })).value;
    fc.assert(
      fc.property(value, (given) => {
        expect(parseJson(stringifyJson(given))).toEqual(given);
      }),
    );
  });
});
