import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Capabilities, capabilitiesOf } from '../src/capabilities.ts';
import { connect } from '../src/connect.ts';
import type { Middleware } from '../src/middleware/compose.ts';
import { forwardCollection, forwardDriver } from '../src/middleware/forward.ts';
import { runConformance } from './register.ts';

const no = { refused: 'this backend is modest' } as const;
const slowly = { emulated: { cost: 'a request per record', atomic: false } } as const;

/** What a weak backend says of itself. The portable layer must refuse the rest, and the suite must ask for no more. */
const modest: Capabilities = capabilitiesOf({
  operations: {
    deleteByFilter: no,
    deleteAll: no,
    searchBatch: slowly,
    searchHybrid: no,
    explain: no,
    setPayload: slowly,
    setPayloadByFilter: no,
    recreateIndex: no,
    namespaces: no,
    listNamespaces: no,
    dropNamespace: no,
    stats: no,
    flush: no,
  },
  filterOperators: { $contains: no, $all: no, $startsWith: no, $match: no, $nin: no },
  options: {
    exact: no,
    nullVector: no,
    replacePayload: no,
    unset: no,
    strongConsistency: no,
    eventualConsistency: no,
    persistence: no,
    ttl: no,
  },
  metrics: { dot: no },
  fieldTypes: { text: no, datetime: no },
  indexTypes: ['flat'],
  limits: {
    dimension: 4_096,
    payloadBytes: 65_536,
    batchRecords: 7,
    batchBytes: 20_000,
    batchIds: 5,
    batchQueries: 3,
    concurrency: 3,
  },
});

const withCapabilities =
  (capabilities: Capabilities): Middleware =>
  (driver) => ({
    ...forwardDriver(driver, {
      wrapCollection: (inner) => ({ ...forwardCollection(inner), info: inner.info, capabilities }),
    }),
    capabilities,
  });

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: {
    name: 'a backend that refuses what may be refused, in small requests',
    open: () => connect('native:', { middleware: [withCapabilities(modest)] }),
    budget: { filters: 100, documents: 100, sequences: 20, haystack: 1_000 },
  },
});
