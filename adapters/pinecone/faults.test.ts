import { Pinecone } from '@pinecone-database/pinecone';
import { createDatabase } from '../../src/driver-kit.ts';
import { serve } from '../../src/server/index.ts';
import { describeHttpFaults } from '../../test/support/http-faults.ts';
import { adapter } from './index.ts';

const apiKey = 'secret-key-of-the-test';

describeHttpFaults({
  apiKey,
  serve: () => serve({ dialect: 'pinecone', apiKey }),
  async connect(server, url, settings) {
    // The server names its own address for the data: all requests go to the proxy all the same.
    const fetchApi = (input: string, init: RequestInit) => fetch(input.replace(server.url, url), init);
    const client = new Pinecone({ apiKey, controllerHostUrl: server.url, fetchApi: fetchApi as never });
    return createDatabase(await adapter.open(adapter.config.parse({ provider: 'pinecone', client, ...settings })));
  },
  errorBody: (status, message) => JSON.stringify({ code: status, message, details: [] }),
  parts: ['id', 'score', 'values'],
  counted: ['upsert'],
});
