import type { FilterOperator } from '../../src/filter/parse.ts';
import { defineSuite, type Need } from '../case.ts';
import { allBut, kindNames, kindsStore } from '../fixtures.ts';
import { asFilter, expectMatching } from '../reads.ts';

type Row = readonly [filter: unknown, expected: readonly string[]];
type Law = readonly [law: string, needs: readonly FilterOperator[], rows: readonly Row[]];

const ones = ['one', 'array of 1', 'array of 1 and 2', 'array of x, 1, true, null'];
const trues = ['true', 'array of true', 'array of x, 1, true, null'];
const xs = ['text x', 'array of x and y', 'array of x, 1, true, null'];
const present = allBut('missing', 'null');
const numbers = [
  'zero',
  'one',
  'one and a half',
  'two',
  'minus one',
  'largest integer',
  'largest integer but one',
  'smallest integer',
];
const arraysWithNumbers = ['array of 1', 'array of 0 and 5', 'array of 1 and 2', 'array of x, 1, true, null'];

const many = Array.from({ length: 9_999 }, (_, i) => `nobody has ${i}`);

/** What filters on field `a` match among the records of `fixtures.ts`, by hand. */
// biome-ignore format: tables to read across
const laws: readonly Law[] = [
  ['$eq matches the value, or an array with such an element, one level deep', ['$eq'], [
    [{ a: 'x' }, xs],
    [{ a: { $eq: 'x' } }, xs],
    [{ a: 1 }, ones],
    [{ a: true }, trues],
    [{ a: 1.5 }, ['one and a half']],
    [{ a: 0 }, ['zero', 'array of 0 and 5']],
    [{ a: -0 }, ['zero', 'array of 0 and 5']],
    [{ a: '' }, ['empty text']],
    [{ a: 'nobody has this' }, []],
  ]],
  ['types never coerce: true, 1 and "1" are three values, and so are false, 0 and ""', ['$eq', '$in'], [
    [{ a: '1' }, ['text 1', 'array of text 1']],
    [{ a: 'true' }, ['text true']],
    [{ a: false }, ['false']],
    [{ a: { $in: [1, false] } }, [...ones, 'false']],
    [{ a: { $in: ['1', true] } }, ['text 1', 'array of text 1', ...trues]],
    [{ a: 'null' }, []],
  ]],
  ['strings are compared by code units: case counts, prefixes do not', ['$eq'], [
    [{ a: 'X' }, ['text X']],
    [{ a: 'xy' }, []],
    [{ a: 'xyz' }, ['text xyz']],
  ]],
  ['$ne is the exact complement of $eq: a missing field matches, an array only if no element equals', ['$ne'], [
    [{ a: { $ne: 'x' } }, allBut(...xs)],
    [{ a: { $ne: 1 } }, allBut(...ones)],
    [{ a: { $ne: 5 } }, allBut('array of 0 and 5')],
    [{ a: { $ne: 'nobody has this' } }, kindNames],
    [{ b: { $ne: 1 } }, kindNames],
  ]],
  ['$in and $nin look at every one of up to 10,000 values', ['$in', '$nin'], [
    [{ a: { $in: [...many, 'x'] } }, xs],
    [{ a: { $nin: [...many, 'x'] } }, allBut(...xs)],
  ]],
  ['$in matches any of the values, of any types together; $in: [] nothing', ['$in'], [
    [{ a: { $in: ['x', 'y'] } }, xs],
    [{ a: { $in: [1, 1.5] } }, [...ones, 'one and a half']],
    [{ a: { $in: [1, '1', true] } }, [...new Set([...ones, ...trues, 'text 1', 'array of text 1'])]],
    [{ a: { $in: [false, 0, ''] } }, ['false', 'zero', 'array of 0 and 5', 'empty text']],
    [{ a: { $in: [2 ** 53 - 1, -(2 ** 53 - 1)] } }, ['largest integer', 'smallest integer']],
    [{ a: { $in: ['x', 'x', 'x'] } }, xs],
    [{ a: { $in: ['xyz'] } }, ['text xyz']],
    [{ a: { $in: [] } }, []],
  ]],
  ['$nin is the exact complement of $in; $nin: [] matches everything', ['$nin'], [
    [{ a: { $nin: ['x', 'y'] } }, allBut(...xs)],
    [{ a: { $nin: [1, '1', true] } }, allBut(...ones, ...trues, 'text 1', 'array of text 1')],
    [{ a: { $nin: ['xyz'] } }, allBut('text xyz')],
    [{ a: { $nin: [] } }, kindNames],
    [{ b: { $nin: [1] } }, kindNames],
  ]],
  ['ranges compare numbers, and arrays with a number that is in the range', ['$gt', '$gte', '$lt', '$lte'], [
    [{ a: { $gt: 0 } }, [...numbers.filter((name) => !['zero', 'minus one', 'smallest integer'].includes(name)), ...arraysWithNumbers]],
    [{ a: { $gte: 0 } }, [...numbers.filter((name) => !['minus one', 'smallest integer'].includes(name)), ...arraysWithNumbers]],
    [{ a: { $lt: 1 } }, ['zero', 'minus one', 'smallest integer', 'array of 0 and 5']],
    [{ a: { $lte: 1 } }, ['zero', 'minus one', 'smallest integer', 'array of 0 and 5', ...ones]],
    [{ a: { $gt: 1, $lt: 2 } }, ['one and a half']],
    [{ a: { $gte: 1.5, $lte: 1.5 } }, ['one and a half']],
    [{ a: { $gte: -1.5 } }, [...numbers.filter((name) => name !== 'smallest integer'), ...arraysWithNumbers]],
    [{ a: { $gt: 2, $lt: 1 } }, []],
  ]],
  ['on an array one element must satisfy all range bounds of the field', ['$gt', '$gte', '$lt', '$lte'], [
    [{ a: { $gt: 1, $lt: 4 } }, ['one and a half', 'two', 'array of 1 and 2']],
    [{ a: { $gte: 5, $lte: 5 } }, ['array of 0 and 5']],
    [{ $and: [{ a: { $gt: 1 } }, { a: { $lt: 4 } }] }, ['one and a half', 'two', 'array of 0 and 5', 'array of 1 and 2']],
    [{ a: { $gt: 2, $lt: 5 } }, []],
  ]],
  ['the largest exact integers are told apart', ['$eq', '$gt', '$gte', '$lt'], [
    [{ a: 2 ** 53 - 1 }, ['largest integer']],
    [{ a: 2 ** 53 - 2 }, ['largest integer but one']],
    [{ a: { $gt: 2 ** 53 - 2 } }, ['largest integer']],
    [{ a: { $gte: 2 ** 53 - 2 } }, ['largest integer', 'largest integer but one']],
    [{ a: { $lt: -(2 ** 53 - 2) } }, ['smallest integer']],
  ]],
  ['$exists: true is present and not null; [], [null] and {} are present', ['$exists'], [
    [{ a: { $exists: true } }, present],
    [{ a: { $exists: false } }, ['missing', 'null']],
    [{ $not: { a: { $exists: true } } }, ['missing', 'null']],
    [{ b: { $exists: false } }, kindNames],
  ]],
  ['$contains wants an array with that element, never a scalar', ['$contains'], [
    [{ a: { $contains: 'x' } }, ['array of x and y', 'array of x, 1, true, null']],
    [{ a: { $contains: 1 } }, ['array of 1', 'array of 1 and 2', 'array of x, 1, true, null']],
    [{ a: { $contains: true } }, ['array of true', 'array of x, 1, true, null']],
    [{ a: { $contains: '1' } }, ['array of text 1']],
    [{ a: { $contains: 'z' } }, []],
    [{ $not: { a: { $contains: 'x' } } }, allBut('array of x and y', 'array of x, 1, true, null')],
  ]],
  ['$all wants an array with all the elements', ['$all'], [
    [{ a: { $all: ['x'] } }, ['array of x and y', 'array of x, 1, true, null']],
    [{ a: { $all: ['x', 'y'] } }, ['array of x and y']],
    [{ a: { $all: ['x', 1, true] } }, ['array of x, 1, true, null']],
    [{ a: { $all: [1, 2, 1] } }, ['array of 1 and 2']],
    [{ a: { $all: ['x', 'z'] } }, []],
  ]],
  ['$startsWith matches a string or an element, case-sensitive', ['$startsWith'], [
    [{ a: { $startsWith: 'x' } }, [...xs, 'text xyz']],
    [{ a: { $startsWith: 'xy' } }, ['text xyz']],
    [{ a: { $startsWith: 'X' } }, ['text X']],
    [{ a: { $startsWith: '1' } }, ['text 1', 'array of text 1']],
    [{ a: { $startsWith: '' } }, [...xs, 'text xyz', 'text X', 'text 1', 'text true', 'empty text', 'array of text 1']],
    [{ a: { $startsWith: 'xyzz' } }, []],
    [{ $not: { a: { $startsWith: 'x' } } }, allBut(...xs, 'text xyz')],
  ]],
  ['several operators on a field, and several fields, are ANDed', ['$ne', '$exists', '$startsWith', '$gte'], [
    [{ a: { $startsWith: 'x', $ne: 'x' } }, ['text xyz']],
    [{ a: { $exists: true, $ne: 1, $gte: 0 } }, ['zero', 'one and a half', 'two', 'largest integer', 'largest integer but one', 'array of 0 and 5']],
    [{ a: 'x', b: { $exists: true } }, []],
    [{ a: 'x', b: { $exists: false } }, xs],
    [{ a: { $eq: 'x', $ne: 'y' } }, ['text x', 'array of x, 1, true, null']],
  ]],
  ['$and, $or and $not nest; {} and $and: [] match everything, $or: [] nothing', ['$eq', '$exists'], [
    [{}, kindNames],
    [{ $and: [] }, kindNames],
    [{ $or: [] }, []],
    [{ $not: {} }, []],
    [{ $not: { $or: [] } }, kindNames],
    [{ $and: [{}, { $or: [{ a: 1 }, { a: true }] }] }, [...new Set([...ones, ...trues])]],
    [{ $or: [{ a: 'X' }, { $and: [{ a: 1 }, { a: 2 }] }] }, ['text X', 'array of 1 and 2']],
    [{ $not: { $or: [{ a: { $exists: true } }, { a: 'x' }] } }, ['missing', 'null']],
    [{ $not: { $not: { a: 'x' } } }, xs],
    [{ $not: { a: 'x', b: 1 } }, kindNames],
    [{ a: 1, $or: [{ a: 2 }, { a: 'x' }], $not: { a: 2 } }, ['array of x, 1, true, null']],
  ]],
  ['the complement of a range holds whatever is no such number, missing fields and other types too', ['$gt'], [
    [{ $not: { a: { $gt: 0 } } }, allBut('one', 'one and a half', 'two', 'largest integer', 'largest integer but one', ...arraysWithNumbers)],
  ]],
  ['a path steps through objects only, never through arrays', ['$eq', '$exists', '$ne', '$contains'], [
    [{ 'a.b': 1 }, ['object with b', 'object with b of array']],
    [{ 'a.b': { $exists: true } }, ['object with b', 'object with b of array', 'object with b of object']],
    [{ 'a.b': { $exists: false } }, allBut('object with b', 'object with b of array', 'object with b of object')],
    [{ 'a.b': { $ne: 1 } }, allBut('object with b', 'object with b of array')],
    [{ 'a.b': { $contains: 1 } }, ['object with b of array']],
    [{ 'a.b.c': 1 }, ['object with b of object']],
    [{ 'a.0': 1 }, []],
    [{ 'a.length': { $exists: true } }, []],
    [{ 'a.0.b': 1 }, []],
  ]],
];

export const filterOperatorsSuite = defineSuite('filter operators', ['upsert'], (it) => {
  for (const [law, needs, rows] of laws) {
    it(law, needs as readonly Need[], async (t) => {
      const store = await kindsStore(t);
      for (const [filter, expected] of rows) await expectMatching(store, asFilter(filter), expected, t.exactly);
    });
  }

  it('every filter and its $not part the records between them', async (t) => {
    const store = await kindsStore(t);
    for (const [, needs, rows] of laws) {
      if (!needs.every((operator) => t.supports(t.capabilities.filterOperators[operator]))) continue;
      for (const [filter, expected] of rows) {
        await expectMatching(store, asFilter({ $not: filter }), allBut(...expected), t.exactly);
      }
    }
  });
});
