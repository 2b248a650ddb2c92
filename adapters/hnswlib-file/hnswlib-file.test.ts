import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import { readDamaged } from '../../test/support/damaged-files.ts';
import { printSeed } from '../../test/support/seed.ts';
import { vectorMaker } from '../../test/support/vectors.ts';

printSeed('index files of hnswlib');

const { HierarchicalNSW }: typeof import('hnswlib-node') = createRequire(import.meta.url)('hnswlib-node');
const dimension = 7;
const directory = mkdtempSync(join(tmpdir(), 'anyvec-hnswlib-file-'));
const make = vectorMaker(dimension);
const vectors = Array.from({ length: 400 }, () => Float32Array.from(make()));
const spaces = { l2: 'euclidean', ip: 'dot', cosine: 'cosine' } as const;
type Space = keyof typeof spaces;

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Labels are 10, 13, 16 …; every seventh element is deleted. */
function written(space: Space, some = vectors): { path: string; deleted: Set<number> } {
  const index = new HierarchicalNSW(space, dimension);
  index.initIndex(some.length + 10, 5, 100, 1);
  for (const [i, vector] of some.entries()) index.addPoint(Array.from(vector), 10 + 3 * i);
  const deleted = new Set(some.flatMap((_, i) => (i % 7 === 6 ? [10 + 3 * i] : [])));
  for (const label of deleted) index.markDelete(label);
  const path = join(directory, `graph-${space}-${some.length}.bin`);
  index.writeIndexSync(path);
  return { path, deleted };
}

test.each(Object.keys(spaces) as Space[])(
  '%s: what hnswlib holds comes back, and nothing that was deleted',
  async (space) => {
    const { path, deleted } = written(space);
    const theirs = new HierarchicalNSW(space, dimension);
    theirs.readIndexSync(path);
    const db = await connect(`hnswlib-file:${path}?metric=${spaces[space]}&dimension=${dimension}`);
    const store = await db.collection(`graph-${space}-400`);
    expect(await store.count()).toBe(vectors.length - deleted.size);
    expect(store.capabilities.vectorReadback).toBe(space === 'cosine' ? 'direction' : 'bits');
    let seen = 0;
    for await (const { id, vector } of store.scan({ batchSize: 50 })) {
      seen++;
      expect(deleted.has(Number(id))).toBe(false);
      expect(Array.from(vector!)).toEqual(theirs.getPoint(Number(id)));
    }
    expect(seen).toBe(vectors.length - deleted.size);
    theirs.setEf(400);
    for (const query of vectors.slice(0, 20)) {
      const ours = await store.search(query, { k: 5 });
      const { neighbors } = theirs.searchKnn(Array.from(query), 5);
      expect(ours.map(({ id }) => Number(id))).toEqual(neighbors);
    }
    await db.close();
  },
);

test('another dimension than said, and a metric that is not said, are refused', async () => {
  const { path } = written('l2');
  const db = await connect(`hnswlib-file:${path}?metric=euclidean&dimension=8`);
  await expect(db.collection('graph-l2-400')).rejects.toMatchObject({
    code: 'Corruption',
    message: /7 numbers, not 8/,
  });
  await db.close();
  await expect(connect(`hnswlib-file:${path}`)).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('files that were cut off or changed anywhere end in a typed error or in numbers, never otherwise', {
  timeout: 120_000,
}, async () => {
  const { path } = written('l2', vectors.slice(0, 40));
  const url = (damaged: string) => `hnswlib-file:${damaged}?metric=euclidean`;
  const { refused, read, untyped } = await readDamaged(readFileSync(path), 2_000, url);
  expect(untyped).toEqual([]);
  expect(Object.keys(refused)).toEqual(['Corruption']);
  expect(refused.Corruption).toBeGreaterThan(500);
  expect(read).toBeGreaterThan(100);
});
