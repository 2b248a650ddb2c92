import { inject } from 'vitest';
import { type MilvusKind, milvusHarness } from '../../conformance/backends/milvus.ts';
import { describeFilterDifferential } from '../../test/support/filter-differential.ts';
import { printSeed } from '../../test/support/seed.ts';

printSeed('filters on Milvus');

const filters = process.env.ANYVEC_DEEP === '1' ? 20_000 : 600;

for (const kind of ['milvus', 'milvus-lite'] satisfies MilvusKind[])
  describeFilterDifferential(milvusHarness(kind, inject('milvusPorts')[kind]), { filters });
