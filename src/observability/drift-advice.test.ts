import { expect, test } from 'vitest';

import { capabilitiesOf } from '../capabilities.ts';
import type { IndexSpec, SearchParams } from '../types.ts';
import { chooseAction } from './drift-advice.ts';

interface Given {
  readonly index: IndexSpec;
  readonly driftRatio?: number;
  readonly searchParams?: readonly (keyof SearchParams)[];
  readonly recreates?: boolean;
  readonly count?: number;
}

function action({ index, driftRatio, searchParams = ['ef'], recreates = true, count = 1_000 }: Given) {
  const capabilities = capabilitiesOf({
    indexTypes: [],
    searchParams,
    ...(!recreates && { operations: { recreateIndex: { refused: 'the service decides' } } }),
  });
  const stats = { count, namespaces: 1, index, ignoredHints: [], recovery: [] };
  return chooseAction({ stats, capabilities, finding: 'recall 0.7', driftRatio, mostDrift: 2, countBefore: 1_000 });
}

const cases: [what: string, given: Given, expected: object][] = [
  [
    'lists',
    { index: { type: 'ivf-flat', nlist: 10 } },
    { action: 'recreate-index', index: { type: 'ivf-flat', nlist: 10 } },
  ],
  ['product codes of Milvus', { index: { type: 'IVF_PQ' } }, { action: 'recreate-index' }],
  [
    'a factory string',
    { index: { type: 'factory', options: { factory: 'OPQ8,IVF64,PQ8' } } },
    { action: 'recreate-index' },
  ],
  [
    'a quantised graph of Qdrant',
    { index: { type: 'hnsw', options: { quantization: 'scalar' } } },
    { action: 'recreate-index' },
  ],
  ['a graph', { index: { type: 'hnsw', ef: 100 } }, { action: 'raise-effort', params: { ef: 200 } }],
  ['a graph whose codes are out of date', { index: { type: 'hnsw' }, driftRatio: 3 }, { action: 'recreate-index' }],
  [
    'a graph whose codes are not',
    { index: { type: 'hnsw' }, driftRatio: 1.5 },
    { action: 'raise-effort', params: { ef: 128 } },
  ],
  [
    'a graph without any setting for searches',
    { index: { type: 'hnsw' }, searchParams: [] },
    { action: 'recreate-index' },
  ],
  [
    'a comparison with all',
    { index: { type: 'flat' }, searchParams: [] },
    { action: 'ask-backend', reason: expect.stringContaining('compares with every vector') },
  ],
  ['a service', { index: { type: 'auto' }, searchParams: [], recreates: false }, { action: 'ask-backend' }],
];

test.each(cases)('%s', (_, given, expected) => {
  const chosen = action(given);
  expect(chosen).toMatchObject(expected);
  expect(chosen.reason).toMatch(/^recall 0\.7; /);
});

test('with four times as many records, twice as many lists', () => {
  const index = { type: 'ivf-pq', nlist: 50, nprobe: 8 };
  expect(action({ index, count: 3_900 }).index).toEqual(index);
  expect(action({ index, count: 4_000 }).index).toEqual({ ...index, nlist: 100 });
});
