import { DataType, MilvusClient } from '@zilliz/milvus2-sdk-node';
import { connect } from 'anyvec';
import { startMilvus } from '../../conformance/backends/milvus.ts';
import type { Contest, RawClient } from './contender.ts';
import { dimension } from './workload.ts';

/** Milvus at `$ANYVEC_TEST_MILVUS_URL`, or a real Milvus 2.3.5 of its own. */
export async function milvusContest(): Promise<Contest> {
  const given = process.env.ANYVEC_TEST_MILVUS_URL;
  const server = given === undefined ? await startMilvus('milvus') : undefined;
  const url = given ?? server!.url;
  return {
    backend: 'milvus',
    server: given === undefined ? 'real Milvus 2.3.5' : 'real server',
    ours: await connect(url),
    raw: await rawClient(new URL(url).host),
    batches: [500, 1_000, 2_000],
    stop: async () => server?.stop(),
  };
}

async function rawClient(address: string): Promise<RawClient> {
  const client = new MilvusClient({ address });
  await client.connectPromise;
  const output = ['id', 'title', 'text', 'lang', 'year'];
  return {
    settings: '@zilliz/milvus2-sdk-node 3.0.6, typed arrays, columns for the payload, consistency Bounded',
    async createCollection(name) {
      await checked(
        client.createCollection({
          collection_name: name,
          consistency_level: 'Bounded',
          fields: [
            { name: 'id', data_type: DataType.VarChar, max_length: 64, is_primary_key: true },
            { name: 'vector', data_type: DataType.FloatVector, dim: dimension },
            { name: 'title', data_type: DataType.VarChar, max_length: 200 },
            { name: 'text', data_type: DataType.VarChar, max_length: 2_000 },
            { name: 'lang', data_type: DataType.VarChar, max_length: 10 },
            { name: 'year', data_type: DataType.Int64 },
          ],
        }),
      );
      await checked(
        client.createIndex({ collection_name: name, field_name: 'vector', index_type: 'FLAT', metric_type: 'COSINE' }),
      );
      await checked(client.loadCollectionSync({ collection_name: name }));
    },
    async dropCollection(name) {
      await checked(client.dropCollection({ collection_name: name }));
    },
    async upsert(name, articles, batch) {
      for (let at = 0; at < articles.length; at += batch) {
        const data = articles
          .slice(at, at + batch)
          .map(({ id, typed, payload }) => ({ id, vector: typed, ...payload }));
        const { status } = await client.upsert({ collection_name: name, data });
        if (status.error_code !== 'Success') throw new Error(status.reason);
      }
    },
    async search(name, query, k) {
      const { results, status } = await client.search({
        collection_name: name,
        data: [...query],
        limit: k,
        output_fields: output,
      });
      if (status.error_code !== 'Success') throw new Error(status.reason);
      return results.map(({ id }) => String(id));
    },
    async close() {
      await client.closeConnection();
    },
  };
}

async function checked(
  answer: Promise<{ readonly error_code: string | number; readonly reason: string }>,
): Promise<void> {
  const { error_code, reason } = await answer;
  if (error_code !== 'Success') throw new Error(reason);
}
