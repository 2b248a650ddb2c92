import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { VectorDatabase } from '../database.ts';
import { createDatabase } from '../portable/database.ts';
import type { VectorStore } from '../store.ts';
import { EngineDriver } from './driver.ts';
import { resolveWith } from './index/resolve.ts';
import type { VectorIndex, VectorIndexProvider } from './index/vector-index.ts';
import { DatabaseDirectory } from './storage/database-directory.ts';
import { nodeFileSystem } from './storage/node-filesystem.ts';

/** An index that knows its slots and can be saved, and says how it came to be: what was built or loaded, with what was added since. */
function observed(): { provider: VectorIndexProvider; built: number[][]; loaded: number[][] } {
  const built: number[][] = [];
  const loaded: number[][] = [];
  const indexOf = (spec: VectorIndex['spec'], slots: Set<number>, added: number[]): VectorIndex => ({
    spec,
    byteLength: 0,
    add(more) {
      added.push(...more);
      for (const slot of more) slots.add(slot);
    },
    remove(gone) {
      for (const slot of gone) slots.delete(slot);
    },
    search: () => undefined,
    serialize: () => new TextEncoder().encode(JSON.stringify([...slots])),
    dispose() {},
  });
  const provider: VectorIndexProvider = {
    types: ['observed'],
    resolve: (spec) => resolveWith(spec, 'observed', { m: 8 }),
    create({ spec }) {
      const added: number[] = [];
      built.push(added);
      return indexOf(spec, new Set(), added);
    },
    load(bytes, { spec }) {
      const slots: number[] = JSON.parse(new TextDecoder().decode(bytes));
      loaded.push(slots);
      return indexOf(spec, new Set(slots), slots);
    },
    usedParams: () => [],
  };
  return { provider, built, loaded };
}

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'anyvec-index-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

async function open(provider: VectorIndexProvider): Promise<VectorDatabase> {
  const directory = await DatabaseDirectory.open(nodeFileSystem, path, { snapshotAfterBytes: 100_000 });
  return createDatabase(new EngineDriver({ provider: 'observed', indexes: provider, directory }));
}

/** Opens, changes, closes; then opens again and says how the index came back. */
async function reopened(
  change: (store: VectorStore) => Promise<unknown>,
  between: () => Promise<unknown> = async () => {},
) {
  await using first = await open(observed().provider);
  await change(await first.createCollection('c', { dimension: 1, metric: 'dot' }));
  await first.close();
  await between();
  const { provider, built, loaded } = observed();
  await using second = await open(provider);
  const store = await second.collection('c');
  return { built, loaded, count: await store.count(), recovery: (await store.stats()).recovery };
}

/** Opens and changes in a process that dies: what closing saves is taken back. */
async function crashed(change: (store: VectorStore) => Promise<unknown>): Promise<void> {
  const [manifest, index] = ['manifest', 'index-0'].map((name) => join(path, 'c_c', name)) as [string, string];
  const before = await Promise.all([manifest, index].map((file) => readFile(file)));
  await using db = await open(observed().provider);
  await change(await db.collection('c'));
  await db.close();
  await writeFile(manifest, before[0]!);
  await writeFile(index, before[1]!);
}

const records = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `r${i}`, vector: [i] }));

describe('a saved index', () => {
  it('is loaded, not built again, when nothing was written since', async () => {
    const { built, loaded, count } = await reopened(async (store) => {
      await store.upsert(records(5));
      await store.delete('r1');
      await store.setPayload('r2', { x: 1 });
      await store.namespace('other').upsert(records(2));
    });
    expect(count).toBe(4);
    expect(built).toEqual([]);
    expect(loaded.sort((a, b) => b.length - a.length)).toEqual([
      [0, 2, 3, 4],
      [0, 1],
    ]);
  });

  it('is loaded also after the log was written anew and went on', async () => {
    const { built, loaded } = await reopened(async (store) => {
      for (let i = 0; i < 14; i++) await store.upsert(records(1_000));
      await store.upsert({ id: 'last', vector: [1] });
    });
    expect(await readdir(join(path, 'c_c'))).toContainEqual(expect.stringMatching(/^snapshot-\d+$/));
    expect(built).toEqual([]);
    expect(loaded.map((slots) => slots.length)).toEqual([1_001]);
  });

  it('is loaded, and told what came after it, when the last words of the log were written later', async () => {
    const { built, loaded, count } = await reopened(
      (store) => store.upsert(records(3)),
      () => crashed(async (store) => store.upsert({ id: 'later', vector: [9] })),
    );
    expect({ built, loaded, count }).toEqual({ built: [], loaded: [[0, 1, 2, 3]], count: 4 });
  });

  it('of vectors older than the snapshot is built again, from the vectors', async () => {
    const { built, loaded, count } = await reopened(
      (store) => store.upsert(records(3)),
      async () => {
        const saved = await readFile(join(path, 'c_c/index-0'));
        await using db = await open(observed().provider);
        const store = await db.collection('c');
        for (let i = 0; i < 14; i++) await store.upsert(records(1_000));
        await db.close();
        expect(await readdir(join(path, 'c_c'))).toContainEqual(expect.stringMatching(/^snapshot-\d+$/));
        await writeFile(join(path, 'c_c/index-0'), saved);
      },
    );
    expect({ built: built.map((slots) => slots.length), loaded, count }).toEqual({
      built: [1_000],
      loaded: [],
      count: 1_000,
    });
  });

  it('is built again after recreateIndex with other settings, and saved for them', async () => {
    const { built, loaded } = await reopened(async (store) => {
      await store.upsert(records(3));
      await store.flush();
      await store.recreateIndex({ type: 'observed', m: 9 });
    });
    expect(built).toEqual([]);
    expect(loaded).toEqual([[0, 1, 2]]);
  });

  it('that is damaged is built again, and that is said; no damaged byte reaches the provider', async () => {
    const intact = await reopened((store) => store.upsert(records(3)));
    expect(intact.recovery).toEqual([]);
    const file = join(path, 'c_c/index-0');
    const bytes = await readFile(file);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1 << (at % 8);
      await writeFile(file, damaged);
      const { provider, built, loaded } = observed();
      await using db = await open(provider);
      const store = await db.collection('c');
      expect(loaded).toEqual([]);
      expect(built).toEqual([[0, 1, 2]]);
      expect((await store.stats()).recovery).toEqual([expect.stringContaining('index-0')]);
      await db.close();
    }
  });
});
