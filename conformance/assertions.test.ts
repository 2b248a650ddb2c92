import { describe, expect, it } from 'vitest';
import { VectorStoreError } from '../src/errors.ts';
import { ConformanceFailure, deepEqual, equal, near, ok, rejects, sameMembers, throws } from './assertions.ts';

const notFound = () => Promise.reject(new VectorStoreError('NotFound', 'gone'));

describe('assertions let pass what holds', () => {
  it('and nothing is thrown', async () => {
    equal(0, -0, 'zero');
    equal(Number.NaN, Number.NaN, 'NaN');
    deepEqual({ b: [1, { c: null }], a: 'x' }, { a: 'x', b: [1, { c: null }] }, 'order of keys');
    deepEqual(Object.assign(Object.create(null), { a: 1 }), { a: 1 }, 'without a prototype');
    deepEqual(JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}'), '__proto__');
    deepEqual(Float32Array.of(1, 2), Float32Array.of(1, 2), 'typed arrays');
    sameMembers(['a', 'b', 'a'], ['a', 'a', 'b'], 'members');
    near(1, 1.000_001, 1e-5, 'near');
    ok(true, 'true');
    expect((await rejects('NotFound', 'call', notFound)).message).toBe('gone');
    throws('NotFound', 'call', () => {
      throw new VectorStoreError('NotFound', 'gone');
    });
  });
});

describe('assertions refuse what does not hold', () => {
  const broken: Record<string, () => unknown> = {
    'equal: another value': () => equal<unknown>(1, '1', 'x'),
    'ok: false': () => ok(0, 'x'),
    'deepEqual: −0 for 0': () => deepEqual({ a: -0 }, { a: 0 }, 'x'),
    'deepEqual: a member too much': () => deepEqual({ a: 1, b: undefined }, { a: 1 }, 'x'),
    'deepEqual: a member lacking': () => deepEqual({}, { a: undefined }, 'x'),
    'deepEqual: an inherited member': () => deepEqual({}, JSON.parse('{"__proto__":{}}'), 'x'),
    'deepEqual: an array for an object': () => deepEqual({ a: [] }, { a: {} }, 'x'),
    'deepEqual: a shorter array': () => deepEqual([1], [1, 2], 'x'),
    'deepEqual: a hole': () => deepEqual(Array(1), [undefined], 'x'),
    'deepEqual: an object of a class': () => deepEqual(new (class Thing {})(), {}, 'x'),
    'deepEqual: an array for a typed array': () => deepEqual([1], Float32Array.of(1), 'x'),
    'sameMembers: one too many': () => sameMembers(['a', 'a'], ['a'], 'x'),
    'sameMembers: one lacking': () => sameMembers([], ['a'], 'x'),
    'near: too far': () => near(1, 1.1, 0.01, 'x'),
    'near: NaN': () => near(Number.NaN, 1, 0.01, 'x'),
    'throws: nothing': () => throws('NotFound', 'x', () => 1),
    'throws: another error': () =>
      throws('NotFound', 'x', () => {
        throw new Error('not typed');
      }),
  };
  for (const [name, run] of Object.entries(broken)) it(name, () => expect(run).toThrow(ConformanceFailure));

  it('rejects: resolving, another code, an error that is not typed, throwing instead of rejecting', async () => {
    const calls: (() => Promise<unknown>)[] = [
      async () => 1,
      () => Promise.reject(new VectorStoreError('Timeout', 'late')),
      () => Promise.reject(new Error('not typed')),
      () => {
        throw new VectorStoreError('NotFound', 'thrown at once');
      },
    ];
    for (const call of calls) await expect(rejects('NotFound', 'x', call)).rejects.toThrow(ConformanceFailure);
  });
});
