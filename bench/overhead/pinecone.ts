import { Pinecone } from '@pinecone-database/pinecone';
import { connect } from 'anyvec';
import type { Contest, RawClient } from './contender.ts';
import { startLocalServer } from './local-server.ts';
import { dimension } from './workload.ts';

/** Our server of Pinecone's protocol. */
export async function pineconeContest(): Promise<Contest> {
  const server = await startLocalServer('pinecone');
  const { host } = new URL(server.url);
  return {
    backend: 'pinecone',
    server: 'server of this package',
    ours: await connect(`pinecone://${host}`),
    raw: rawClient(server.url),
    batches: [50, 100, 200],
    stop: server.stop,
  };
}

function rawClient(url: string): RawClient {
  const client = new Pinecone({ apiKey: 'local', controllerHostUrl: url });
  const hosts = new Map<string, string>();
  const indexOf = (name: string) => client.index({ host: hosts.get(name)! });
  return {
    settings: '@pinecone-database/pinecone 9.0.0, index by host',
    async createCollection(name) {
      await client.createIndex({
        name,
        dimension,
        metric: 'cosine',
        spec: { serverless: { cloud: 'aws', region: 'us-east-1' } },
        waitUntilReady: true,
      });
      const { host } = await client.describeIndex(name);
      hosts.set(name, host.startsWith('http') ? host : `http://${host}`);
    },
    async dropCollection(name) {
      await client.deleteIndex(name);
    },
    async upsert(name, articles, batch) {
      const index = indexOf(name);
      for (let at = 0; at < articles.length; at += batch) {
        const records = articles
          .slice(at, at + batch)
          .map(({ id, vector, payload }) => ({ id, values: vector, metadata: { ...payload } }));
        await index.upsert({ records });
      }
    },
    async search(name, query, k) {
      const { matches } = await indexOf(name).query({ vector: [...query], topK: k, includeMetadata: true });
      return matches.map(({ id }) => id);
    },
    async close() {},
  };
}
