import { afterEach, describe, expect, it } from 'vitest';
import { openDriver } from '../../src/connect.ts';
import type { CollectionDriver, Driver, DriverRecord } from '../../src/driver.ts';
import type { FileSystem } from '../../src/engine/storage/filesystem.ts';
import { nodeFileSystem } from '../../src/engine/storage/node-filesystem.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { forwardCollection, forwardDriver } from '../../src/middleware/forward.ts';
import { type MirrorOptions, openMirror, type ShadowDifference } from '../../src/middleware/mirror/index.ts';
import { printSeed, seed } from '../support/seed.ts';
import { newDirectory, removeDirectories } from './ends.ts';
import { RandomWriter } from './random-writer.ts';

printSeed('planted defects of a mirror');
afterEach(removeDirectories);

type Plant = (collection: CollectionDriver) => Partial<CollectionDriver>;

/** An end in memory that stays as it is while mirrors are opened and closed over it. */
async function endOf(name: string, plant: Plant = () => ({})) {
  const inner = await openDriver('native:');
  const trouble = { isAway: false };
  const there = () => {
    if (trouble.isAway) throw new VectorStoreError('Unavailable', 'away');
  };
  const wrapped = new WeakMap<CollectionDriver, CollectionDriver>();
  const driver: Driver = forwardDriver(inner, {
    close: async () => undefined,
    openCollection: async (...args) => {
      there();
      return wrap(await inner.openCollection(...args));
    },
    createCollection: async (...args) => wrap(await inner.createCollection(...args)),
  });
  const wrap = (collection: CollectionDriver) => {
    const known = wrapped.get(collection);
    if (known !== undefined) return known;
    const planted = forwardCollection(collection, plant(collection));
    const made = forwardCollection(planted, {
      upsert: async (...args) => {
        there();
        return planted.upsert(...args);
      },
      delete: async (...args) => {
        there();
        return planted.delete(...args);
      },
    });
    wrapped.set(collection, made);
    return made;
  };
  return { end: { name, open: async () => driver }, trouble };
}

async function run(plants: { primary?: Plant; secondary?: Plant }, options: Partial<MirrorOptions> = {}) {
  const [primary, secondary] = [await endOf('one', plants.primary), await endOf('two', plants.secondary)];
  const mirror = await openMirror(primary.end, secondary.end, { directory: newDirectory(), ...options });
  const fields = { n: 'number', word: 'keyword' } as const;
  const store = await mirror.database.createCollection('c', { dimension: 4, metric: 'euclidean', fields });
  const writer = new RandomWriter(store, seed, 100);
  // One at a time, so that nothing that was lost is made good by a later copy of the same record.
  for (let i = 0; i < 150; i++) {
    await writer.write();
    await mirror.drain();
  }
  const verification = await mirror.verify();
  const change = await mirror.cutover().then(
    () => 'changed',
    (error: VectorStoreError) => error.code,
  );
  await mirror.close();
  return { verification, change };
}

