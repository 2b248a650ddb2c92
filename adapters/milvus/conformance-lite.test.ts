import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { milvusHarness } from '../../conformance/backends/milvus.ts';
import { runConformance } from '../../conformance/index.ts';

const runner = { describe, it, beforeAll, afterAll };
await runConformance({ runner, harness: milvusHarness('milvus-lite', inject('milvusPorts')['milvus-lite']) });
