import { afterAll, beforeAll, describe, inject, it } from 'vitest';
import { milvusHarness } from '../../conformance/backends/milvus.ts';
import { runConformance } from '../../conformance/index.ts';

// The server takes two seconds to load a collection, and can load several meanwhile.
const runner = { describe: describe.concurrent, it, beforeAll, afterAll };
await runConformance({ runner, harness: milvusHarness('milvus', inject('milvusPorts').milvus) });
