import { inject } from 'vitest';
import { type MilvusKind, milvusHarness } from '../../conformance/backends/milvus.ts';
import { describeHostileStrings } from '../../test/support/hostile-strings.ts';
import { printSeed } from '../../test/support/seed.ts';

printSeed('hostile strings on Milvus');

const strings = process.env.ANYVEC_DEEP === '1' ? 2_000 : 200;

for (const kind of ['milvus', 'milvus-lite'] satisfies MilvusKind[])
  describeHostileStrings(milvusHarness(kind, inject('milvusPorts')[kind]), { strings });
