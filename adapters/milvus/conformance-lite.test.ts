import { MilvusClient } from 'milvus-3-0';
import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { milvusHarness } from '../../conformance/backends/milvus.ts';
import { runConformance } from '../../conformance/index.ts';

const runner = { describe, it, beforeAll, afterAll };
// The oldest client of the peer range, given ready-made.
const client = (url: string) => new MilvusClient({ address: new URL(url).host, logLevel: 'error' });
await runConformance({
  runner,
  harness: milvusHarness('milvus-lite', inject('milvusPorts')['milvus-lite'], client),
});
