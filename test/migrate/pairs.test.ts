import { describePairs } from './pairs.ts';

describePairs(undefined);
