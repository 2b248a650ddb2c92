import type { Law } from '../coverage.ts';

/** What real backends are known to get differently, and how it would show. */
export const backendFacts: readonly Law[] = [
  {
    key: 'backends/01-complement',
    meaning: 'A filter and its complement part all records, also those without the key.',
    cases: [
      'filter operators: every filter and its $not part the records between them',
      'random filters: a filter on undeclared fields and its $not part the records; De Morgan holds; the order of members does not count',
    ],
  },
  {
    key: 'backends/02-null-and-empty',
    meaning: 'null is absent for $exists, yet comes back; [], [null] and {} are present.',
    cases: [
      'filter operators: $exists: true is present and not null; [], [null] and {} are present',
      'payload: comes back deep-equal: nulls at every depth',
      'payload: comes back deep-equal: empty containers',
    ],
  },
  {
    key: 'backends/03-arrays',
    meaning: '$eq on an array is any element, $ne none.',
    cases: [
      'filter operators: $eq matches the value, or an array with such an element, one level deep',
      'filter operators: $ne is the exact complement of $eq: a missing field matches, an array only if no element equals',
    ],
  },
  {
    key: 'backends/04-no-coercion',
    meaning: 'true, 1 and "1" differ, false and 0 too: in $eq, in $in, in arrays.',
    cases: [
      'filter operators: types never coerce: true, 1 and "1" are three values, and so are false, 0 and ""',
      'filter operators: $contains wants an array with that element, never a scalar',
    ],
  },
  {
    key: 'backends/05-fractions-and-mixed-lists',
    meaning: 'Fractions in $eq and $in, lists of mixed types, all bounds on one element.',
    cases: [
      'filter operators: $in matches any of the values, of any types together; $in: [] nothing',
      'filter operators: on an array one element must satisfy all range bounds of the field',
    ],
  },
  {
    key: 'backends/06-exact-integers',
    meaning: '±(2^53 − 1) come back and are told apart; 2^53, 1e21 and 1e300 are refused; −0 is 0.',
    cases: [
      'payload: comes back deep-equal: the largest exact integers',
      'filter operators: the largest exact integers are told apart',
      'payload: what is no JSON is refused with the path at fault, and nothing of the array is written',
      'payload: 64 levels of nesting come back; −0 comes back as 0; members that are undefined are left out',
    ],
  },
  {
    key: 'backends/07-empty-filters',
    meaning: 'Empty lists and {} on a search mean what they say; {} on a delete is refused.',
    cases: [
      'search with a filter: a filter that matches nothing gives [], one that matches everything changes nothing',
      'delete: a filter that is always true is refused: it must be said as { all: true }',
    ],
  },
  {
    key: 'backends/08-hostile-text',
    meaning:
      'Quotes, backslashes, newlines, NUL, wildcards, emoji, normal forms and line separators as value, id and element.',
    cases: [
      'filter on hostile text: every string is found as a value and as an element, and no other with it',
      'filter on hostile text: $in, $contains and $startsWith take every string as it is',
      'upsert: hostile ids are all different records and come back as they are',
    ],
  },
  {
    key: 'backends/09-hostile-keys',
    meaning:
      'Keys with dots, spaces, brackets, quotes, backslashes, control characters, $, the empty one, reserved ones and __proto__ come back and can be filtered on.',
    cases: [
      'payload: comes back deep-equal: hostile keys, nested',
      'filter on hostile text: every key can be asked for, at the top and nested, as a quoted segment',
      'setPayload: hostile keys are set and unset like others',
    ],
  },
  {
    key: 'backends/10-hostile-ids',
    meaning:
      'Ids that look like injections, paths, UUIDs or numbers are themselves, up to 512 bytes; longer, empty, NUL and lone surrogates are refused.',
    cases: [
      'upsert: hostile ids are all different records and come back as they are',
      'delete: hostile ids are deleted one by one, and no other with them',
      'upsert: malformed ids are refused, and nothing of the array is written',
    ],
  },
  {
    key: 'backends/11-two-namespaces',
    meaning: 'One id in two namespaces is two records.',
    cases: ['namespaces: one id in two namespaces is two records, and no read crosses'],
  },
  {
    key: 'backends/12-duplicates',
    meaning: 'Duplicate ids in one upsert: the last wins, the count is 1.',
    cases: ['upsert: of several records with one id in one call the last wins'],
  },
  {
    key: 'backends/13-replace-and-merge',
    meaning: 'An upsert drops old keys, also with an empty payload; setPayload with null, and with a missing id.',
    cases: [
      'upsert: an upsert without a payload, or with an empty one, clears the old payload',
      'setPayload: merge: null is a value, at the top and beneath',
      'setPayload: a missing id is reported, not created',
    ],
  },
  {
    key: 'backends/14-read-your-writes',
    meaning: 'Every write is visible to every next read.',
    cases: [
      'an upsert of a new record',
      'an upsert over a record',
      'an upsert of a stream',
      'a delete by id',
      'a delete by filter',
      'a delete of all',
      'a setPayload that merges',
      'a setPayload that replaces',
      'a setPayload that unsets',
      'a setPayload by filter',
    ].map((name) => `writes are visible to the next read: ${name}, to every read`),
  },
  {
    key: 'backends/15-fixed-scores',
    meaning: 'Fixed scores and distances per metric, ties by id, inclusive thresholds.',
    cases: [
      'search: cosine: score and distance are what the metric says, best first, a score of 0 included',
      'search: dot: score and distance are what the metric says, best first, a score of 0 included',
      'search: euclidean: score and distance are what the metric says, best first, a score of 0 included',
      'search: equal matches stand in the order of their ids, by code units',
      'search with thresholds: dot: minScore and maxDistance are inclusive',
    ],
  },
  {
    key: 'backends/16-tiny-and-huge',
    meaning: 'Vectors of length 1e-5 and 1e15 score 1 with their own direction, and come back.',
    cases: [
      'search: cosine: direction alone counts, for vectors of any length',
      'get: vectors come back as the capabilities promise: by bits, rounded, or in their direction',
    ],
  },
  {
    key: 'backends/17-bad-vectors',
    meaning: 'Zero under cosine, NaN, infinity, 1e39, wrong and added-up lengths are refused before any request.',
    cases: [
      'upsert: malformed vectors are refused with their place, and nothing of the array is written',
      'upsert: wrong lengths that add up are refused all the same',
      'upsert: a vector without a direction is refused under cosine',
      'search: queries that are no vectors are refused',
    ],
  },
  {
    key: 'backends/18-typed-arrays',
    meaning: 'A Float32Array is the same as an array of numbers.',
    cases: [
      'upsert: a Float32Array and an array of numbers are the same vector, rounded to f32',
      'search: a Float32Array and an array of numbers are the same query',
    ],
  },
  {
    key: 'backends/19-limits',
    meaning: 'Limits of 0, −1, 1.5, beyond the count and beyond the window; cursors past the end.',
    cases: [
      'search: options that break a rule are refused',
      'search: k defaults to 10, and beyond the count it returns all',
      'filter: options that break a rule are refused',
      'filter: a page that holds the rest has no cursor; limit defaults to 100',
    ],
  },
  {
    key: 'backends/20-needle',
    meaning: 'One match among 10,000 records is found with k = 10.',
    cases: ['search with a filter: one match among many records is found, wherever it lies'],
  },
  {
    key: 'backends/21-scan-pages',
    meaning:
      'A scan gives each record once: none, one, a page, a page more or less, three pages, filtered, with deletes between the pages.',
    cases: [
      'scan: gives each record once: none, one, a page, a page more or less, three pages',
      'scan: with a filter gives each match once, whatever the size of the pages',
      'scan: during deletes between the pages: untouched records exactly once, the others at most once',
      'filter: a record that is deleted between two pages costs no other',
    ],
  },
  {
    key: 'backends/22-get',
    meaning: 'get: the asked order, duplicates, missing ones.',
    cases: ['get: the order asked, duplicates kept, undefined where there is none'],
  },
  {
    key: 'backends/23-delete',
    meaning: 'delete of missing and duplicate ids, by filter, of all; counts; writing again.',
    cases: [
      'delete: by ids: absent ones are listed in missing, each id once',
      'delete: by filter: what matches is gone, and nothing else',
      'delete: { all: true } leaves nothing, and new records can follow',
      'delete: an id that was deleted can be written again',
      'count: is exact after every write',
    ],
  },
  {
    key: 'backends/24-same-error-everywhere',
    meaning: 'A missing or existing collection and another dimension give the same error from every method.',
    cases: [
      'a dropped collection: search rejects with NotFound, on every handle that was open',
      'a dropped collection: upsert one rejects with NotFound, on every handle that was open',
      'create: a taken name is refused with AlreadyExists, and what is stored stays',
      "create: ifExists: 'open' with another dimension, metric or fields is a Conflict, and what is stored stays",
      'errors: a missing record is no error, a missing collection is NotFound, a taken name AlreadyExists',
    ],
  },
  {
    key: 'backends/25-faults',
    meaning: 'Every fault of a server ends in the same class, in time: refusals, rate limits, failures, hanging.',
    cases: [
      'aborted is aborted: search (read) that is aborted under way rejects with Aborted at once',
      'upsert a stream: a stream that stalls ends at the deadline, with Timeout as cause',
      'closed is closed: search on a handle whose database was closed rejects with StoreClosed',
    ],
    remote:
      'refused credentials, rate limits with a waiting time, 5xx, hanging and refused connections: by the adapters of servers, against a server that misbehaves',
  },
  {
    key: 'backends/26-reopen',
    meaning: 'Files opened again hold ids, payloads and index settings.',
    cases: [
      'persistence: ids, payloads and vectors come back after closing and opening again',
      'persistence: a rebuilt index is there again',
      'persistence: the settings are stored with the collection, and what disagrees is a Conflict',
      'random operations: they agree as well when the database is closed and opened again between the steps',
    ],
    remote: 'that no input aborts the process is tested in child processes, by the adapters of native libraries',
  },
  {
    key: 'backends/27-index-changes-nothing',
    meaning: 'Declared or not, a field gives the same answers.',
    cases: [
      'filter on declared fields: declared or not, equality, membership, ranges and existence give the same answers',
      'filter on hostile text: declared or not: hostile keys and strings give the same answers',
      'random filters: the same records, declared or not, give the same answers',
    ],
  },
  {
    key: 'backends/28-large-payloads',
    meaning: 'Payloads of 63 and 100 KB, with null, nested and mixed values, come back equal or are refused.',
    cases: [63, 100].flatMap((size) => [
      `payload: a payload of ${size} KiB comes back deep-equal`,
      `payload: a payload of ${size} KiB is refused`,
    ]),
  },
];
