import { QdrantClient } from '@qdrant/js-client-rest';
import { connect } from 'anyvec';
import type { Contest, RawClient } from './contender.ts';
import { startLocalServer } from './local-server.ts';
import { dimension } from './workload.ts';

/** Qdrant at `$ANYVEC_TEST_QDRANT_URL`, or our server of its protocol. */
export async function qdrantContest(): Promise<Contest> {
  const given = process.env.ANYVEC_TEST_QDRANT_URL;
  const server = given === undefined ? await startLocalServer('qdrant') : undefined;
  const url = given ?? server!.url;
  return {
    backend: 'qdrant',
    server: given === undefined ? 'server of this package' : 'real server',
    ours: await connect({ provider: 'qdrant', url }),
    raw: rawClient(url),
    batches: [250, 500, 1_000],
    stop: async () => server?.stop(),
  };
}

function rawClient(url: string): RawClient {
  const client = new QdrantClient({ url, checkCompatibility: false });
  return {
    settings: '@qdrant/js-client-rest 1.19.0, wait: true',
    async createCollection(name) {
      await client.createCollection(name, { vectors: { size: dimension, distance: 'Cosine' } });
    },
    async dropCollection(name) {
      await client.deleteCollection(name);
    },
    async upsert(name, articles, batch) {
      for (let at = 0; at < articles.length; at += batch) {
        const points = articles
          .slice(at, at + batch)
          .map(({ id, vector, payload }) => ({ id, vector: vector, payload: { ...payload } }));
        await client.upsert(name, { wait: true, points });
      }
    },
    async search(name, query, k) {
      const { points } = await client.query(name, { query: [...query], limit: k, with_payload: true });
      return points.map(({ id }) => String(id));
    },
    async close() {},
  };
}
