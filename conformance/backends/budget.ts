import type { Budget } from '../harness.ts';

/** What is tried of a backend that shares its ways with one that is tried in full: all of it in the deep tier. */
export const smallBudget: Partial<Budget> =
  process.env.ANYVEC_DEEP === '1' ? {} : { filters: 80, documents: 150, sequences: 15 };

/**
 * What another version of a client could do otherwise: requests and answers of every kind. What filters and rankings mean is the same code whichever client
 * sends them. The deep tier runs everything.
 */
export const ofTheClient: RegExp | undefined =
  process.env.ANYVEC_DEEP === '1' ? undefined : /^(?!random |filter on|filter operators|search with)/;

/**
 * What another type of index of the same engine could do otherwise: searches, and the writes that change what they find. What payloads, filters and lists of
 * records mean is the same code over every index. The deep tier runs everything.
 */
export const ofTheIndex: RegExp | undefined =
  process.env.ANYVEC_DEEP === '1'
    ? undefined
    : /^(?!payload|filter |list and drop|open|capabilities|scan|count|get|aborted|input stays|results are)/;
