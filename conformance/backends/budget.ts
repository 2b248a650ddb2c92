import type { Budget } from '../harness.ts';

/** What is tried of a backend that shares its ways with one that is tried in full: all of it in the deep tier. */
export const smallBudget: Partial<Budget> =
  process.env.ANYVEC_DEEP === '1' ? {} : { filters: 80, documents: 150, sequences: 15 };