describe('a mirror', () => {
  it('without a defect is equal, and changes sides', async () => {
    const { verification, change } = await run({});
    expect(verification, JSON.stringify(verification)).toMatchObject({ ok: true, differing: 0, problems: [] });
    expect(change).toBe('changed');
  });

  // So often that later writes do not make good all of them by chance, whatever the seed.
  const everySecond = () => {
    let count = 0;
    return () => ++count % 2 === 0;
  };
  const plants: [what: string, kinds: string, plants: { primary?: Plant; secondary?: Plant }][] = [
    [
      'skips deletes',
      'extra',
      {
        secondary: () => ({ delete: async () => ({ acknowledged: 1 }) }),
      },
    ],
    [
      'drops upserts',
      'missing',
      {
        secondary: (inner) => {
          const isDue = everySecond();
          return {
            upsert: async (...args) => (isDue() ? { acknowledged: args[1].length } : inner.upsert(...args)),
          };
        },
      },
    ],
    [
      'lets an older upsert arrive after a newer one',
      'vector payload missing extra',
      {
        secondary: (inner) => {
          const before = new Map<string, DriverRecord>();
          return {
            async upsert(namespace, records, context) {
              const answer = await inner.upsert(namespace, records, context);
              const older = records.flatMap(({ id }) => before.get(`${namespace}/${id}`) ?? []);
              for (const record of records) before.set(`${namespace}/${record.id}`, record);
              await inner.upsert(namespace, older, context);
              return answer;
            },
          };
        },
      },
    ],
    [
      'copies before the write is over',
      'payload',
      {
        primary: (inner) => ({
          async setPayload(...args) {
            setTimeout(() => void inner.setPayload(...args), 30);
            return { acknowledged: 0, ids: 'ids' in args[1] ? args[1].ids : ['id-1'] };
          },
        }),
      },
    ],
    [
      'rounds a vector',
      'vector',
      {
        secondary: (inner) => ({
          upsert: (namespace, records, context) =>
            inner.upsert(
              namespace,
              records.map((record) => ({ ...record, vector: record.vector?.map((x) => x * 1.00001) ?? null })),
              context,
            ),
        }),
      },
    ],
  ];
  it.each(plants)('that %s is found out, and does not change sides', async (_, kinds, planted) => {
    const { verification, change } = await run(planted);
    expect(verification.ok).toBe(false);
    expect(verification.differing).toBeGreaterThan(0);
    expect(verification.differences.some(({ kind }) => kinds.includes(kind))).toBe(true);
    expect(change).toBe('Conflict');
  });

  it('whose queue loses what it was given is found out after a restart', async () => {
    for (const isLossy of [true, false]) {
      const [primary, secondary] = [await endOf('one'), await endOf('two')];
      const directory = newDirectory();
      const fileSystem = isLossy ? forgetful : nodeFileSystem;
      const before = await openMirror(primary.end, secondary.end, { directory, fileSystem });
      const store = await before.database.createCollection('c', { dimension: 4, metric: 'euclidean' });
      await before.drain();
      secondary.trouble.isAway = true;
      const writer = new RandomWriter(store, seed, 100);
      await writer.write();
      await store.upsert({ id: 'x', vector: [1, 2, 3, 4] });
      await before.close();
      secondary.trouble.isAway = false;
      const after = await openMirror(primary.end, secondary.end, { directory });
      expect((await after.verify()).ok).toBe(!isLossy);
      if (isLossy) await expect(after.cutover()).rejects.toMatchObject({ code: 'Conflict' });
      else await after.cutover();
      await after.close();
    }
  });

  it('whose queue cannot be written lets every write pass, and refuses to change sides until all is copied again', async () => {
    const [primary, secondary] = [await endOf('one'), await endOf('two')];
    let isFull = false;
    const full = onWrite(() => {
      if (isFull) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
      return true;
    });
    const mirror = await openMirror(primary.end, secondary.end, { directory: newDirectory(), fileSystem: full });
    const store = await mirror.database.createCollection('c', { dimension: 4, metric: 'euclidean' });
    isFull = true;
    await store.upsert({ id: 'x', vector: [1, 2, 3, 4] });
    expect(await store.get('x')).toMatchObject({ id: 'x', vector: new Float32Array([1, 2, 3, 4]) });
    expect((await mirror.status()).unsure).toContain('could not be written');
    await expect(mirror.cutover()).rejects.toMatchObject({ code: 'Conflict' });
    isFull = false;
    await mirror.backfill();
    await mirror.cutover();
    expect(await store.get('x')).toMatchObject({ id: 'x', vector: new Float32Array([1, 2, 3, 4]) });
    await mirror.close();
  });

  it('whose queue is damaged on disk copies everything again', async () => {
    const [primary, secondary] = [await endOf('one'), await endOf('two')];
    const directory = newDirectory();
    const before = await openMirror(primary.end, secondary.end, { directory });
    const store = await before.database.createCollection('c', { dimension: 4, metric: 'euclidean' });
    await before.drain();
    secondary.trouble.isAway = true;
    for (let i = 0; i < 10; i++) await store.upsert({ id: `x${i}`, vector: [i, 2, 3, 4] });
    await before.close();
    secondary.trouble.isAway = false;
    const [name] = (await nodeFileSystem.list(directory)).filter((file) => file.endsWith('.log'));
    const file = await nodeFileSystem.open(`${directory}/${name}`, { create: false });
    await file.write(Math.floor((await file.size()) / 2), new Uint8Array([0x7e]));
    await file.close();
    const after = await openMirror(primary.end, secondary.end, { directory });
    expect(await after.status()).toMatchObject({ unsure: expect.any(String), toBackfill: ['c'] });
    await after.backfill();
    expect((await after.verify()).ok).toBe(true);
    await after.close();
  });

  it('that waits with too many ids copies namespaces instead, and stays small', async () => {
    const [primary, secondary] = [await endOf('one'), await endOf('two')];
    const mirror = await openMirror(primary.end, secondary.end, { directory: newDirectory(), maxQueuedIds: 50 });
    const store = await mirror.database.createCollection('c', { dimension: 4, metric: 'euclidean' });
    await mirror.drain();
    secondary.trouble.isAway = true;
    const writer = new RandomWriter(store, seed, 500);
    for (let i = 0; i < 200; i++) await writer.write();
    expect((await mirror.status()).waiting).toBeLessThan(100);
    secondary.trouble.isAway = false;
    await mirror.drain();
    expect(await mirror.verify()).toMatchObject({ ok: true });
    await mirror.close();
  });

  it('belongs to its directory: another pair, or the same the other way round, is a Conflict', async () => {
    const [primary, secondary] = [await endOf('one'), await endOf('two')];
    const directory = newDirectory();
    const mirror = await openMirror(primary.end, secondary.end, { directory });
    await expect(openMirror(primary.end, secondary.end, { directory })).rejects.toMatchObject({ code: 'Conflict' });
    await mirror.close();
    await expect(openMirror(secondary.end, primary.end, { directory })).rejects.toMatchObject({ code: 'Conflict' });
    await expect(openMirror(primary.end, secondary.end, { directory: '' })).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  });

  it('with shadow reads tells what the secondary answers otherwise, and keeps nobody waiting for it', async () => {
    const told: ShadowDifference[] = [];
    let open = () => {};
    const isOpen = new Promise<void>((resolve) => {
      open = resolve;
    });
    const [primary, secondary] = [
      await endOf('one'),
      await endOf('two', (inner) => ({
        search: async (...args) => {
          await isOpen;
          return (await inner.search(...args)).map((matches) => matches.slice(1));
        },
        get: () => Promise.reject(new VectorStoreError('Unavailable', 'away')),
      })),
    ];
    const shadow = { fraction: 1, onDifference: (difference: ShadowDifference) => void told.push(difference) };
    const mirror = await openMirror(primary.end, secondary.end, { directory: newDirectory(), shadow });
    const store = await mirror.database.createCollection('c', { dimension: 2, metric: 'dot' });
    await store.upsert(['a', 'b', 'c'].map((id, i) => ({ id, vector: [i, 2] })));
    await mirror.drain();
    const matches = await store.search([1, 1]);
    expect(await store.get('a')).toMatchObject({ id: 'a' });
    // Both have been answered, and the other side has not.
    await new Promise((resolve) => setTimeout(resolve, 200));
    open();
    await expect.poll(() => told.length).toBe(1);
    await expect.poll(() => mirror.shadowReport()).toMatchObject({ compared: 1, failed: 1 });
    const missing = [matches[0]!.id];
    const difference = { operation: 'search', collection: 'c', namespace: '', missing, extra: [], whileBehind: false };
    expect(told).toEqual([difference]);
    const report = mirror.shadowReport()!;
    expect(report).toMatchObject({ compared: 1, identical: 0, failed: 1, overlap: 2 / 3, differences: [difference] });
    expect(report.latencyMs.passive.p50).toBeGreaterThanOrEqual(190);
    await mirror.close();
  });

  it('changes sides only when everything acknowledged has been copied, however slow the secondary is', async () => {
    const [primary, secondary] = [
      await endOf('one'),
      await endOf('two', (inner) => ({
        upsert: async (...args) => {
          await new Promise((resolve) => setTimeout(resolve, 30));
          return inner.upsert(...args);
        },
      })),
    ];
    const mirror = await openMirror(primary.end, secondary.end, { directory: newDirectory() });
    const store = await mirror.database.createCollection('c', { dimension: 2, metric: 'dot' });
    const acknowledged: string[] = [];
    let isOver = false;
    const writing = (async () => {
      for (let i = 0; !isOver; i++) {
        await store.upsert({ id: `x${i}`, vector: [i, 1] });
        acknowledged.push(`x${i}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    for (const step of ['cutover', 'rollback', 'cutover'] as const) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      await mirror[step]();
      const ids = [...acknowledged];
      const found = await store.get(ids);
      expect(
        ids.filter((_, i) => found[i] === undefined),
        `lost by ${step}`,
      ).toEqual([]);
    }
    isOver = true;
    await writing;
    expect(await mirror.verify()).toMatchObject({ ok: true, records: acknowledged.length });
    await mirror.close();
  });

  it('tells of records that the secondary will not take, copies the others, and does not change sides', async () => {
    const [primary, secondary] = [
      await endOf('one'),
      await endOf('two', (inner) => ({
        upsert: async (namespace, records, context) => {
          if (records.some(({ id }) => id === 'bad')) throw new VectorStoreError('InvalidArgument', 'too long');
          return inner.upsert(namespace, records, context);
        },
      })),
    ];
    const mirror = await openMirror(primary.end, secondary.end, { directory: newDirectory() });
    const store = await mirror.database.createCollection('c', { dimension: 2, metric: 'dot' });
    await store.upsert(['a', 'b', 'bad', 'c', 'd'].map((id) => ({ id, vector: [1, 2] })));
    await mirror.drain();
    expect((await mirror.status()).refused).toEqual([
      { collection: 'c', namespace: '', id: 'bad', problem: 'too long' },
    ]);
    expect((await mirror.verify()).differences).toEqual([
      { collection: 'c', namespace: '', id: 'bad', kind: 'missing' },
    ]);
    await expect(mirror.cutover()).rejects.toMatchObject({ code: 'Conflict' });
    await store.delete('bad');
    await mirror.cutover();
    expect(await store.count()).toBe(4);
    await mirror.close();
  });
});

/** Real files whose writes to the queue are looked at first, and swallowed unless that returns true. */
function onWrite(look: () => boolean): FileSystem {
  return {
    ...nodeFileSystem,
    async open(path, options) {
      const file = await nodeFileSystem.open(path, options);
      if (!path.endsWith('.log')) return file;
      return { ...file, write: async (offset, bytes) => (look() ? file.write(offset, bytes) : undefined) };
    },
  };
}

let asked = 0;
/** Keeps the first lines only, which are about the collection. */
const forgetful = onWrite(() => ++asked <= 2);
