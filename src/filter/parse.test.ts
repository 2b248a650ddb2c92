import { describe, expect, it } from 'vitest';
import { filterLimits, parseFilter } from './parse.ts';

const fields = { at: 'datetime', text: 'text', kw: 'keyword' } as const;
const parse = (filter: unknown) => parseFilter(filter, { fields });
const nested = (depth: number): object => (depth === 1 ? { a: 1 } : { $not: nested(depth - 1) });

describe('parsing a filter', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['an array', []],
    ['a string', 'a = 1'],
    ['a Date', new Date()],
    ['undefined as operand (it would match everything, and leak)', { tenant: undefined }],
    ['null as operand', { a: null }],
    ['null under $eq', { a: { $eq: null } }],
    ['an array as operand', { a: [1] }],
    ['an object as operand', { a: { b: 1 } }],
    ['an empty condition', { a: {} }],
    ['an unknown operator', { a: { $near: 1 } }],
    ['an unknown combinator', { $nor: [] }],
    ['a field under $eq that is an object', { a: { $eq: { $ne: 1 } } }],
    ['null inside a list', { a: { $in: [1, null] } }],
    ['a hole inside a list', { a: { $in: new Array(2) } }],
    ['a hole inside $and', { $and: new Array(1) }],
    ['$in without a list', { a: { $in: 1 } }],
    ['an empty $all', { a: { $all: [] } }],
    ['$exists with a number', { a: { $exists: 1 } }],
    ['$startsWith with a number', { a: { $startsWith: 1 } }],
    ['NaN', { a: NaN }],
    ['Infinity in a range', { a: { $lt: Infinity } }],
    ['an unsafe integer', { a: 2 ** 53 }],
    ['1e300', { a: { $lt: 1e300 } }],
    ['undefined as bound', { a: { $gt: undefined } }],
    ['a string in a range on an undeclared field', { a: { $gt: 'x' } }],
    ['a string in a range on a keyword', { kw: { $gt: 'x' } }],
    ['a number in a range on a datetime', { at: { $gt: 1 } }],
    ['a date without zone in a range on a datetime', { at: { $gt: '2024-01-01T00:00:00' } }],
    ['$match on a field not declared text', { kw: { $match: 'x' } }],
    ['$match without a term', { text: { $match: ' ?! ' } }],
    ['a lone surrogate', { a: '\ud800' }],
    ['a lone surrogate in a field', { '\ud800': 1 }],
    ['a bigint', { a: 1n }],
    ['a symbol key', { [Symbol('a')]: 1 }],
    ['$and without a list', { $and: { a: 1 } }],
    ['$not with a list', { $not: [] }],
    [
      'a filter of a class',
      new (class {
        a = 1;
      })(),
    ],
  ])('refuses %s', (_what, filter) => {
    expect(() => parse(filter)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });

  it('says where: the path to the operand stands in the message', () => {
    expect(() => parse({ $or: [{ a: 1 }, { b: { $in: [1, {}] } }] })).toThrow('filter["$or"][1]["b"].$in[1]');
  });

  it(`accepts ${filterLimits.depth} levels and refuses one more`, () => {
    expect(() => parse(nested(filterLimits.depth))).not.toThrow();
    expect(() => parse(nested(filterLimits.depth + 1))).toThrow('levels');
  });

  it(`accepts ${filterLimits.conditions} conditions and refuses one more`, () => {
    const many = (n: number) => ({ $or: Array.from({ length: n }, (_, i) => ({ a: i })) });
    expect(() => parse(many(filterLimits.conditions))).not.toThrow();
    expect(() => parse(many(filterLimits.conditions + 1))).toThrow('conditions');
  });

  it(`accepts ${filterLimits.inValues} values in $in and refuses one more`, () => {
    const list = (n: number) => ({ a: { $in: Array.from({ length: n }, (_, i) => i) } });
    expect(() => parse(list(filterLimits.inValues))).not.toThrow();
    expect(() => parse(list(filterLimits.inValues + 1))).toThrow('values');
  });

  it('normalises: constants are folded, one spelling per path, no repeated values', () => {
    expect(parse({})).toEqual({ kind: 'all' });
    expect(parse({ $and: [{}, { $not: { $or: [] } }, { a: { $nin: [] } }] })).toEqual({ kind: 'all' });
    expect(parse({ $or: [{ a: { $in: [] } }, { $not: {} }] })).toEqual({ kind: 'none' });
    expect(parse({ '"a"."b"': { $in: ['x', 'x'] } })).toEqual({
      kind: 'eq',
      field: 'a.b',
      path: ['a', 'b'],
      value: 'x',
    });
    expect(parse({ $not: { $not: { a: 1 } } })).toEqual(parse({ a: 1 }));
    expect(parse({ $and: [{ a: 1 }, { $and: [{ b: 1 }, { c: 1 }] }] })).toEqual(parse({ a: 1, b: 1, c: 1 }));
  });

  it('refuses by capability with the reason', () => {
    const refused = () => 'no prefixes here';
    expect(() => parseFilter({ a: { $startsWith: 'x' } }, { fields, refused })).toThrow(
      expect.objectContaining({ code: 'Unsupported', message: expect.stringContaining('no prefixes here') }),
    );
  });
});
