import { vectorIndexLaws, vectorIndexProperties } from '../../test/support/vector-index-laws.ts';
import { loadIndexes } from './index.ts';

const factory = (text: string, more = {}) => ({ type: 'faiss', options: { factory: text }, ...more });

vectorIndexLaws(
  loadIndexes,
  [
    { spec: { type: 'hnsw' }, recall: 0.97 },
    { spec: { type: 'flat' }, recall: 1 },
    { spec: { type: 'ivf-flat', nlist: 16 }, recall: 0.95 },
    { spec: { type: 'ivf-sq8', nlist: 16 }, metrics: ['euclidean'], recall: 0.95 },
    { spec: { type: 'ivf-pq', nlist: 16, options: { nbits: 4 } }, metrics: ['cosine', 'dot'], recall: 0.9 },
    { spec: factory('RR,IVF16_HNSW8,SQ4', { nprobe: 8 }), metrics: ['cosine', 'dot'], recall: 0.9 },
    { spec: factory('PCA12,HNSW16_SQ8'), metrics: ['euclidean'], recall: 0.9 },
    { spec: factory('IVF16,PQ8x4fsr,RFlat', { nprobe: 8 }), metrics: ['euclidean'], recall: 0.9 },
  ],
  { nativeCode: true },
);
vectorIndexProperties(loadIndexes, [
  { type: 'hnsw', m: 4, efConstruction: 20, ef: 20 },
  { type: 'flat' },
  { type: 'ivf-flat', nlist: 4, nprobe: 2 },
  factory('RR,Flat'),
]);
