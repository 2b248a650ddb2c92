import { afterAll, beforeAll, describe, it } from 'vitest';
import { otherQuirks, pineconeHarness } from '../../conformance/backends/pinecone.ts';
import { runConformance } from '../../conformance/index.ts';

// The older client, and a service that is in every doubtful respect the other way.
const harness = pineconeHarness({ client: '8.2', quirks: otherQuirks });
await runConformance({ runner: { describe, it, beforeAll, afterAll }, harness });
