import type { Law } from '../coverage.ts';

/** What a record is, how it comes back, and what it scores. */
export const recordLaws: readonly Law[] = [
  {
    key: 'id/well-formed',
    meaning:
      'An id is a well-formed string of 1 to 512 UTF-8 bytes without NUL; every such string is an id of its own.',
    cases: [
      'upsert: hostile ids are all different records and come back as they are',
      'upsert: malformed ids are refused, and nothing of the array is written',
      'get: malformed ids and options are refused',
      'delete: malformed ids and targets are refused, and nothing is deleted',
      'setPayload: what breaks a rule is refused, and nothing changes',
      'capabilities: limits are numbers, and identifiers beyond them are refused',
    ],
  },
  {
    key: 'id/last-wins',
    meaning: 'Of several records with one id in one call the last wins.',
    cases: [
      'upsert: of several records with one id in one call the last wins',
      'upsert a stream: of several records with one id the last wins, whatever batches they fall into',
    ],
  },
  {
    key: 'id/get-keeps-duplicates',
    meaning: 'get gives one place per id asked for, duplicates included.',
    cases: [
      'get: the order asked, duplicates kept, undefined where there is none',
      'results are the caller’s own: records that are given twice are two copies',
    ],
  },
  {
    key: 'id/delete-reports-once',
    meaning: 'delete counts each id once, and lists absent ones in missing where the backend can know.',
    cases: [
      'delete: by ids: absent ones are listed in missing, each id once',
      'capabilities: option missingIds is refused: missing is empty, for the backend cannot know',
    ],
  },
  {
    key: 'vector/length',
    meaning:
      'A vector has exactly the dimension of its collection: 1 to 4,096 everywhere, more where the backend allows it.',
    cases: [
      'upsert: malformed vectors are refused with their place, and nothing of the array is written',
      'upsert: wrong lengths that add up are refused all the same',
      'search: queries that are no vectors are refused',
      'create: dimension 1 works, and so does the largest; beyond it is Unsupported',
    ],
  },
  {
    key: 'vector/f32',
    meaning: 'Vectors are stored as f32, and come back as the capabilities promise.',
    cases: [
      'upsert: a Float32Array and an array of numbers are the same vector, rounded to f32',
      'get: vectors come back as the capabilities promise: by bits, rounded, or in their direction',
      'capabilities: a vector comes back in its direction only under cosine',
    ],
  },
  {
    key: 'vector/finite',
    meaning: 'Every component is finite and at most 1e17 in size.',
    cases: [
      'upsert: malformed vectors are refused with their place, and nothing of the array is written',
      'search: queries that are no vectors are refused',
    ],
  },
  {
    key: 'vector/direction',
    meaning: 'Under cosine the norm is at least 1e-10, in records and in queries.',
    cases: [
      'upsert: a vector without a direction is refused under cosine',
      'search: a query without a direction is refused under cosine',
    ],
  },
  {
    key: 'vector/null',
    meaning: 'A record without a vector is outside vector search, and visible to every other read.',
    cases: [
      'upsert: vector: null is a record without an embedding: no search finds it, every other read does',
      'capabilities: option nullVector is refused with its reason, and nothing happens',
    ],
  },
  {
    key: 'vector/converted-once',
    meaning: 'Whatever form a vector is given in, it is converted in one way.',
    cases: [
      'upsert: a Float32Array and an array of numbers are the same vector, rounded to f32',
      'search: a Float32Array and an array of numbers are the same query',
      'input stays what it was: a subarray of a larger buffer is a vector of its own',
    ],
  },
  {
    key: 'metric/values',
    meaning:
      'cosine, dot and euclidean; distance is lower-is-better (1 − cos, −dot, true L2), score higher-is-better (cos within [−1, 1], dot, −L2); best first.',
    cases: [
      'search: cosine: score and distance are what the metric says, best first, a score of 0 included',
      'search: dot: score and distance are what the metric says, best first, a score of 0 included',
      'search: euclidean: score and distance are what the metric says, best first, a score of 0 included',
      'search: cosine: agrees with brute force on 300 records',
      'search: dot: agrees with brute force on 300 records',
      'search: euclidean: agrees with brute force on 300 records',
      'search: euclidean: near neighbours far from the origin keep their distances',
    ],
  },
  {
    key: 'metric/thresholds',
    meaning: 'minScore and maxDistance are inclusive; a positive minScore under euclidean is refused.',
    cases: [
      'search with thresholds: cosine: minScore and maxDistance are inclusive',
      'search with thresholds: dot: minScore and maxDistance are inclusive',
      'search with thresholds: euclidean: minScore and maxDistance are inclusive',
      'search with thresholds: euclidean: a positive minScore is refused, for no score is positive',
    ],
  },
  {
    key: 'metric/ties',
    meaning: 'Exact ties go by id, at the cut only under exact: true.',
    cases: [
      'search: equal matches stand in the order of their ids, by code units',
      'search: with exact: true equal matches are cut by id as well',
    ],
  },
  {
    key: 'search/k',
    meaning: 'k beyond the count returns all; an empty collection gives [].',
    cases: [
      'search: k defaults to 10, and beyond the count it returns all',
      'search: an empty collection gives []',
      'search: options that break a rule are refused',
    ],
  },
  {
    key: 'search/exact',
    meaning: 'exact: true compares with every record, or is refused; without it the scores are right all the same.',
    cases: [
      'random filters: more k only adds at the end, and a filtered search is the whole one with the others left out',
      'search: cosine: without exact: true every match has the right score, and there are k of them',
      'capabilities: option exact is refused with its reason, and nothing happens',
    ],
  },
  {
    key: 'payload/any-json',
    meaning: 'A payload is any JSON object, nested, with nulls and arrays, and comes back deep-equal.',
    cases: [
      'payload: comes back deep-equal: scalars of every kind',
      'payload: comes back deep-equal: nulls at every depth',
      'payload: comes back deep-equal: mixed arrays',
      'payload: comes back deep-equal: hostile strings as values',
      'payload: comes back deep-equal: hostile keys, nested',
      'payload: an object without a prototype is a payload like any other',
      'random filters: the population itself is read back whole',
    ],
  },
  {
    key: 'payload/refused',
    meaning:
      'What JSON cannot hold exactly is refused with the path at fault: unsafe integers, non-finite numbers, undefined in arrays, functions, dates, bigints, lone surrogates, more than 64 levels.',
    cases: [
      'payload: what is no JSON is refused with the path at fault, and nothing of the array is written',
      'payload: 64 levels of nesting come back; −0 comes back as 0; members that are undefined are left out',
      'payload: a payload that refers to itself is refused',
      'payload: a getter that throws is bad input, not a crash',
    ],
  },
  {
    key: 'payload/negative-zero',
    meaning: '−0 is stored as 0.',
    cases: [
      'payload: 64 levels of nesting come back; −0 comes back as 0; members that are undefined are left out',
      'setPayload: merge: −0 becomes 0',
    ],
  },
  {
    key: 'payload/plain-keys',
    meaning: '__proto__ and constructor are plain data, and so are keys that begin with _av.',
    cases: [
      'payload: comes back deep-equal: keys of Object.prototype',
      'payload: comes back deep-equal: reserved-looking keys',
      'setPayload: merge: keys of Object.prototype are plain data',
      'filter on hostile text: a key that no payload has itself is missing, also one of Object.prototype',
    ],
  },
  {
    key: 'payload/envelope',
    meaning: 'Where a backend cannot hold a payload, the adapter hides how it does: neither reads nor filters show it.',
    cases: [
      'payload: comes back deep-equal: hostile keys',
      'payload: a payload of 63 KiB comes back deep-equal',
      'payload: a payload of 100 KiB comes back deep-equal',
      'payload: a payload beyond the limit of the capabilities is refused',
      'filter on hostile text: every key can be asked for, at the top and nested, as a quoted segment',
    ],
  },
  {
    key: 'payload/omitted',
    meaning: 'An omitted payload is {}.',
    cases: ['payload: an omitted payload is {}, and so it comes back'],
  },
  {
    key: 'payload/declared-types',
    meaning:
      'A value at a declared path is missing, null, of its type, or an array of it; a datetime is RFC 3339 with zone and at most three fraction digits.',
    cases: [
      'payload: a field declared keyword holds nothing, null, its type or arrays of it; all else is refused',
      'payload: a field declared text holds nothing, null, its type or arrays of it; all else is refused',
      'payload: a field declared number holds nothing, null, its type or arrays of it; all else is refused',
      'payload: a field declared boolean holds nothing, null, its type or arrays of it; all else is refused',
      'payload: a field declared datetime holds nothing, null, its type or arrays of it; all else is refused',
    ],
  },
  {
    key: 'payload/schema',
    meaning:
      'A payload schema checks upserts and replacements, and its output is stored; a merge checks declared fields only; reads are unchecked but for validateReads.',
    cases: [
      'open: a payload schema (synchronous) checks upserts, and its output is stored',
      'open: a payload schema (asynchronous) checks upserts, and its output is stored',
      "open: a payload schema checks setPayload with mode: 'replace', and not a merge",
      'setPayload: a declared field keeps its type: a patch against it is refused',
      'open: reads are unchecked, but for validateReads: true, where a payload that does not fit is Corruption',
    ],
  },
];
