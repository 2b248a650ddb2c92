export {
  ask,
  count,
  entry,
  evaluations,
  insert,
  resetEvaluations,
  restore,
  scanMasked,
  scratchBytes,
  search,
  searchMasked,
  topLevel,
} from './graph';
export { place } from './layout';
export { distance, encode, prepare, prepareNode, queryBytes } from './query';
