export { decode, distance, distances, encode, evaluations, isExact, prepareRow, resetEvaluations, takeIn } from './distance';
export { insert, insertBatch } from './insert';
export { blockBytesFor, configure, place, signBytesFor } from './layout';
export { lockBytes } from './locks';
export { pivot, query, scratchBytes } from './scratch';
export { scanMasked, scanSigned } from './scan';
export { ask, lookAround, search, searchMasked, searchThrough } from './search';
export { countSigns, takeSigns } from './signs';
