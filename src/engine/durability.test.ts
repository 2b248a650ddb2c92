import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { createDatabase } from '../portable/database.ts';
import { EngineDriver } from './driver.ts';
import { flatProvider } from './index/flat.ts';
import { DatabaseDirectory } from './storage/database-directory.ts';
import type { FileSystem } from './storage/filesystem.ts';
import { nodeFileSystem } from './storage/node-filesystem.ts';
import type { StorageSettings } from './storage/settings.ts';

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'anyvec-durability-'));
});
afterEach(() => rm(path, { recursive: true, force: true }));

/** Real files; says how many bytes of logs are durable and how often they were synced, and fails when told to. */
function watched() {
  const seen = { syncs: 0, written: 0, durable: 0, failing: false, failures: 0 };
  const fs: FileSystem = {
    ...nodeFileSystem,
    async open(name, options) {
      const file = await nodeFileSystem.open(name, options);
      if (!name.endsWith('.log')) return file;
      return {
        ...file,
        async write(offset, bytes) {
          await file.write(offset, bytes);
          seen.written = offset + bytes.byteLength;
        },
        async sync() {
          const { written } = seen;
          // As slow as disks are.
          await sleep(2);
          if (seen.failing) seen.failures += 1;
          if (seen.failing) throw Object.assign(new Error('the disk is gone'), { code: 'EIO' });
          await file.sync();
          seen.syncs += 1;
          seen.durable = written;
        },
      };
    },
  };
  return { fs, seen };
}

async function open(fs: FileSystem, settings: Partial<StorageSettings>): Promise<VectorDatabase> {
  const directory = await DatabaseDirectory.open(fs, path, settings);
  return createDatabase(new EngineDriver({ provider: 'native', indexes: flatProvider, directory }));
}

const spec = { dimension: 1, metric: 'dot' } as const;
const record = (i: number) => ({ id: `r${i}`, vector: [i] });

describe("durability: 'always'", () => {
  it('a write that is acknowledged is durable; those that wait together share a sync', async () => {
    const { fs, seen } = watched();
    await using db = await open(fs, { durability: 'always' });
    const store = await db.createCollection('c', spec);
    await store.upsert(record(0));
    expect(seen.durable).toBe(seen.written);
    const before = seen.syncs;
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await store.upsert(record(i));
        const { written } = seen;
        await store.setPayload(`r${i}`, { i });
        expect(seen.durable).toBeGreaterThanOrEqual(written);
      }),
    );
    expect(seen.durable).toBe(seen.written);
    expect(seen.syncs - before).toBeLessThan(100);
    console.log(`200 writes of 100 writers: ${seen.syncs - before} syncs`);
  });

  it('after a failed sync what waited is unknown, later writes are refused, reads go on, and opening again mends it', async () => {
    const { fs, seen } = watched();
    const db = await open(fs, { durability: 'always' });
    const store = await db.createCollection('c', spec);
    await store.upsert(record(0));
    seen.failing = true;
    const attempts = await Promise.allSettled([store.upsert(record(1)), store.upsert(record(2))]);
    const unknown = { code: 'PartialFailure', result: { unknown: [expect.any(String)] } };
    expect(attempts.map((end) => end.status === 'rejected' && end.reason)).toMatchObject([unknown, unknown]);
    seen.failing = false;
    await expect(store.upsert(record(3))).rejects.toMatchObject({ code: 'Durability' });
    await expect(store.delete('r0')).rejects.toMatchObject({ code: 'Durability' });
    expect((await store.get('r0'))?.id).toBe('r0');
    await expect(db.close()).rejects.toMatchObject({ code: 'Durability' });
    await using again = await open(fs, { durability: 'always' });
    const reopened = await again.collection('c');
    await reopened.upsert(record(4));
    expect(await reopened.count()).toBeGreaterThanOrEqual(2);
    expect(await reopened.get('r3')).toBeUndefined();
  });
});

describe("durability: 'interval'", () => {
  it('a write is durable within the interval, and at once after flush', async () => {
    const { fs, seen } = watched();
    await using db = await open(fs, { durability: 'interval', syncIntervalMs: 400 });
    const store = await db.createCollection('c', spec);
    await store.upsert(record(0));
    await store.upsert(record(1));
    expect(seen.durable).toBeLessThan(seen.written);
    await vi.waitFor(() => expect(seen.durable).toBe(seen.written), { timeout: 10_000 });
    await store.upsert(record(2));
    await store.flush();
    expect(seen.durable).toBe(seen.written);
  });

  it('that holds also for what is written when a snapshot has just been made', async () => {
    const { fs, seen } = watched();
    await using db = await open(fs, { durability: 'interval', syncIntervalMs: 400, snapshotAfterBytes: 500 });
    const store = await db.createCollection('c', spec);
    const ids = Array.from({ length: 30 }, (_, i) => record(i));
    await store.upsert(record(0));
    await store.upsert(ids);
    expect(await readdir(join(path, 'c_c'))).toContain('snapshot-2');
    await store.upsert(record(31));
    expect(seen.durable).toBeLessThan(seen.written);
    await vi.waitFor(() => expect(seen.durable).toBe(seen.written), { timeout: 10_000 });
  });

  it('after a failed sync in the background writes are refused', async () => {
    const { fs, seen } = watched();
    const db = await open(fs, { durability: 'interval', syncIntervalMs: 10 });
    const store = await db.createCollection('c', spec);
    seen.failing = true;
    await store.upsert(record(0));
    await vi.waitFor(() => expect(seen.failures).toBe(1), { timeout: 10_000 });
    seen.failing = false;
    await expect(store.upsert(record(1))).rejects.toMatchObject({ code: 'Durability' });
    await expect(store.flush()).rejects.toMatchObject({ code: 'Durability' });
    await expect(db.close()).rejects.toMatchObject({ code: 'Durability' });
  });
});

it("durability: 'memory' waits for no disk before flush or close", async () => {
  const { fs, seen } = watched();
  const db = await open(fs, { durability: 'memory', syncIntervalMs: 1 });
  const store = await db.createCollection('c', spec);
  const before = seen.syncs;
  await store.upsert(record(0));
  await sleep(30);
  expect(seen.syncs).toBe(before);
  await db.close();
  expect(seen.durable).toBe(seen.written);
});

describe('the settings', () => {
  it.each([
    ['native:./x?durability=sometimes', 'durability'],
    ['native:./x?speed=fast', 'unknown setting "speed"'],
    ['native:./x?durability=always&durability=always', 'twice'],
    ['native:./x?durability=always?originals=disk', 'more than one'],
    ['native:./x?syncIntervalMs=', 'syncIntervalMs'],
    ['native:./x?durability=always&syncIntervalMs=5', 'no meaning'],
    ['native:?durability=always', 'no meaning without a path'],
    ['native:./x#y', '%23'],
  ])('%s is refused', async (url, problem) => {
    await expect(connect(url)).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining(problem),
    });
  });

  it('are taken from a URL', async () => {
    await using db = await connect(`native:${path}/a%3Fb?durability=interval&syncIntervalMs=5&originals=memory`);
    expect(await (await db.createCollection('c', spec)).count()).toBe(0);
  });
});
