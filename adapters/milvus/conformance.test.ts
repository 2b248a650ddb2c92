import { afterAll, beforeAll, describe, it } from 'vitest';
import { milvusHarness } from '../../conformance/backends/milvus.ts';
import { runConformance } from '../../conformance/index.ts';

await runConformance({ runner: { describe, it, beforeAll, afterAll }, harness: milvusHarness('milvus') });
