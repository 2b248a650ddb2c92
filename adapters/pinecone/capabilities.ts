import { type Capabilities, capabilitiesOf, type Support } from '../../src/capabilities.ts';
import { hybridByScan } from '../../src/remote/hybrid-by-scan.ts';
import { mostMetadataBytes } from './rows.ts';

/** One request is at most 2 MB. */
const mostRequestBytes = 2_000_000;

const filtered: Support = {
  emulated: { cost: 'reads the records of which the service can tell only a part of the filter', atomic: true },
};
const readFirst: Support = { emulated: { cost: 'reads the records first', atomic: false } };

/** What the service can do, and what is done on top of it. */
export function capabilitiesWith(scanBudget: number): Capabilities {
  return capabilitiesOf({
    operations: {
      deleteByFilter: readFirst,
      searchBatch: { emulated: { cost: 'one request per vector', atomic: true } },
      explain: { refused: 'the service does not say how it searches' },
      searchHybrid: hybridByScan,
      filter: { emulated: { cost: 'one request per 100 records', atomic: true } },
      scan: { emulated: { cost: 'lists ids, then fetches: two requests per 100 records', atomic: true } },
      setPayload: { emulated: { cost: 'reads the records and writes them again', atomic: false } },
      setPayloadByFilter: { emulated: { cost: 'reads the records and writes them again', atomic: false } },
      count: { emulated: { cost: 'lists the ids, 100 per request', atomic: true } },
      recreateIndex: { refused: 'the service builds and tunes its index by itself' },
    },
    filterOperators: {
      $ne: filtered,
      $nin: filtered,
      $gt: filtered,
      $gte: filtered,
      $lt: filtered,
      $lte: filtered,
      $contains: filtered,
      $all: filtered,
      $startsWith: filtered,
      $match: filtered,
    },
    options: {
      exact: { emulated: { cost: 'reads all records that the filter may select, vectors included', atomic: true } },
      nullVector: { refused: 'a record of this backend has a vector' },
      strongConsistency: { refused: 'the service shows writes of others after a while' },
      missingIds: readFirst,
      ttl: { refused: 'the service keeps records until they are deleted' },
    },
    indexTypes: ['managed'],
    limits: {
      dimension: 20_000,
      k: 10_000,
      payloadBytes: mostMetadataBytes,
      batchRecords: 1_000,
      batchBytes: mostRequestBytes,
      batchIds: 1_000,
      batchQueries: 100,
      concurrency: 4,
      scanBudget,
    },
  });
}
