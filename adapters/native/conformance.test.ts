import { afterAll, beforeAll, describe, it } from 'vitest';
import { runConformance } from '../../conformance/index.ts';
import { connect } from '../../src/connect.ts';

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: { name: 'native (memory)', open: () => connect('native:') },
});
