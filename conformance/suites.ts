import type { Suite } from './case.ts';
import { abortedSuite } from './laws/aborted.ts';
import { aliasingSuite } from './laws/aliasing.ts';
import { capabilitiesSuite } from './laws/capabilities.ts';
import { closedSuite } from './laws/closed.ts';
import { droppedSuite } from './laws/dropped.ts';
import { emptyInputSuite } from './laws/empty-input.ts';
import { errorsSuite } from './laws/errors.ts';
import { inputsSuite } from './laws/inputs.ts';
import { randomFiltersSuite } from './laws/random-filters.ts';
import { randomHybridSuite } from './laws/random-hybrid.ts';
import { randomOperationsSuite } from './laws/random-operations.ts';
import { readYourWritesSuite } from './laws/read-your-writes.ts';
import { repeatableSuite } from './laws/repeatable.ts';
import { countSuite } from './suites/count.ts';
import { createSuite } from './suites/create.ts';
import { deleteSuite } from './suites/delete.ts';
import { explainSuite } from './suites/explain.ts';
import { filterSuite } from './suites/filter.ts';
import { filterFieldsSuite } from './suites/filter-fields.ts';
import { filterOperatorsSuite } from './suites/filter-operators.ts';
import { filterRefusalsSuite } from './suites/filter-refusals.ts';
import { filterTextSuite } from './suites/filter-text.ts';
import { getSuite } from './suites/get.ts';
import { hybridSuite } from './suites/hybrid.ts';
import { listDropSuite } from './suites/list-drop.ts';
import { maintenanceSuite } from './suites/maintenance.ts';
import { namespacesSuite } from './suites/namespaces.ts';
import { openSuite } from './suites/open.ts';
import { payloadSuite } from './suites/payload.ts';
import { persistenceSuite } from './suites/persistence.ts';
import { recreateIndexSuite } from './suites/recreate-index.ts';
import { scanSuite } from './suites/scan.ts';
import { searchSuite } from './suites/search.ts';
import { searchBatchSuite } from './suites/search-batch.ts';
import { searchFilterSuite } from './suites/search-filter.ts';
import { searchThresholdsSuite } from './suites/search-thresholds.ts';
import { setPayloadSuite } from './suites/set-payload.ts';
import { upsertSuite } from './suites/upsert.ts';
import { upsertStreamSuite } from './suites/upsert-stream.ts';

/** Every suite, in the order in which they run. */
export const suites: readonly Suite[] = [
  createSuite,
  openSuite,
  listDropSuite,
  upsertSuite,
  payloadSuite,
  upsertStreamSuite,
  getSuite,
  scanSuite,
  countSuite,
  deleteSuite,
  setPayloadSuite,
  filterSuite,
  filterOperatorsSuite,
  filterTextSuite,
  filterFieldsSuite,
  filterRefusalsSuite,
  searchSuite,
  searchThresholdsSuite,
  searchFilterSuite,
  searchBatchSuite,
  explainSuite,
  namespacesSuite,
  recreateIndexSuite,
  maintenanceSuite,
  persistenceSuite,
  hybridSuite,
  capabilitiesSuite,
  inputsSuite,
  aliasingSuite,
  emptyInputSuite,
  errorsSuite,
  abortedSuite,
  closedSuite,
  droppedSuite,
  readYourWritesSuite,
  repeatableSuite,
  randomFiltersSuite,
  randomHybridSuite,
  randomOperationsSuite,
];
