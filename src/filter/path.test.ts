import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printSeed, seed } from '../../test/support/seed.ts';
import { formatPath, parsePath, valueAt } from './path.ts';

printSeed('field paths');

describe('a field path', () => {
  it.each([
    ['a', ['a']],
    ['a.b.c', ['a', 'b', 'c']],
    ['"a.b".c', ['a.b', 'c']],
    ['a."$eq"', ['a', '$eq']],
    ['""', ['']],
    ['"q\\"k"', ['q"k']],
    ['with space', ['with space']],
    ['__proto__', ['__proto__']],
    ['ключ.😀', ['ключ', '😀']],
    ['a$', ['a$']],
  ])('%s names the keys %j', (path, segments) => {
    expect(parsePath(path, 'here')).toEqual(segments);
  });

  it.each([
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '$a',
    'a.$b',
    'a"b',
    '"a',
    '"a"b',
    'a[0]',
    'a\\b',
    'a\nb',
    '"\\x"',
    '\ud800',
    '"\\ud800"',
  ])('%j is refused with the place', (path) => {
    expect(() => parsePath(path, 'filter')).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining('filter') }),
    );
  });

  it('round-trips any keys through its canonical spelling', () => {
    const segments = fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(segments, (keys) => {
        expect(parsePath(formatPath(keys), 'here')).toEqual(keys);
      }),
      { seed, numRuns: 2_000 },
    );
  });

  it('steps through own properties of objects only', () => {
    expect(valueAt({ a: { b: 1 } }, ['a', 'b'])).toBe(1);
    expect(valueAt({ a: [{ b: 1 }] }, ['a', 'b'])).toBeUndefined();
    expect(valueAt({ a: [1] }, ['a', 'length'])).toBeUndefined();
    expect(valueAt({}, ['constructor'])).toBeUndefined();
    expect(valueAt({}, ['__proto__'])).toBeUndefined();
    expect(valueAt(JSON.parse('{"__proto__":{"x":1}}'), ['__proto__', 'x'])).toBe(1);
  });
});
