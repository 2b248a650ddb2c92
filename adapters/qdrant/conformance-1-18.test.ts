import { QdrantClient } from 'qdrant-1-18';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { ofTheClient } from '../../conformance/backends/budget.ts';
import { qdrantHarness } from '../../conformance/backends/qdrant.ts';
import { runConformance } from '../../conformance/index.ts';

// The oldest client of the peer range, given ready-made: everything goes through it.
const client = async (url: string) =>
  new QdrantClient({ url, checkCompatibility: false, timeout: Number.POSITIVE_INFINITY });
await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: qdrantHarness('1.18', client),
  ...(ofTheClient && { only: ofTheClient }),
});
