import { afterAll, beforeAll, describe, it } from 'vitest';
import { qdrantHarness } from '../../conformance/backends/qdrant.ts';
import { runConformance } from '../../conformance/index.ts';

await runConformance({ runner: { describe, it, beforeAll, afterAll }, harness: qdrantHarness('1.19') });
