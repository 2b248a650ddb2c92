import type { Law } from '../coverage.ts';

/** What writes do, and what is about whole collections and namespaces. */
export const writeLaws: readonly Law[] = [
  {
    key: 'write/replaces',
    meaning: 'upsert replaces the whole record.',
    cases: [
      'upsert: the whole record is replaced: old payload keys are gone, the old vector too',
      'upsert: an upsert without a payload, or with an empty one, clears the old payload',
    ],
  },
  {
    key: 'write/empty',
    meaning: 'Empty input gives an empty result, without a request.',
    cases: [
      'empty input: upsert([]) writes nothing, and says so',
      'empty input: delete([]) and setPayload([], …) touch nothing: no ids are not all ids',
      'empty input: get([]) and searchBatch([]) give []',
      'empty input: no request is made for it: a dropped collection does not notice',
      'upsert a stream: an empty stream writes nothing',
    ],
  },
  {
    key: 'write/validated-whole',
    meaning: 'Arrays are validated whole before anything is sent, streams batch by batch.',
    cases: [
      'upsert: malformed records are refused, and nothing of the array is written',
      'searchBatch: one query that is no vector, and the whole batch is refused with its place',
      'upsert a stream: a bad record stops the stream: batches before it are written, return() is called, the books add up',
    ],
  },
  {
    key: 'write/source-error',
    meaning: 'An error of the source settles what is in flight, calls return(), and is the cause of PartialFailure.',
    cases: [
      'upsert a stream: an error of the stream is PartialFailure with it as cause; what was sent is accounted for',
      'upsert a stream: a bad record stops the stream: batches before it are written, return() is called, the books add up',
    ],
  },
  {
    key: 'write/repeated-in-flight',
    meaning: 'A batch that repeats an id in flight waits.',
    cases: ['upsert a stream: of several records with one id the last wins, whatever batches they fall into'],
  },
  {
    key: 'write/interrupted',
    meaning: 'After abort or timeout what was in flight is unknown, and what was not sent has failed.',
    cases: [
      'upsert a stream: aborting a stream ends it: no record more is read, each one read is acknowledged, failed or unknown',
      'upsert a stream: a stream that stalls ends at the deadline, with Timeout as cause',
      'aborted is aborted: an upsert that is aborted under way: acknowledged ids are there, failed ones are not',
    ],
  },
  {
    key: 'set-payload/merge',
    meaning: 'setPayload merges top-level keys; null is a value, an undefined member is untouched.',
    cases: [
      'setPayload: merge: top-level keys are replaced, the others stay',
      'setPayload: merge: null is a value, at the top and beneath',
      'setPayload: merge: an undefined member is untouched',
    ],
  },
  {
    key: 'set-payload/unset',
    meaning: 'unset paths are removed after the merge; the same path in both is refused.',
    cases: [
      'setPayload: unset: after the merge',
      'setPayload: unset: a nested key',
      'setPayload: unset: nothing through an array',
      'setPayload: the same path set and unset is refused',
    ],
  },
  {
    key: 'set-payload/vector',
    meaning: 'setPayload never touches the vector.',
    cases: ['setPayload: never touches the vector'],
  },
  {
    key: 'set-payload/missing',
    meaning: 'A missing id is reported, not created.',
    cases: ['setPayload: a missing id is reported, not created'],
  },
  {
    key: 'scan/during-writes',
    meaning:
      'During writes records that nobody touches appear exactly once, others at most once, in scans and in counts.',
    cases: [
      'scan: during deletes between the pages: untouched records exactly once, the others at most once',
      'scan: during upserts between the pages: untouched records exactly once, the others at most once',
      'reads and writes together: a count during writes counts each record that nobody touches once, and no other twice',
    ],
  },
  {
    key: 'namespace/names',
    meaning: 'A namespace has 1 to 128 UTF-8 bytes without NUL.',
    cases: [
      'namespaces: hostile names are all different namespaces, listed by code units',
      'namespaces: names that are none are refused: nothing reaches the default namespace by mistake',
    ],
  },
  {
    key: 'namespace/apart',
    meaning: 'Equal ids in two namespaces are different records, and no operation crosses.',
    cases: [
      'namespaces: one id in two namespaces is two records, and no read crosses',
      'namespaces: hostile ids and names together do not run into one another',
      'namespaces: delete by filter in one namespace changes no other, nor the default one',
      'namespaces: delete all in one namespace changes no other, nor the default one',
    ],
  },
  {
    key: 'namespace/root',
    meaning: 'The root handle is the default namespace; recreateIndex, flush and listNamespaces belong to it.',
    cases: [
      'namespaces: what is about the whole collection belongs to the root handle',
      'namespaces: a namespace says what it is',
    ],
  },
  {
    key: 'collection/names',
    meaning: 'New collections have portable names; any name may be opened.',
    cases: [
      'create: malformed names are refused',
      'create: portable names are accepted: words of letters and digits joined by dashes, up to 45 characters',
      'open: any name may be asked for, not only portable ones',
    ],
  },
  {
    key: 'hybrid/membership',
    meaning: 'Hybrid search promises membership and filters, not scores; by capability.',
    cases: [
      'searchHybrid: by text alone it finds the records that hold a term, and no others',
      'searchHybrid: a filter holds for both halves, and k for the whole',
      'searchHybrid: a text without a term finds nothing by text: the nearest alone, or []',
      'searchHybrid: every text is found by its own words, however it is written, and by nobody else’s',
      'searchHybrid: what was replaced, patched or removed is found by what it is now',
      'searchHybrid: arrays, nested fields and several fields are searched; a field that is not declared is not',
      'searchHybrid: a namespace is searched by itself',
      'searchHybrid: a record without a vector is found by its text',
      'random hybrid searches: after any history of writes they find the texts that there are, in each namespace its own',
      'capabilities: operation searchHybrid is refused with its reason, and nothing happens',
    ],
  },
  {
    key: 'hybrid/ranking',
    meaning:
      'Best first, ties by id; the fused ranking is reciprocal rank fusion or the weighted sum of what the two rankings give.',
    cases: [
      'searchHybrid: best first, and a text without a match gives []',
      'searchHybrid: more of a term, a shorter text, a rarer term and a second term each rank higher',
      'searchHybrid: the fused ranking is what the two rankings give, by {"type":"rrf"}',
      'searchHybrid: the fused ranking is what the two rankings give, by {"type":"weighted","vectorWeight":0.3}',
      'searchHybrid: a store that is opened again ranks as before',
    ],
  },
  {
    key: 'hybrid/refusals',
    meaning: 'What is no hybrid query is refused before anything is asked.',
    cases: [
      'searchHybrid: a query that is none is refused',
      'searchHybrid: options that break a rule are refused',
      'searchHybrid: a collection that declares no field of text is told so',
    ],
  },
  {
    key: 'explain/plan',
    meaning: 'The plan of a search is data, says what happened, and changes nothing; by capability.',
    cases: [
      'explain: is one of the strategies there are, with a reason, and was weighed',
      'explain: counts exactly what passes the filter',
      'explain: records without a vector match, and are no candidates',
      'explain: changes no answer, before or after',
      'explain: of an empty collection says that there is nothing',
      'explain: lists the hints that have no effect, and the others in effect',
      'explain: a question that is none is refused, as search refuses it',
      'capabilities: operation explain is refused with its reason, and nothing happens',
    ],
  },
  {
    key: 'ttl/by-capability',
    meaning: 'Records may expire, by capability.',
    cases: [
      'capabilities: option ttl is supported, and does what it should',
      'capabilities: option ttl is refused with its reason, and nothing happens',
    ],
  },
  {
    key: 'index/not-in-first-release',
    meaning: 'Annoy and GPU indexes are out of scope of the first release.',
    outOfScope:
      'a statement about what there is not; an index type that nobody knows is refused, which the create suite tests',
  },
];
