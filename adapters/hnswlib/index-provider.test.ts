import { vectorIndexLaws, vectorIndexProperties } from '../../test/support/vector-index-laws.ts';
import { loadIndexes } from './index.ts';

vectorIndexLaws(
  loadIndexes,
  [
    { spec: { type: 'hnsw' }, recall: 0.97 },
    { spec: { type: 'hnsw', m: 8, efConstruction: 40, ef: 40 }, metrics: ['euclidean'], dimension: 3, recall: 0.95 },
  ],
  { nativeCode: true },
);
vectorIndexProperties(loadIndexes, [{ type: 'hnsw', m: 4, efConstruction: 20, ef: 20 }]);
