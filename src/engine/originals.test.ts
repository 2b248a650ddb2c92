import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { vectorMaker } from '../../test/support/vectors.ts';
import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { createDatabase } from '../portable/database.ts';
import { EngineDriver } from './driver.ts';
import { flatProvider } from './index/flat.ts';
import { DatabaseDirectory } from './storage/database-directory.ts';
import { nodeFileSystem } from './storage/node-filesystem.ts';
import type { Originals } from './storage/settings.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'anyvec-originals-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

const dimension = 32;
const count = 1_500;

async function open(originals: Originals): Promise<VectorDatabase> {
  const directory = await DatabaseDirectory.open(nodeFileSystem, path, { originals, snapshotAfterBytes: 2 ** 16 });
  return createDatabase(new EngineDriver({ provider: 'native', indexes: flatProvider, directory }));
}

async function fill(): Promise<void> {
  const make = vectorMaker(dimension, { seed: 5 });
  await using db = await open('disk');
  const store = await db.createCollection('c', { dimension, metric: 'cosine', fields: { n: 'number' } });
  await store.upsert(Array.from({ length: count }, (_, i) => ({ id: `r${i}`, vector: make(), payload: { n: i % 7 } })));
}

/** Answers to many kinds of questions, before and after writes. */
async function answers(originals: Originals) {
  const make = vectorMaker(dimension, { seed: 6 });
  await using db = await open(originals);
  const store = await db.collection('c');
  const ask = async () => {
    const query = make();
    return [
      await store.search(query, { k: 20, include: { vector: true } }),
      await store.search(query, { k: 5, filter: { n: { $gte: 3 } } }),
      await store.get(['r1', 'r999', 'r5']),
      await store.count({ n: 2 }),
    ];
  };
  const first = await ask();
  const before = (await store.stats()).vectorBytes!;
  await store.upsert(Array.from({ length: 40 }, (_, i) => ({ id: `r${i * 3}`, vector: make(), payload: { n: 2 } })));
  await store.delete(['r4', 'r5']);
  await store.setPayload('r999', { n: 2 });
  const all = [first, await ask()];
  return { all, before, after: (await store.stats()).vectorBytes! };
}

describe('original vectors', () => {
  it('on disk: the answers are those of vectors in memory, and memory holds what was written since the snapshot', async () => {
    await fill();
    const copy = new Map<string, Buffer>();
    for (const name of await readdir(join(path, 'c_c'))) copy.set(name, await readFile(join(path, 'c_c', name)));
    const onDisk = await answers('disk');
    await rm(join(path, 'c_c'), { recursive: true });
    await nodeFileSystem.makeDirectory(join(path, 'c_c'));
    for (const [name, bytes] of copy) await writeFile(join(path, 'c_c', name), bytes);
    const inMemory = await answers('memory');
    expect(onDisk.all).toEqual(inMemory.all);
    expect(onDisk.before).toBe(0);
    expect(onDisk.after).toBeGreaterThan(0);
    expect(onDisk.after).toBeLessThan(inMemory.before / 2);
    expect(inMemory.before).toBeGreaterThanOrEqual(count * dimension * 4);
  });

  it('that are damaged on disk are an error of the search that needs them, and of no other', async () => {
    await fill();
    const name = (await readdir(join(path, 'c_c'))).find((file) => file.startsWith('snapshot-'))!;
    const bytes = await readFile(join(path, 'c_c', name));
    // Rows end where the directory begins; each has a norm beside it.
    const rowBytes = 4 * dimension + 8;
    bytes[bytes.lastIndexOf('{"format"') - 40 * rowBytes]! ^= 4;
    await writeFile(join(path, 'c_c', name), bytes);
    await using db = await open('disk');
    const store = await db.collection('c');
    expect(await store.count()).toBe(count);
    expect((await store.get('r3'))?.vector).toHaveLength(dimension);
    await expect(store.get(`r${count - 40}`)).rejects.toMatchObject({
      code: 'Corruption',
      message: expect.stringContaining(name),
    });
    await expect(store.search(new Float32Array(dimension).fill(1))).rejects.toMatchObject({ code: 'Corruption' });
  });

  it('on disk: an index that proposes by codes reads fewer vectors than memory compares, and finds as much', async () => {
    const make = vectorMaker(dimension, { seed: 7 });
    const open = (originals: Originals) => connect({ provider: 'native', path, originals });
    await using written = await open('disk');
    const spec = { dimension, metric: 'cosine', index: { type: 'hnsw', options: { threads: 0 } } } as const;
    const filled = await written.createCollection('c', spec);
    const vectors = Array.from({ length: 4_000 }, make);
    await filled.upsert(vectors.map((vector, i) => ({ id: `r${i}`, vector })));
    await written.close();
    const queries = Array.from({ length: 100 }, make);
    const options = { k: 10, params: { ef: 60 } } as const;
    const ask = async (originals: Originals) => {
      await using db = await open(originals);
      const store = await db.collection('c');
      let [read, kept] = [0, 0];
      for (const query of queries) {
        const truth = new Set((await store.search(query, { ...options, exact: true })).map(({ id }) => id));
        kept += (await store.search(query, options)).filter(({ id }) => truth.has(id)).length;
        const plan = await store.explain(query, options);
        expect(plan.strategy).toBe('graph');
        read += plan.compared.vectors;
      }
      return { read, recall: kept / (10 * queries.length) };
    };
    const [disk, memory] = [await ask('disk'), await ask('memory')];
    expect(disk.read).toBeLessThan(memory.read);
    expect(disk.read).toBeGreaterThanOrEqual(10 * queries.length);
    expect(disk.recall).toBeGreaterThan(memory.recall - 0.005);
    expect(disk.recall).toBeGreaterThan(0.95);
  });
});
