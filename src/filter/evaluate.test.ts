import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filter as anyFilter, document } from '../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../test/support/seed.ts';
import { evaluate } from './evaluate.ts';
import { pushNegation } from './normal-form.ts';
import { parseFilter } from './parse.ts';

printSeed('the evaluator');
const fields = { at: 'datetime', text: 'text' } as const;
const matches = (filter: object, payload: object) => evaluate(parseFilter(filter, { fields }), payload);

describe('the meaning of a filter', () => {
  it.each<[string, object, object, boolean]>([
    ['a bare scalar is $eq', { a: 1 }, { a: 1 }, true],
    ['true is not 1', { a: 1 }, { a: true }, false],
    ['1 is not "1"', { a: '1' }, { a: 1 }, false],
    ['false is not 0', { a: { $in: [0, ''] } }, { a: false }, false],
    ['−0 is 0', { a: -0 }, { a: 0 }, true],
    ['strings compare by code unit, not normalised', { a: '\u00e9' }, { a: 'e\u0301' }, false],
    ['$eq on an array: some element', { a: 'x' }, { a: ['y', 'x'] }, true],
    ['$eq looks one level deep', { a: 1 }, { a: [[1]] }, false],
    ['$ne matches a missing field', { a: { $ne: 1 } }, {}, true],
    ['$ne on an array: no element is equal', { a: { $ne: 1 } }, { a: [1, 2] }, false],
    ['$nin matches a missing field', { a: { $nin: [1] } }, {}, true],
    ['$in: [] matches nothing', { a: { $in: [] } }, { a: 1 }, false],
    ['$nin: [] matches everything', { a: { $nin: [] } }, {}, true],
    ['$or: [] matches nothing', { $or: [] }, {}, false],
    ['$and: [] matches everything', { $and: [] }, {}, true],
    ['{} matches everything', {}, { a: 1 }, true],
    ['$not takes a whole filter', { $not: { a: 1, b: 1 } }, { a: 1 }, true],
    ['$exists: [] is present', { a: { $exists: true } }, { a: [] }, true],
    ['$exists: [null] is present', { a: { $exists: true } }, { a: [null] }, true],
    ['$exists: {} is present', { a: { $exists: true } }, { a: {} }, true],
    ['$exists: null is not', { a: { $exists: true } }, { a: null }, false],
    ['$exists: false matches null', { a: { $exists: false } }, { a: null }, true],
    ['$contains wants an array', { a: { $contains: 1 } }, { a: 1 }, false],
    ['$contains finds the element', { a: { $contains: 1 } }, { a: [2, 1] }, true],
    ['$all wants all', { a: { $all: [1, 2] } }, { a: [1, 3] }, false],
    ['$startsWith is any-element', { a: { $startsWith: 'x' } }, { a: ['ax', 'xa'] }, true],
    ['$startsWith is case-sensitive', { a: { $startsWith: 'X' } }, { a: 'xa' }, false],
    ['one element must satisfy all bounds', { a: { $gt: 1, $lt: 4 } }, { a: [0, 5] }, false],
    [
      'bounds in separate conditions may meet separate elements',
      { $and: [{ a: { $gt: 1 } }, { a: { $lt: 4 } }] },
      { a: [0, 5] },
      true,
    ],
    ['a range matches no string', { a: { $gte: 0 } }, { a: '5' }, false],
    [
      'a datetime range compares instants',
      { at: { $gt: '2024-01-01T00:00:00Z' } },
      { at: '2024-01-01T00:00:01+00:00' },
      true,
    ],
    ['datetime $eq compares the text', { at: '2024-01-01T00:00:00Z' }, { at: '2024-01-01T01:00:00+01:00' }, false],
    [
      '$match wants every term, in any order and case',
      { text: { $match: 'Tea GREEN' } },
      { text: 'A green, hot tea.' },
      true,
    ],
    ['$match wants whole terms', { text: { $match: 'gree' } }, { text: 'green' }, false],
    ['$match wants all terms in one element', { text: { $match: 'red tea' } }, { text: ['red', 'tea'] }, false],
    ['a path does not step through arrays of objects', { 'a.b': 1 }, { a: [{ b: 1 }] }, false],
    ['a missing field named like a method is missing', { constructor: { $exists: true } }, {}, false],
    ['a quoted segment with a dot', { '"a.b"': 1 }, { 'a.b': 1 }, true],
  ])('%s', (_law, filter, payload, expected) => {
    expect(matches(filter, payload)).toBe(expected);
    expect(matches({ $not: filter }, payload)).toBe(!expected);
  });

  it('is two-valued: a filter and its $not partition all documents', () => {
    fc.assert(
      fc.property(anyFilter, document, (filter, payload) => {
        expect(matches({ $not: filter }, payload)).toBe(!matches(filter, payload));
      }),
      { seed, numRuns: 5_000 },
    );
  });

  it('stays the same when negation is pushed to the leaves', () => {
    fc.assert(
      fc.property(anyFilter, document, (filter, payload) => {
        const node = parseFilter(filter, { fields });
        expect(evaluate(pushNegation(node), payload)).toBe(evaluate(node, payload));
      }),
      { seed, numRuns: 5_000 },
    );
  });
});
