import { describe, expect, test } from 'vitest';
import { Point } from '../collection.ts';
import { fieldIndexes } from '../field-index.ts';
import { readFormula } from './formula.ts';

const none = fieldIndexes({});

function value(formula: unknown, payload: Record<string, unknown> = {}, scores: number[] = [], defaults?: unknown) {
  const point = new Point(1, payload, new Map(), 1);
  return readFormula({ formula, defaults }, none)({ point, scores });
}

describe('a formula is evaluated as Qdrant documents it', () => {
  test.each<[string, unknown, number]>([
    ['a constant', 2.5, 2.5],
    ['sum', { sum: [1, 2, 3] }, 6],
    ['mult', { mult: [2, 3] }, 6],
    ['neg', { neg: 2 }, -2],
    ['abs', { abs: -2 }, 2],
    ['div', { div: { left: 1, right: 4 } }, 0.25],
    ['div by zero with a default', { div: { left: 1, right: 0, by_zero_default: 9 } }, 9],
    ['sqrt', { sqrt: 9 }, 3],
    ['pow', { pow: { base: 2, exponent: 3 } }, 8],
    ['exp', { exp: 0 }, 1],
    ['ln', { ln: 1 }, 0],
    ['log10', { log10: 1000 }, 3],
    ['datetime, in seconds', { datetime: '1970-01-01T00:01:00Z' }, 60],
    ['exp_decay is the midpoint at one scale', { exp_decay: { x: 3, scale: 3 } }, 0.5],
    ['gauss_decay is the midpoint at one scale', { gauss_decay: { x: 5, target: 3, scale: 2, midpoint: 0.25 } }, 0.25],
    ['lin_decay is the midpoint at one scale', { lin_decay: { x: 1, scale: 1, midpoint: 0.75 } }, 0.75],
    ['lin_decay ends at zero', { lin_decay: { x: 100 } }, 0],
  ])('%s', (_, formula, expected) => {
    expect(value(formula)).toBeCloseTo(expected, 6);
  });

  test('scores are those of the prefetches, by position, else their default, else 0', () => {
    expect(value({ sum: ['$score', '$score[1]'] }, {}, [0.5, 0.25])).toBe(0.75);
    expect(value('$score[2]', {}, [0.5])).toBe(0);
    expect(value('$score[2]', {}, [0.5], { '$score[2]': 7 })).toBe(7);
  });

  test('a condition counts 1 where it holds, else 0', () => {
    const formula = { mult: [0.5, { key: 'tag', match: { any: ['a', 'b'] } }] };
    expect(value(formula, { tag: 'b' })).toBe(0.5);
    expect(value(formula, { tag: 'c' })).toBe(0);
  });

  test('payload values: alone in an array too, else the default, else refused', () => {
    expect(value('price', { price: 3 })).toBe(3);
    expect(value('a.b', { a: { b: [3] } })).toBe(3);
    expect(value('price', { price: [] }, [], { price: 4 })).toBe(4);
    expect(() => value('price', { price: null }, [], { price: 4 })).toThrow(/Expected number value/);
    expect(() => value('price')).toThrow(/No value found/);
    expect(() => value('price', { price: 'dear' })).toThrow(/Expected number value for price/);
    expect(() => value('price', { price: [1, 2] })).toThrow(/Expected number value/);
  });

  test('with an index, what it does not hold is not there', () => {
    const indexes = fieldIndexes({ price: { type: 'float' } });
    const point = new Point(1, { price: [null, 'dear', 3] }, new Map(), 1);
    expect(readFormula({ formula: 'price' }, indexes)({ point, scores: [] })).toBe(3);
  });

  test('a product that is zero asks for nothing more', () => {
    expect(value({ mult: [0, 'missing'] })).toBe(0);
  });

  test('distances on earth, in metres', () => {
    const formula = { geo_distance: { origin: { lon: 13.4, lat: 52.52 }, to: 'at' } };
    expect(value(formula, { at: { lon: 2.35, lat: 48.857 } })).toBeCloseTo(878_000, -4);
    expect(() => value(formula, { at: 'Paris' })).toThrow(/geo point/);
  });

  test.each([{ sqrt: -1 }, { ln: 0 }, { div: { left: 1, right: 0 } }, 1e300])('%j has no finite value', (formula) => {
    expect(() => value(formula)).toThrow(/non-finite/);
  });

  test.each([
    '$other',
    { unknown: 1 },
    { sum: 1 },
    { exp_decay: { x: 1, scale: 0 } },
    { gauss_decay: { x: 1, midpoint: 1 } },
    { sum: [1], mult: [1] },
  ])('%j is refused', (formula) => {
    expect(() => value(formula)).toThrow();
  });
});
