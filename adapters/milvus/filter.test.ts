import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFilter } from '../../src/filter/parse.ts';
import { declaredFields, declaredFilter, filter } from '../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../test/support/seed.ts';
import { type Dialect, dialectOf } from './dialect.ts';
import { compileForMilvus } from './filter.ts';

printSeed('expressions for Milvus');

const real = dialectOf('v2.3.5-lite');
const later = dialectOf('v2.6.8');
const lite = dialectOf('milvus_lite-3.2.2');

/** The expression for a filter, and whether all of the filter is in it. */
function compiled(given: object, dialect: Dialect): { native: string; isWhole: boolean } {
  const { native, residual } = compileForMilvus(parseFilter(given as never, { fields: {} }), dialect);
  return { native: typeof native === 'string' ? native : native.native, isWhole: residual === undefined };
}

describe('what differs by dialect', () => {
  test('members of a list: `in` where the server takes it, else alternatives', () => {
    for (const dialect of [real, later])
      expect(compiled({ a: { $in: ['x', 'y'] } }, dialect).native).toContain('(av_payload["a"] in ["x","y"])');
    expect(compiled({ a: { $in: ['x', 'y'] } }, lite).native).toContain(
      '(av_payload["a"] == "x") or (av_payload["a"] == "y")',
    );
  });

  test('ranges look at all arrays: by their length where that is known, else by their presence', () => {
    expect(compiled({ a: { $gt: 1 } }, real)).toEqual({
      native: expect.stringContaining('(not (array_length(av_payload["a"]) == 0))'),
      isWhole: false,
    });
    for (const dialect of [later, lite])
      expect(compiled({ a: { $gt: 1 } }, dialect)).toEqual({ native: '(exists av_payload["a"])', isWhole: false });
  });

  test('the complement of a range is left to the reference where comparisons are three-valued', () => {
    expect(compiled({ $not: { a: { $gt: 1 } } }, real).native).toContain('not ((av_payload["a"] > 1))');
    for (const dialect of [later, lite])
      expect(compiled({ $not: { a: { $gt: 1 } } }, dialect)).toEqual({ native: 'all', isWhole: false });
  });

  test('true and 1 are told apart by the reference where the server does not', () => {
    for (const value of [true, 1, 0]) {
      expect(compiled({ a: value }, real).isWhole).toBe(true);
      expect(compiled({ a: value }, later).isWhole).toBe(true);
      expect(compiled({ a: value }, lite).isWhole).toBe(false);
      expect(compiled({ a: { $ne: value } }, lite)).toEqual({ native: 'all', isWhole: false });
    }
  });
});

describe.each([real, later, lite])('in the dialect $name', (dialect) => {
  test('a missing key matches the negation', () => {
    expect(compiled({ a: { $ne: 'x' } }, dialect).native).toMatch(/^\(\(not \(exists av_payload\["a"\]\)\) or \(not /);
  });

  test('a number in a path may reach into arrays: such a condition is never taken as exact', () => {
    for (const asked of [{ 'a.0': 'x' }, { 'a.0': { $exists: true } }, { 'a.0': { $contains: 'x' } }]) {
      expect(compiled(asked, dialect).isWhole, JSON.stringify(asked)).toBe(false);
      expect(compiled({ $not: asked }, dialect), JSON.stringify(asked)).toEqual({ native: 'all', isWhole: false });
    }
  });

  test('a key that the server would take apart is left to the reference', () => {
    for (const key of ['"][', `a]['b`, '', '\u0001'])
      expect(compiled({ [JSON.stringify(key)]: 'x' }, dialect), key).toEqual({ native: 'all', isWhole: false });
  });

  test('strings and keys stay in their literals', () => {
    const hostile = '") or (av_key != "") or ("\\';
    const { native } = compiled({ [JSON.stringify(hostile)]: hostile }, dialect);
    const withoutLiterals = native.replace(/"(?:[^"\\]|\\.)*"/g, '');
    expect(withoutLiterals).not.toContain('av_key');
  });

  test('expressions are well-formed whatever is asked', () => {
    const check = (given: object, fields: object) => {
      const { native } = compileForMilvus(parseFilter(given as never, { fields: fields as never }), dialect);
      if (typeof native === 'string') return;
      const bare = native.native.replace(/"(?:[^"\\]|\\.)*"/g, 'literal');
      expect(bare).not.toMatch(/["\\]|undefined|NaN|Infinity|\[\]/);
      expect(bare.split('(').length).toBe(bare.split(')').length);
      if (!dialect.arrayLength) expect(bare).not.toContain('array_length');
      if (!dialect.inTakesMembers) expect(bare).not.toContain(' in ');
    };
    fc.assert(
      fc.property(filter, (given) => check(given, {})),
      { seed, numRuns: 500 },
    );
    fc.assert(
      fc.property(declaredFilter, (given) => check(given, declaredFields)),
      { seed, numRuns: 500 },
    );
  });
});
