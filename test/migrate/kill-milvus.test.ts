import { inject } from 'vitest';
import { describeKills } from './kills.ts';

describeKills({
  kills: process.env.ANYVEC_DEEP === '1' ? 300 : 20,
  pairs: [['native', 'milvus']],
  // Processes that load its client begin slowly: few records, so that there is little beside beginning.
  pace: { records: 60, namespaces: ['', 'é'], rate: 200, checkpointEveryMs: 50, batchSize: 4, width: 4 },
  milvusPort: inject('milvusPorts').milvus,
});
