import { pineconeHarness } from '../../conformance/backends/pinecone.ts';
import { describeHostileStrings } from '../../test/support/hostile-strings.ts';
import { printSeed } from '../../test/support/seed.ts';

printSeed('hostile strings on Pinecone');

describeHostileStrings(pineconeHarness({ client: '9.0' }), {
  strings: process.env.ANYVEC_DEEP === '1' ? 2_000 : 400,
});
