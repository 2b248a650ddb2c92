import { type Capabilities, capabilitiesOf } from '../../src/capabilities.ts';
import { hybridByScan } from '../../src/remote/hybrid-by-scan.ts';
import type { Dialect } from './dialect.ts';
import { searchParamsOf } from './index-params.ts';
import { payloadBytes } from './stored-payload.ts';

/** Rows that one request returns at most: Milvus's window for offset plus limit. */
export const windowRows = 16_384;
/** Rows that one request is about where we choose. */
export const pageRows = 1_000;

const readFirst = (cost: string) => ({ emulated: { cost, atomic: false } });

/** What a Milvus can do; on an open collection with its index. */
export function milvusCapabilities(dialect: Dialect, index?: string): Capabilities {
  const residual = { emulated: { cost: 'rows beyond the matches are read and checked here', atomic: true } };
  const exactScan = {
    emulated: {
      cost: 'all records that the filter selects are read and compared here, within scanBudget',
      atomic: false,
    },
  };
  return capabilitiesOf({
    operations: {
      deleteByFilter: readFirst('the keys are read first'),
      setPayload: readFirst('whole records are read and written again'),
      setPayloadByFilter: readFirst('whole records are read and written again'),
      explain: { refused: 'the server does not say how it searches' },
      searchHybrid: hybridByScan,
      listNamespaces: { emulated: { cost: 'one query for each thousand records of unseen namespaces', atomic: false } },
      recreateIndex: readFirst(
        'the collection is released meanwhile: reads of this process wait, those of others fail',
      ),
    },
    filterOperators: {
      $gt: residual,
      $gte: residual,
      $lt: residual,
      $lte: residual,
      $startsWith: residual,
      $match: residual,
      ...(dialect.booleansAreNumbers && {
        $eq: residual,
        $ne: residual,
        $in: residual,
        $nin: residual,
        $contains: residual,
        $all: residual,
      }),
    },
    options: {
      exact: index === 'flat' ? 'native' : exactScan,
      nullVector: { refused: 'Milvus keeps no record without a vector' },
      replacePayload: readFirst('whole records are read and written again'),
      unset: readFirst('whole records are read and written again'),
      missingIds: readFirst('the keys are read first'),
      persistence: dialect.persistence,
      // Measured: an expired record is found until its segment is compacted.
      ttl: { refused: 'Milvus removes expired records only when it compacts, and finds them until then' },
    },
    indexTypes: dialect.indexTypes,
    searchParams: index === undefined ? ['ef', 'nprobe'] : searchParamsOf(index),
    limits: {
      dimension: 32_768,
      payloadBytes,
      batchRecords: pageRows,
      batchIds: pageRows,
      batchBytes: 16 * 2 ** 20,
      batchQueries: dialect.batchQueries,
      concurrency: 2,
    },
  });
}
