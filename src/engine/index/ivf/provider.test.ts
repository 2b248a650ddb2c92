import { vectorIndexLaws, vectorIndexProperties } from '../../../../test/support/vector-index-laws.ts';
import { loadIvf } from './provider.ts';

vectorIndexLaws(loadIvf, [
  { spec: { type: 'ivf-flat', nlist: 16 }, recall: 0.95 },
  { spec: { type: 'ivf-sq8', nlist: 16 }, recall: 0.95 },
  { spec: { type: 'ivf-pq', nlist: 16 }, recall: 0.9 },
  { spec: { type: 'ivf-pq', nlist: 16, options: { opq: true } }, metrics: ['euclidean'], recall: 0.9 },
  { spec: { type: 'ivf-pq', nlist: 16, options: { pqBits: 4 } }, recall: 0.9 },
  { spec: { type: 'ivf-sq8' }, recall: 0.9 },
  { spec: { type: 'ivf-hnsw', nlist: 64 }, recall: 0.9 },
]);
vectorIndexProperties(loadIvf, [
  { type: 'ivf-flat', nlist: 4, nprobe: 2 },
  { type: 'ivf-sq8' },
  { type: 'ivf-pq', options: { pqM: 2 } },
  { type: 'ivf-pq', options: { pqM: 3, pqBits: 4 } },
  { type: 'ivf-hnsw', nlist: 8 },
]);
