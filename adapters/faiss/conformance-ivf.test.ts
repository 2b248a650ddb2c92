import { afterAll, beforeAll, describe, it } from 'vitest';
import { ofTheIndex, smallBudget } from '../../conformance/backends/budget.ts';
import { directoryHarness } from '../../conformance/backends/directory.ts';
import { runConformance } from '../../conformance/index.ts';

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: { ...directoryHarness('faiss', { index: { type: 'ivf-flat', nlist: 4, nprobe: 4 } }), budget: smallBudget },
  only: ofTheIndex,
});
