import { afterAll, beforeAll, describe, it } from 'vitest';
import { directoryHarness } from '../../conformance/backends/directory.ts';
import { runConformance } from '../../conformance/index.ts';

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: directoryHarness('parquet'),
});
