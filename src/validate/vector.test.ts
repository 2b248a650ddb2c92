import { describe, expect, it } from 'vitest';
import { validateVector } from './vector.ts';

/** Says that it has two. */
const lying = (vector: Float32Array) => Object.defineProperty(vector, 'length', { value: 2 });

describe('a vector', () => {
  it('is an own f32 copy of an array or a Float32Array', () => {
    const given = new Float32Array([1, 2]);
    const copy = validateVector(given, 2, 'dot', 'vector');
    given[0] = 9;
    expect(copy).toEqual(new Float32Array([1, 2]));
    expect(validateVector([0.1, -0], 2, 'dot', 'vector')).toEqual(new Float32Array([0.1, -0]));
  });

  it.each<[string, unknown, string]>([
    ['too short', [1], 'dimension is 2'],
    ['too long', [1, 2, 3], 'dimension is 2'],
    ['twice as long', [1, 2, 3, 4], 'dimension is 2'],
    ['empty', [], 'dimension is 2'],
    ['with NaN', [1, NaN], 'vector[1]'],
    ['with Infinity', [Infinity, 0], 'vector[0]'],
    ['beyond f32', [1e39, 0], 'vector[0]'],
    ['beyond 1e17', [1.1e17, 0], 'vector[0]'],
    ['with a string', ['1', 0], 'vector[0]'],
    ['with holes', new Array(2), 'vector[0]'],
    ['with null', [1, null], 'vector[1]'],
    ['with a bigint', [1n, 0], 'vector[0]'],
    ['of floats, with NaN', Float32Array.of(1, NaN), 'vector[1]'],
    ['of floats, with Infinity', Float32Array.of(-Infinity, 0), 'vector[0]'],
    ['of floats, beyond 1e17', Float32Array.of(0, 1.1e17), 'vector[1]'],
    ['of floats, with another length than it says', lying(Float32Array.of(1, 2, 3)), 'has 3'],
    ['Float64Array', new Float64Array(2), 'Float32Array'],
    ['an object with a length', { length: 2, 0: 1, 1: 2 }, 'Float32Array'],
    ['undefined', undefined, 'Float32Array'],
  ])('%s is refused', (_what, vector, message) => {
    expect(() => validateVector(vector, 2, 'dot', 'vector')).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.stringContaining(message) }),
    );
  });

  it('has a direction under cosine: a norm below 1e-10 is refused, 1e-10 is not; other metrics take zero', () => {
    expect(() => validateVector([0, 0], 2, 'cosine', 'vector')).toThrow('direction');
    expect(() => validateVector([1e-11, 0], 2, 'cosine', 'vector')).toThrow('direction');
    expect(() => validateVector([1.001e-10, 0], 2, 'cosine', 'vector')).not.toThrow();
    expect(() => validateVector([0, 0], 2, 'euclidean', 'vector')).not.toThrow();
  });

  it('may be as large as ±1e17', () => {
    expect(validateVector([1e17, -1e17], 2, 'cosine', 'vector')[0]).toBe(Math.fround(1e17));
  });
});
