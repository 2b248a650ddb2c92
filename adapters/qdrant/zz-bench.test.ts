import { QdrantClient } from '@qdrant/js-client-rest';
import { test } from 'vitest';
import { connect } from '../../src/connect.ts';
test('bench', async () => {
  const url = process.env.BENCH_URL!;
  const n = 20000, d = 384;
  const vectors = Array.from({ length: n }, () => Float32Array.from({ length: d }, () => Math.random() * 2 - 1).map((x, _, a) => x / Math.sqrt(d / 3)));
  const arrays = vectors.map((v) => [...v]);
  const client = new QdrantClient({ url, checkCompatibility: false });
  const db = await connect({ provider: 'qdrant', url });
  for (const name of ['raw-one', 'ours-one']) await db.dropCollection(name);
  await client.createCollection('raw-one', { vectors: { size: d, distance: 'Cosine' } });
  const store = await db.createCollection('ours-one', { dimension: d, metric: 'cosine' });
  const time = async (name: string, f: () => Promise<unknown>) => { const c = process.cpuUsage(); const t = performance.now(); await f(); const u = process.cpuUsage(c); console.log(name, 'ms', (performance.now() - t).toFixed(0), 'cpu ms', ((u.user + u.system) / 1000).toFixed(0)); };
  for (let round = 0; round < 2; round++) {
    await time('raw upsert', async () => { for (let i = 0; i < n; i += 500) await client.upsert('raw-one', { wait: true, points: arrays.slice(i, i + 500).map((vector, j) => ({ id: i + j, vector, payload: { n: i + j, title: 'some title' } })) }); });
    await time('ours upsert', () => store.upsert(vectors.map((vector, i) => ({ id: `id-${i}`, vector, payload: { n: i, title: 'some title' } }))));
    await time('raw search x100', async () => { for (let i = 0; i < 100; i++) await client.query('raw-one', { query: arrays[i]!, limit: 10, with_payload: true }); });
    await time('ours search x100', async () => { for (let i = 0; i < 100; i++) await store.search(vectors[i]!, { k: 10 }); });
  }
}, 600000);
