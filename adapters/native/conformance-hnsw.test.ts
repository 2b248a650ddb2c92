import { afterAll, beforeAll, describe, it } from 'vitest';
import { smallBudget } from '../../conformance/backends/budget.ts';
import { directoryHarness } from '../../conformance/backends/directory.ts';
import { runConformance } from '../../conformance/index.ts';

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: {
    ...directoryHarness('native', { index: { type: 'hnsw', m: 16, efConstruction: 100, ef: 100 } }),
    budget: smallBudget,
  },
});
