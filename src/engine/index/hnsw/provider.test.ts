import { vectorIndexLaws, vectorIndexProperties } from '../../../../test/support/vector-index-laws.ts';
import { loadHnsw } from './provider.ts';

vectorIndexLaws(loadHnsw, [{ spec: { type: 'hnsw' }, recall: 0.97 }]);
vectorIndexLaws(loadHnsw, [
  { spec: { type: 'hnsw', m: 8, efConstruction: 40, ef: 40 }, metrics: ['euclidean'], dimension: 3, recall: 0.95 },
]);
vectorIndexProperties(loadHnsw, [{ type: 'hnsw', m: 4, efConstruction: 20, ef: 20 }]);
