import { afterAll, beforeAll, describe, it } from 'vitest';
import { ofTheIndex, smallBudget } from '../../conformance/backends/budget.ts';
import { directoryHarness } from '../../conformance/backends/directory.ts';
import { runConformance } from '../../conformance/index.ts';

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: {
    ...directoryHarness('native', { index: { type: 'ivf-pq', nlist: 8, nprobe: 8, options: { pqBits: 4 } } }),
    budget: smallBudget,
  },
  only: ofTheIndex,
});
