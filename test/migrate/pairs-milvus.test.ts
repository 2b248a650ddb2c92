import { inject } from 'vitest';
import { describePairs } from './pairs.ts';

describePairs(inject('milvusPorts').milvus);
