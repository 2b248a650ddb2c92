import { afterAll, beforeAll, describe, it } from 'vitest';
import { smallBudget } from '../../conformance/backends/budget.ts';
import { runConformance } from '../../conformance/index.ts';
import { connectShards } from '../../src/middleware/shard/index.ts';

const runner = { describe, it, beforeAll, afterAll };

await runConformance({
  runner,
  harness: {
    name: 'three native shards, by the hash of the id',
    budget: smallBudget,
    open: () => connectShards(['native:', 'native:', 'native:']),
  },
});

await runConformance({
  runner,
  harness: {
    name: 'three native shards, by a field of the payload',
    budget: smallBudget,
    open: () => connectShards(['native:', 'native:', 'native:'], { by: { field: 'n' } }),
  },
  // These write arrays to every field, which the one that decides the shard refuses. src/middleware/shard/random.test.ts takes their place.
  only: /^(?!random (filters|operations):|filter on declared fields: declared or not)/,
});

await runConformance({
  runner,
  harness: {
    name: 'native and hnswlib as shards, one of them away being no reason to fail',
    budget: smallBudget,
    open: () => connectShards(['native:', 'hnswlib:'], { onFailure: 'partial' }),
  },
});
