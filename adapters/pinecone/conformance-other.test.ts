import { afterAll, beforeAll, describe, it } from 'vitest';
import { otherQuirks, pineconeHarness, quirkCombinations } from '../../conformance/backends/pinecone.ts';
import { runConformance } from '../../conformance/index.ts';

// The older client, and a service that is in every doubtful respect the other way; in the deep tier also in some of them.
const deep = process.env.ANYVEC_DEEP === '1';
const budget = deep ? { filters: 40, documents: 100, sequences: 10 } : { filters: 16, documents: 60, sequences: 4 };

for (const quirks of [otherQuirks, ...(deep ? quirkCombinations.slice(1) : [])]) {
  const harness = pineconeHarness({ client: '8.2', quirks, budget });
  await runConformance({ runner: { describe, it, beforeAll, afterAll }, harness });
}
