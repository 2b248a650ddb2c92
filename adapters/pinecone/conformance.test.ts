import { afterAll, beforeAll, describe, it } from 'vitest';
import { pineconeHarness } from '../../conformance/backends/pinecone.ts';
import { runConformance } from '../../conformance/index.ts';

await runConformance({ runner: { describe, it, beforeAll, afterAll }, harness: pineconeHarness({ client: '9.0' }) });
