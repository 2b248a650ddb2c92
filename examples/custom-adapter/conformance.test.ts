import { runConformance } from 'anyvec/conformance';
import { createDatabase } from 'anyvec/driver';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { MapDriver } from './map-driver.ts';

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: {
    name: 'records in Maps',
    open: async () => createDatabase(new MapDriver()),
    budget: { filters: 60, documents: 60, sequences: 10, haystack: 1_000 },
  },
});
