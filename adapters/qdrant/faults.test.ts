import { createDatabase } from '../../src/driver-kit.ts';
import { serve } from '../../src/server/index.ts';
import { describeHttpFaults } from '../../test/support/http-faults.ts';
import { adapter } from './index.ts';

const apiKey = 'secret-key-of-the-test';

describeHttpFaults({
  apiKey,
  serve: () => serve({ dialect: 'qdrant', apiKey }),
  connect: async (_server, url, settings) =>
    createDatabase(await adapter.open(adapter.config.parse({ provider: 'qdrant', url, apiKey, ...settings }))),
  errorBody: (_status, message) => JSON.stringify({ status: { error: message }, time: 0 }),
  // A record without a vector is one that has none.
  parts: ['id', 'score', 'payload'],
  counted: ['searchBatch'],
});
