import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { IndexedVectors } from '../../test/support/vector-index.ts';
import { vectorMaker } from '../../test/support/vectors.ts';
import { loadIndexes } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'anyvec-test-'));
const make = vectorMaker(8);

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(directory, { recursive: true, force: true });
});

const withoutTemporaryDirectory = () => vi.stubEnv('TMPDIR', join(directory, 'missing'));
const unavailable = expect.objectContaining({ code: 'Unavailable', message: expect.stringMatching(/TMPDIR/) });

test('without a temporary directory writes go on; the first search says what is missing, then the engine compares', async () => {
  const indexed = IndexedVectors.create(await loadIndexes(), { type: 'hnsw' }, 8, 'euclidean');
  withoutTemporaryDirectory();
  indexed.fill(600, make);
  expect(() => indexed.search(make(), 10)).toThrow(unavailable);
  expect(indexed.search(make(), 10).proposed).toBeUndefined();
});

test('without a temporary directory an index that exists goes on; what asks for more effort is left to the engine', async () => {
  const indexed = IndexedVectors.create(await loadIndexes(), { type: 'hnsw', ef: 32 }, 8, 'euclidean');
  indexed.fill(600, make);
  indexed.search(make(), 10);
  withoutTemporaryDirectory();
  expect(indexed.search(make(), 10).proposed).toBeDefined();
  expect(indexed.search(make(), 10, { params: { ef: 500 } }).proposed).toBeUndefined();
  expect(indexed.search(make(), 10).proposed).toBeDefined();
  expect(() => indexed.index.serialize()).toThrow(unavailable);
});
