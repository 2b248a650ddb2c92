import { afterAll, beforeAll, describe, it } from 'vitest';
import { runConformance } from '../../conformance/index.ts';
import { connect } from '../../src/connect.ts';
import { forwardCollection, forwardDriver } from '../../src/middleware/forward.ts';

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: {
    name: 'native (memory) through middleware that changes nothing',
    open: () =>
      connect('native:', {
        middleware: [(driver) => forwardDriver(driver, { wrapCollection: (inner) => forwardCollection(inner) })],
      }),
  },
});
