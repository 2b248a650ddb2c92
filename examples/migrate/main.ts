/*
 * Prints the digest after each hop:
 *
 *   native    300 records  4f0c…
 *   qdrant    300 records  4f0c…
 *
 * $QDRANT_URL: default a server of `anyvec/server` in this process, which speaks Qdrant. $MILVUS_URL: default none, and the hop is left out.
 * The collection `articles` must not be there yet.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from 'anyvec/server';
import { hops } from './hops.ts';

const directory = await mkdtemp(join(tmpdir(), 'anyvec-hops-'));
const { QDRANT_URL, MILVUS_URL } = process.env;
const own = QDRANT_URL === undefined ? await serve({ dialect: 'qdrant' }) : undefined;
try {
  const servers = {
    qdrant: { provider: 'qdrant', url: QDRANT_URL ?? own!.url },
    ...(MILVUS_URL !== undefined && { milvus: { provider: 'milvus', url: MILVUS_URL } as const }),
  } as const;
  for await (const { at, records, digest } of hops(directory, servers))
    console.log(`${at.padEnd(9)} ${records} records  ${digest}`);
} finally {
  await own?.close();
  await rm(directory, { recursive: true, force: true });
}
