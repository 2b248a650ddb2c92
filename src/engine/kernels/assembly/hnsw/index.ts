export { decode, distance, distances, encode, evaluations, isExact, prepareRow, resetEvaluations, takeIn } from './distance';
export { insert, insertBatch } from './insert';
export { blockBytesFor, configure, place } from './layout';
export { lockBytes } from './locks';
export { pivot, query, scratchBytes } from './scratch';
export { ask, scanMasked, search, searchMasked, searchThrough } from './search';
