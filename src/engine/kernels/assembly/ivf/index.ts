export { ask, chooseList, encodeCentroids } from './coarse';
export { encode, encodedNorm, encodedStep, prepare, preparedNorm, preparedStep } from './codes';
export { innerProduct, squaredDistance } from './floats';
export { configure } from './layout';
export {
  blockCount,
  freeBlock,
  insertedError,
  insertedList,
  insertedLoss,
  insertInto,
  listOf,
  release,
  remove,
  reserve,
  restore,
} from './lists';
export { roundTables, tableBias, tableStep } from './nibbles';
export { fillTables, nearestEntry } from './product';
export { compared, search, visited } from './search';
export { assignEntries, assignPoints } from './training';
export { rowNibbleSums, rowProducts, rowTableSums } from './rows';
