import { otherQuirks, pineconeHarness } from '../../conformance/backends/pinecone.ts';
import { describeFilterDifferential } from '../../test/support/filter-differential.ts';
import { printSeed } from '../../test/support/seed.ts';

printSeed('filters on Pinecone');

const filters = process.env.ANYVEC_DEEP === '1' ? 10_000 : 600;

describeFilterDifferential(pineconeHarness({ client: '9.0' }), { filters });
describeFilterDifferential(pineconeHarness({ client: '8.2', quirks: otherQuirks }), { filters });
