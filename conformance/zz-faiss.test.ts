import { afterAll, beforeAll, describe, it } from 'vitest';
import { directoryHarness } from './backends/directory.ts';
import { runConformance } from './index.ts';

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: directoryHarness(
    'faiss',
    { index: { type: 'ivf-flat', nlist: 4 } },
    { indexSpecs: [{ type: 'faiss', options: { factory: 'IVF4,Flat' } }] },
  ),
});
