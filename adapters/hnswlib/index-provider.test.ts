import { beforeAll, describe, expect, test } from 'vitest';
import type { VectorIndexProvider } from '../../src/engine/index/vector-index.ts';
import type { Metric } from '../../src/types.ts';
import { IndexedVectors, queriesLike } from '../../test/support/vector-index.ts';
import { vectorMaker } from '../../test/support/vectors.ts';
import { loadHnswlib } from './client.ts';
import { hnswlibProvider } from './index-provider.ts';

const dimension = 24;
const metrics: readonly Metric[] = ['cosine', 'dot', 'euclidean'];
const queries = queriesLike(dimension);
let provider: VectorIndexProvider;

beforeAll(async () => {
  provider = hnswlibProvider(await loadHnswlib());
});

function filled(metric: Metric, count = 2_000, spec = {}): IndexedVectors {
  const indexed = new IndexedVectors(provider, { type: 'hnsw', ...spec }, dimension, metric);
  indexed.fill(count, vectorMaker(dimension));
  return indexed;
}

describe.each(metrics)('under %s', (metric) => {
  test('nearly all nearest neighbours are proposed', () => {
    const { recall, left } = filled(metric).recall(queries, 10);
    console.log(metric, recall);
    expect(recall).toBeGreaterThan(0.97);
    expect(left).toBe(0);
  });
});
