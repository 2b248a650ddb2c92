import { qdrantHarness } from '../../conformance/backends/qdrant.ts';
import { describeFilterDifferential } from '../../test/support/filter-differential.ts';
import { printSeed } from '../../test/support/seed.ts';

printSeed('filters on Qdrant');

describeFilterDifferential(qdrantHarness('1.19'), { filters: process.env.ANYVEC_DEEP === '1' ? 20_000 : 1_200 });
