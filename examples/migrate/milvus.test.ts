import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, connect } from 'anyvec';
import { serve } from 'anyvec/server';
import { afterEach, expect, inject, it } from 'vitest';
import { type Hop, hops } from './hops.ts';

const milvus: Config = { provider: 'milvus', url: `http://127.0.0.1:${inject('milvusPorts').milvus}` };
let directory: string | undefined;
afterEach(async () => {
  const db = await connect(milvus);
  await db.dropCollection('articles');
  await db.close();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

it('a collection comes back from Qdrant, Milvus and Parquet as it was', async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-hops-'));
  await using server = await serve({ dialect: 'qdrant' });
  const seen: Hop[] = [];
  for await (const hop of hops(directory, { qdrant: { provider: 'qdrant', url: server.url }, milvus })) seen.push(hop);
  expect(seen.map(({ at }) => at)).toEqual(['native', 'qdrant', 'milvus', 'parquet', 'native']);
  for (const { records, digest } of seen) expect([records, digest]).toEqual([300, seen[0]?.digest]);
}, 120_000);
