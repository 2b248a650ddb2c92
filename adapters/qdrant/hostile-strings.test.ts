import { qdrantHarness } from '../../conformance/backends/qdrant.ts';
import { describeHostileStrings } from '../../test/support/hostile-strings.ts';
import { printSeed } from '../../test/support/seed.ts';

printSeed('hostile strings on Qdrant');

describeHostileStrings(qdrantHarness('1.19'), { strings: process.env.ANYVEC_DEEP === '1' ? 2_000 : 400 });
