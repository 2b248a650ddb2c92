import type { Law } from '../coverage.ts';

/** What a filter means. */
export const filterLaws: readonly Law[] = [
  {
    key: 'filter/paths',
    meaning:
      'A field path is dotted; a segment with special characters is quoted; filters are plain, serialisable data.',
    cases: [
      'filter on hostile text: a dotted path means nesting; a quoted segment a key with a dot',
      'filter on hostile text: every key can be asked for, at the top and nested, as a quoted segment',
      'filter refusals: count refuses what is no filter, and nothing changes',
    ],
  },
  {
    key: 'filter/operators',
    meaning:
      'Each operator does what it says or is refused; a bare scalar is $eq; several operators on a field and several fields are ANDed; $not takes a whole filter.',
    cases: [
      'filter operators: $eq matches the value, or an array with such an element, one level deep',
      'filter operators: several operators on a field, and several fields, are ANDed',
      'filter operators: $and, $or and $not nest; {} and $and: [] match everything, $or: [] nothing',
      'filter refusals: filter refuses what is no filter, and nothing changes',
      'capabilities: filter operator $eq is supported, and does what it should',
      'capabilities: filter operator $match is refused with its reason, and nothing happens',
    ],
  },
  {
    key: 'filter/two-valued',
    meaning: 'A filter is true or false of every record: it and its $not part them.',
    cases: [
      'filter operators: every filter and its $not part the records between them',
      'random filters: a filter on undeclared fields and its $not part the records; De Morgan holds; the order of members does not count',
      'random filters: a filter on declared fields and its $not part the records; De Morgan holds; the order of members does not count',
    ],
  },
  {
    key: 'filter/no-coercion',
    meaning: 'Types never coerce: true, 1 and "1" differ; strings compare by code unit.',
    cases: [
      'filter operators: types never coerce: true, 1 and "1" are three values, and so are false, 0 and ""',
      'filter operators: strings are compared by code units: case counts, prefixes do not',
      'filter on hostile text: every string is found as a value and as an element, and no other with it',
    ],
  },
  {
    key: 'filter/any-element',
    meaning: 'On arrays every positive operator asks for any element, one level deep, scalars only.',
    cases: [
      'filter operators: $eq matches the value, or an array with such an element, one level deep',
      'filter operators: ranges compare numbers, and arrays with a number that is in the range',
    ],
  },
  {
    key: 'filter/ne-complement',
    meaning:
      '$ne, $nin and $not are true complements: a missing field matches them, an array only if no element equals.',
    cases: [
      'filter operators: $ne is the exact complement of $eq: a missing field matches, an array only if no element equals',
      'filter operators: $nin is the exact complement of $in; $nin: [] matches everything',
      'filter operators: the complement of a range holds whatever is no such number, missing fields and other types too',
      'delete: by filter: $ne deletes records without the field too',
    ],
  },
  {
    key: 'filter/exists',
    meaning: '$exists: true is present and not null; [] and [null] are present.',
    cases: ['filter operators: $exists: true is present and not null; [], [null] and {} are present'],
  },
  {
    key: 'filter/refused-operands',
    meaning:
      'null, undefined, arrays and objects as operands, null in lists, empty conditions and unknown operators are refused, by every method that takes a filter.',
    cases: ['filter', 'search', 'searchBatch', 'count', 'scan', 'delete', 'setPayload'].map(
      (name) => `filter refusals: ${name} refuses what is no filter, and nothing changes`,
    ),
  },
  {
    key: 'filter/contains',
    meaning: '$contains wants an array with that element; $all is the conjunction of it, and [] is refused.',
    cases: [
      'filter operators: $contains wants an array with that element, never a scalar',
      'filter operators: $all wants an array with all the elements',
      'random filters: $in of one value is $eq, $nin is not $in, $ne is not $eq, and $all is $contains of each',
    ],
  },
  {
    key: 'filter/objects-only',
    meaning: 'A path steps through objects only, never through arrays of objects, and through own members only.',
    cases: [
      'filter operators: a path steps through objects only, never through arrays',
      'filter on hostile text: a key that no payload has itself is missing, also one of Object.prototype',
    ],
  },
  {
    key: 'filter/starts-with',
    meaning: '$startsWith asks for any element and is case-sensitive.',
    cases: [
      'filter operators: $startsWith matches a string or an element, case-sensitive',
      'filter on hostile text: $in, $contains and $startsWith take every string as it is',
    ],
  },
  {
    key: 'filter/ranges',
    meaning:
      'Ranges compare numbers; on fields declared datetime instants, while $eq compares the text; a string in any other range is refused.',
    cases: [
      'filter operators: ranges compare numbers, and arrays with a number that is in the range',
      'filter on declared fields: on a field declared datetime ranges compare instants, whatever their zone and fraction',
      'filter on declared fields: on a field declared datetime $eq, $in and $startsWith compare the text',
      'filter on declared fields: on a field declared datetime a bound that is no instant is refused',
      'filter on declared fields: a string in a range on any other field is refused',
    ],
  },
  {
    key: 'filter/one-element-all-bounds',
    meaning: 'On an array one element must satisfy all range bounds given for the field.',
    cases: [
      'filter operators: on an array one element must satisfy all range bounds of the field',
      'filter on declared fields: on an array one instant must satisfy all bounds',
    ],
  },
  {
    key: 'filter/empty-lists',
    meaning: '$in: [] and $or: [] match nothing; $nin: [], $and: [] and {} everything.',
    cases: [
      'filter operators: $in matches any of the values, of any types together; $in: [] nothing',
      'filter operators: $nin is the exact complement of $in; $nin: [] matches everything',
      'filter operators: $and, $or and $not nest; {} and $and: [] match everything, $or: [] nothing',
      'search with a filter: a filter that matches nothing gives [], one that matches everything changes nothing',
    ],
  },
  {
    key: 'filter/always-true-writes',
    meaning: 'delete and setPayload refuse a filter that is always true by its form.',
    cases: [
      'delete: a filter that is always true is refused: it must be said as { all: true }',
      'setPayload: a filter that is always true is refused',
    ],
  },
  {
    key: 'filter/match',
    meaning: '$match wants all terms, on declared text fields, with one tokenizer.',
    cases: [
      'filter on declared fields: $match wants all terms: whole words, whatever their order, case and width',
      'filter on declared fields: $match elsewhere than on a field declared text, or without a term, is refused',
    ],
  },
  {
    key: 'filter/limits',
    meaning: 'At most 32 levels, 1,024 conditions and 10,000 values; more is refused.',
    cases: ['filter refusals: 32 levels, 1,024 conditions and 10,000 values are answered; more is refused'],
  },
  {
    key: 'filter/residual',
    meaning:
      'Whatever part of a filter a backend cannot do, the answer is the whole one: k true matches are found, or all there are.',
    cases: [
      'search with a filter: one match among many records is found, wherever it lies',
      'search with a filter: k matches are found where a filter lets one record in a hundred pass',
      'random filters: on undeclared fields searches find what the oracle finds, with any filter, k and threshold',
      'random filters: on declared fields every read finds what the oracle finds',
    ],
  },
  {
    key: 'filter/writes-resolve-first',
    meaning:
      'A write by filter settles which records it is about before it changes any, and the capabilities say whether it is atomic.',
    cases: [
      'setPayload: by filter: a patch that changes what the filter asks for is applied to all that matched',
      'capabilities: everything has an entry: a way, or a reason why not',
    ],
  },
];
