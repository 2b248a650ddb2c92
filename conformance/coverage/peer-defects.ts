import type { Law } from '../coverage.ts';

/** Defects seen in the source of comparable libraries, as far as they are a store's. */
export const peerDefects: readonly Law[] = [
  {
    key: 'peers/d01-lost-in-batches',
    meaning: 'One record in a hundred is never written, without an error.',
    cases: [
      'upsert: arrays of any size are written whole, also beyond one request',
      'upsert a stream: async streams, generators and sets of many batches are written whole',
    ],
  },
  {
    key: 'peers/d02-dropped-condition',
    meaning: 'An operator without a translation is dropped, and more records match.',
    cases: [
      'capabilities: filter operator $all is supported, and does what it should',
      'capabilities: filter operator $all is refused with its reason, and nothing happens',
      'filter refusals: search refuses what is no filter, and nothing changes',
    ],
  },
  {
    key: 'peers/d03-numbers-as-text',
    meaning: 'Values of $in and $nin pass through text: numbers never match.',
    cases: [
      'filter operators: $in matches any of the values, of any types together; $in: [] nothing',
      'filter operators: $nin is the exact complement of $in; $nin: [] matches everything',
    ],
  },
  {
    key: 'peers/d04-zero-score-replaced',
    meaning: 'A score of 0 is taken for a missing one.',
    cases: [
      'search: cosine: score and distance are what the metric says, best first, a score of 0 included',
      'search: dot: score and distance are what the metric says, best first, a score of 0 included',
    ],
  },
  {
    key: 'peers/d05-mismatched-rows',
    meaning: 'Ids, scores and payloads of different records are put together.',
    cases: [
      'search: cosine: agrees with brute force on 300 records',
      'random filters: on undeclared fields searches find what the oracle finds, with any filter, k and threshold',
    ],
  },
  {
    key: 'peers/d06-last-page-not-deleted',
    meaning: 'A deletion loop stops before its last page.',
    cases: [
      'delete: many ids over many requests: all are gone',
      'delete: { all: true } leaves nothing, and new records can follow',
    ],
  },
  {
    key: 'peers/d07-quoted-numbers',
    meaning: 'A number is compared as text.',
    cases: [
      'filter operators: $eq matches the value, or an array with such an element, one level deep',
      'filter on declared fields: declared or not, equality, membership, ranges and existence give the same answers',
    ],
  },
  {
    key: 'peers/d08-unescaped-text',
    meaning: 'Strings in filters are not escaped.',
    cases: [
      'filter on hostile text: every string is found as a value and as an element, and no other with it',
      'filter on hostile text: every key can be asked for, at the top and nested, as a quoted segment',
    ],
  },
  {
    key: 'peers/d09-zero-score-dropped',
    meaning: 'Matches that score exactly 0 are left out.',
    cases: [
      'search with thresholds: dot: minScore and maxDistance are inclusive',
      'search: dot: score and distance are what the metric says, best first, a score of 0 included',
    ],
  },
  {
    key: 'peers/d10-flattened-payload',
    meaning: 'Nested payloads are flattened and never restored; nulls and empty objects vanish.',
    cases: [
      'payload: comes back deep-equal: nested objects',
      'payload: comes back deep-equal: nulls at every depth',
      'payload: comes back deep-equal: empty containers',
    ],
  },
  {
    key: 'peers/d11-namespace-field',
    meaning: 'A field called namespace in a filter becomes the namespace.',
    cases: ['search with a filter: payload fields may be called as the library calls things'],
  },
  {
    key: 'peers/d12-ignored-filter',
    meaning: 'A filter is taken and ignored.',
    cases: [
      'search with a filter: gives the nearest of the records that match, and only those',
      'capabilities: option searchFilter is refused with its reason, and nothing happens',
    ],
  },
  {
    key: 'peers/d13-fixed-by-the-first-batch',
    meaning: 'The metric is a silent default, and columns are as wide as the first batch needs.',
    cases: [
      'create: malformed specifications are refused, and nothing is created',
      'setPayload: every payload that can be stored can be set',
      'upsert: the whole record is replaced: old payload keys are gone, the old vector too',
    ],
  },
  {
    key: 'peers/d14-parsed-text',
    meaning: 'Text that looks like JSON is parsed on reading.',
    cases: [
      'payload: comes back deep-equal: text that looks like JSON',
      'filter on hostile text: every string is found as a value and as an element, and no other with it',
    ],
  },
  {
    key: 'peers/d15-failed-batch-counted',
    meaning: 'A failed batch is counted as written, and NaN becomes 0.',
    cases: [
      'upsert a stream: a bad record stops the stream: batches before it are written, return() is called, the books add up',
      'upsert: malformed vectors are refused with their place, and nothing of the array is written',
    ],
  },
  {
    key: 'peers/d16-shrinking-batches',
    meaning: 'On a lasting error a migration shrinks its batches to nothing and never ends.',
    outOfScope: 'about a migration tool; a store sends each batch once and reports it',
  },
  {
    key: 'peers/d17-wrong-total',
    meaning: 'Progress of a migration counts another scope than is copied.',
    outOfScope:
      'about a migration tool; recreateIndex, the one operation here that tells its progress, is tested to end at its total',
  },
  {
    key: 'peers/d18-unchecked-target',
    meaning: 'Dimension and metric of an existing collection are not checked before writing to it.',
    cases: [
      "create: ifExists: 'open' with another dimension, metric or fields is a Conflict, and what is stored stays",
      'open: what the caller says must agree with what is stored, else Conflict',
    ],
  },
  {
    key: 'peers/d19-ids-gone-between-two-requests',
    meaning: 'A migration does not notice ids that were listed and then could not be fetched.',
    outOfScope: 'about a migration tool; get says undefined for each id that is not there, which the get suite tests',
  },
];
