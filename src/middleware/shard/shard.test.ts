import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { connect, openDriver } from '../../connect.ts';
import type { CollectionDriver, Driver } from '../../driver.ts';
import { VectorStoreError } from '../../errors.ts';
import { forwardCollection, forwardDriver } from '../forward.ts';
import { connectShards, type FailedShard, partialFailures, type ShardOptions } from './index.ts';
import { hashOf, routerOf } from './routing.ts';

const spec = { dimension: 2, metric: 'euclidean' } as const;
const directories: string[] = [];

afterEach(async () => {
  for (const path of directories.splice(0)) await rm(path, { recursive: true, force: true });
});

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'anyvec-shard-'));
  directories.push(path);
  return path;
}

/** A driver that notes the calls to its collections, and fails or hangs those that it is told to. */
async function watched(url = 'native:') {
  const calls: string[] = [];
  const trouble: { on?: (call: string) => Promise<void> | undefined } = {};
  const noted =
    <A extends unknown[], T>(name: string, run: (...args: A) => Promise<T>) =>
    async (...args: A) => {
      // What the shards tell each other is not counted.
      if (args[0] !== 'anyvec.shards') calls.push(name);
      await trouble.on?.(args[0] === 'anyvec.shards' ? `reserved ${name}` : name);
      return run(...args);
    };
  const inner = await openDriver(url);
  const driver: Driver = forwardDriver(inner, {
    wrapCollection: (collection: CollectionDriver) =>
      forwardCollection(collection, {
        upsert: noted('upsert', (...args: Parameters<CollectionDriver['upsert']>) => collection.upsert(...args)),
        delete: noted('delete', (...args: Parameters<CollectionDriver['delete']>) => collection.delete(...args)),
        search: noted('search', (...args: Parameters<CollectionDriver['search']>) => collection.search(...args)),
        filter: noted('filter', (...args: Parameters<CollectionDriver['filter']>) => collection.filter(...args)),
        get: noted('get', (...args: Parameters<CollectionDriver['get']>) => collection.get(...args)),
        count: noted('count', (...args: Parameters<CollectionDriver['count']>) => collection.count(...args)),
        setPayload: noted('setPayload', (...args: Parameters<CollectionDriver['setPayload']>) =>
          collection.setPayload(...args),
        ),
      }),
    classify: (error) =>
      VectorStoreError.is(error)
        ? { code: error.code, message: error.message, applied: error.message.includes('unknown') ? 'unknown' : 'no' }
        : inner.classify(error),
  });
  return { driver, calls, trouble };
}

async function watchedShards(n: number, options: ShardOptions) {
  const shards = await Promise.all(Array.from({ length: n }, () => watched()));
  const db = await connectShards(
    shards.map(({ driver }) => driver),
    options,
  );
  const store = await db.createCollection('c', spec);
  const clear = () => {
    for (const { calls } of shards) calls.length = 0;
  };
  clear();
  /** How many shards were asked since the last time. */
  const asked = () => {
    const count = shards.filter(({ calls }) => calls.length > 0).length;
    clear();
    return count;
  };
  return { shards, db, store, asked };
}

const down = () => Promise.reject(new VectorStoreError('Unavailable', 'down'));
const tenants = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const records = Array.from({ length: 70 }, (_, i) => ({
  id: `r${i}`,
  vector: [i, 0],
  payload: { tenant: tenants[i % 7]!, i },
}));

describe('where records lie', () => {
  test('the hash is for ever the same', () => {
    expect(['', 'a', 'id-1', 'Łódź', '😀'].map(hashOf)).toEqual([
      2872998923, 444641715, 303425219, 2099274730, 855877642,
    ]);
  });

  test('ids spread evenly, numbered ones too', () => {
    for (const shards of [2, 3, 8]) {
      const router = routerOf('hash', shards);
      const counts = new Array<number>(shards).fill(0);
      for (let i = 0; i < 8_000; i++) counts[router.shardOfId(`doc-${i}`)]!++;
      for (const count of counts) expect(Math.abs(count - 8_000 / shards)).toBeLessThan(400);
    }
  });

  test('a get, and a write by id, ask the shards of their ids only', async () => {
    const { store, asked } = await watchedShards(4, {});
    await store.upsert(records);
    expect(asked()).toBe(4);
    await store.get('r1');
    expect(asked()).toBe(1);
    await store.delete('r1');
    expect(asked()).toBe(1);
    await store.upsert(records[1]!);
    expect(asked()).toBe(1);
  });

  test('a filter that pins the routing field asks only the shards that can match', async () => {
    const { store, asked } = await watchedShards(8, { by: { field: 'tenant' } });
    await store.upsert(records);
    asked();
    const places = new Set(
      tenants.slice(0, 3).map((tenant) => routerOf({ field: 'tenant' }, 8).shardOfPayload({ tenant })),
    );
    const cases: [filter: object, shards: number, matches: number][] = [
      [{ tenant: 'a' }, 1, 10],
      [{ tenant: { $in: ['a', 'b', 'c'] } }, places.size, 30],
      [{ tenant: 'a', i: { $lt: 35 } }, 1, 5],
      [{ $and: [{ i: { $gte: 0 } }, { tenant: { $in: ['a', 'b', 'c'] } }, { tenant: 'b' }] }, 1, 10],
      [{ $or: [{ tenant: 'a' }, { tenant: 'b' }, { tenant: 'c', i: 2 }] }, places.size, 21],
      [{ tenant: { $ne: 'a' } }, 8, 60],
      [{ $not: { tenant: 'a' } }, 8, 60],
      [{ $or: [{ tenant: 'a' }, { i: 1 }] }, 8, 11],
      [{}, 8, 70],
    ];
    for (const [filter, shards, matches] of cases) {
      const found = await store.search([0, 0], { filter: filter as { tenant: string }, k: 100 });
      expect([asked(), found.length], `search ${JSON.stringify(filter)}`).toEqual([shards, matches]);
      expect(await store.count(filter as { tenant: string })).toBe(matches);
      expect(asked(), `count ${JSON.stringify(filter)}`).toBe(shards);
    }
  });

  test('an array at the routing field is refused with its place, in records and in patches', async () => {
    const { store } = await watchedShards(3, { by: { field: 'tenant' } });
    await store.upsert(records);
    const array = { tenant: ['a', 'b'] };
    await expect(store.upsert([{ id: 'x', vector: [0, 0], payload: array }])).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('records[0].payload'),
    });
    await expect(store.setPayload('r1', array)).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(await store.get('r1')).toMatchObject({ payload: { tenant: 'b' } });
  });
});

describe('the list of shards', () => {
  async function made() {
    const paths = [await directory(), await directory(), await directory()].map((path) => `native:${path}`);
    await using db = await connectShards(paths);
    const store = await db.createCollection('c', spec);
    await store.upsert(records);
    return paths as [string, string, string];
  }

  test('in the same order everything is found again', async () => {
    const paths = await made();
    await using db = await connectShards(paths);
    const store = await db.collection('c');
    expect(await store.count()).toBe(70);
    expect((await store.get(records.map(({ id }) => id))).filter((record) => record === undefined)).toEqual([]);
    expect(await store.listNamespaces()).toEqual([]);
    expect((await db.listCollections()).map(({ name }) => name)).toEqual(['c']);
  });

  test.each<[string, (paths: [string, string, string]) => string[], ShardOptions, string]>([
    ['another order', ([a, b, c]) => [b, a, c], {}, 'its shard 1'],
    ['fewer', ([a, b]) => [a, b], {}, 'created on 3 shards, not on 2'],
    ['other routing', (paths) => paths, { by: { field: 'tenant' } }, 'routed by'],
    ['one more', (paths) => [...paths, 'native:'], {}, 'not on shard 3'],
  ])('%s is a Conflict, also when it is to be dropped or created', async (what, change, options, message) => {
    const paths = await made();
    {
      await using db = await connectShards(change(paths), options);
      const conflict = { code: 'Conflict', message: expect.stringContaining(message) };
      await expect(db.collection('c')).rejects.toMatchObject(conflict);
      if (what === 'one more') await expect(db.createCollection('c', spec)).rejects.toMatchObject({ code: 'Conflict' });
      else await expect(db.dropCollection('c')).rejects.toMatchObject(conflict);
    }
    await using db = await connectShards(paths);
    expect(await (await db.collection('c')).count()).toBe(70);
  });

  test('an interrupted creation is made good, a collection of somebody else is not touched', async () => {
    const [a, b, c] = [await watched(), await watched(), await watched()];
    const drivers = [a.driver, b.driver, c.driver];
    const own: ShardOptions = {};
    const db = await connectShards(drivers, own);
    b.trouble.on = (call) => (call === 'reserved upsert' ? down() : undefined);
    await expect(db.createCollection('c', spec)).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('shard 1 (native)'),
    });
    expect(await db.hasCollection('c')).toBe(false);
    delete b.trouble.on;
    await (await connectShards([c.driver])).createCollection('c', spec);
    // Left behind, and empty.
    await db.createCollection('c', spec);
    expect(await (await db.collection('c')).count()).toBe(0);
  });
});

describe('a shard that fails', () => {
  test("'all': the call fails, and says which shard", async () => {
    const { shards, store } = await watchedShards(3, {});
    await store.upsert(records);
    shards[1]!.trouble.on = () => down();
    const error = { code: 'Unavailable', message: expect.stringContaining('shard 1 (native): down') };
    await expect(store.search([0, 0])).rejects.toMatchObject(error);
    await expect(store.count()).rejects.toMatchObject(error);
    await expect(store.filter({})).rejects.toMatchObject(error);
    await expect(store.delete({ filter: { i: 1 } })).rejects.toMatchObject(error);
  });

  test.each([
    ['down', 'failed'],
    ['unknown', 'unknown'],
  ])('a write by id says of each id how it ended (%s), and which shard it was', async (message, column) => {
    const { shards, store } = await watchedShards(3, {});
    shards[1]!.trouble.on = () => Promise.reject(new VectorStoreError('Unavailable', message));
    const error = (await store
      .upsert(records, { details: true })
      .catch((caught: unknown) => caught)) as VectorStoreError;
    expect(error).toMatchObject({ code: 'PartialFailure', message: expect.stringContaining('shard 1 (native)') });
    const { acknowledgedIds = [], failed, unknown } = error.result!;
    const others = column === 'failed' ? failed.map(({ id }) => id) : unknown;
    const router = routerOf('hash', 3);
    expect(others.sort()).toEqual(
      records
        .map(({ id }) => id)
        .filter((id) => router.shardOfId(id) === 1)
        .sort(),
    );
    expect([...acknowledgedIds, ...others].sort()).toEqual(records.map(({ id }) => id).sort());
  });

  test("'partial': a search is answered by the others, and marked; nothing else is partial", async () => {
    const told: (readonly FailedShard[])[] = [];
    const { shards, store } = await watchedShards(3, {
      onFailure: 'partial',
      onPartial: (failed) => told.push(failed),
    });
    await store.upsert(records);
    const whole = await store.search([0, 0], { k: 100 });
    expect([whole.length, partialFailures(whole)]).toEqual([70, undefined]);
    shards[1]!.trouble.on = () => down();
    const router = routerOf('hash', 3);
    const found = await store.search([0, 0], { k: 100 });
    expect(found.map(({ id }) => id)).toEqual(records.map(({ id }) => id).filter((id) => router.shardOfId(id) !== 1));
    const failed = [{ shard: 1, provider: 'native', code: 'Unavailable', message: 'shard 1 (native): down' }];
    expect(partialFailures(found)).toEqual(failed);
    expect(told).toEqual([failed]);
    for (const matches of await store.searchBatch([
      [0, 0],
      [9, 0],
    ]))
      expect(partialFailures(matches)).toEqual(failed);
    await expect(store.count()).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(store.filter({})).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(store.get(records.map(({ id }) => id))).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(store.upsert(records)).rejects.toMatchObject({ code: 'PartialFailure' });
    for (const { trouble } of shards) trouble.on = () => down();
    await expect(store.search([0, 0])).rejects.toMatchObject({ code: 'Unavailable' });
  });

  test("'partial': one that hangs is away after shardTimeoutMs; a bad question is no reason for a partial answer", async () => {
    const { shards, store } = await watchedShards(2, { onFailure: 'partial', shardTimeoutMs: 50 });
    await store.upsert(records);
    shards[0]!.trouble.on = () => new Promise(() => undefined);
    const began = performance.now();
    expect(partialFailures(await store.search([0, 0]))).toMatchObject([{ shard: 0, code: 'Timeout' }]);
    expect(performance.now() - began).toBeLessThan(2_000);
    shards[0]!.trouble.on = () => Promise.reject(new VectorStoreError('Unsupported', 'no'));
    await expect(store.search([0, 0])).rejects.toMatchObject({ code: 'Unsupported' });
  });
});

describe('a record that changes its shard', () => {
  async function moving() {
    const { shards, db, store } = await watchedShards(4, { by: { field: 'tenant' } });
    const router = routerOf({ field: 'tenant' }, 4);
    const from = router.shardOfPayload({ tenant: 'a' })!;
    const to = tenants.find((tenant) => router.shardOfPayload({ tenant }) !== from)!;
    await store.upsert({ id: 'r', vector: [1, 1], payload: { tenant: 'a' } });
    return { shards, db, store, from, to, target: router.shardOfPayload({ tenant: to })! };
  }

  test('is there once, whatever reads meet it on its way', async () => {
    const { shards, store, from, to } = await moving();
    let inTheMiddle: Promise<unknown> | undefined;
    shards[from]!.trouble.on = (call) => {
      if (call !== 'delete') return undefined;
      inTheMiddle = Promise.all([store.count(), store.search([1, 1]), store.get('r')]);
      return new Promise((resolve) => setTimeout(resolve, 20));
    };
    await store.setPayload('r', { tenant: to });
    expect(await inTheMiddle).toMatchObject([1, [{ id: 'r', payload: { tenant: to } }], { payload: { tenant: to } }]);
  });

  test('writes of one id do not pass each other', async () => {
    const { store, to } = await moving();
    await Promise.all(
      Array.from({ length: 40 }, (_, i) =>
        store.upsert({ id: 'r', vector: [i, 0], payload: { tenant: i % 2 ? 'a' : to } }),
      ),
    );
    expect(await store.get('r')).toMatchObject({ payload: { tenant: 'a' } });
    expect(await store.count()).toBe(1);
  });

  test('is not lost, and not there twice, where the old shard fails: the write is unknown until it is opened again', async () => {
    const { shards, store, from, to } = await moving();
    shards[from]!.trouble.on = (call) => (call === 'delete' ? down() : undefined);
    await expect(store.setPayload('r', { tenant: to })).rejects.toMatchObject({
      code: 'PartialFailure',
      result: { acknowledged: 0, unknown: ['r'] },
    });
    delete shards[from]!.trouble.on;
    const after = await connectShards(
      shards.map(({ driver }) => driver),
      { by: { field: 'tenant' } },
    );
    const reopened = await after.collection('c');
    expect(await reopened.count()).toBe(1);
    expect(await reopened.get('r')).toMatchObject({ payload: { tenant: to } });
  });

  test('stays where it is if the new shard fails', async () => {
    const { shards, store, to, target } = await moving();
    shards[target]!.trouble.on = (call) => (call === 'upsert' ? down() : undefined);
    await expect(store.setPayload('r', { tenant: to })).rejects.toMatchObject({ code: 'Unavailable' });
    const after = await connectShards(
      shards.map(({ driver }) => driver),
      { by: { field: 'tenant' } },
    );
    const reopened = await after.collection('c');
    expect(await reopened.get('r')).toMatchObject({ payload: { tenant: 'a' } });
    expect(await reopened.count()).toBe(1);
  });

  test('is given once by a listing that is under way', async () => {
    const { store } = await watchedShards(4, { by: { field: 'tenant' } });
    await store.upsert(records);
    const seen: string[] = [];
    for await (const { id, payload } of store.scan({ batchSize: 5 })) {
      seen.push(id);
      // Everything wanders on to the next tenant behind the reader's back.
      const next = tenants[(tenants.indexOf((payload as { tenant: string }).tenant) + 1) % 7]!;
      await store.setPayload(id, { tenant: next });
    }
    expect(seen.length).toBe(new Set(seen).size);
  });
});

test('bad options are refused', async () => {
  const bad: unknown[] = [
    { by: 'random' },
    { by: {} },
    { by: { field: '' } },
    { onFailure: 'some' },
    { shardTimeoutMs: 5 },
    { x: 1 },
  ];
  for (const options of bad)
    await expect(connectShards(['native:'], options as ShardOptions), JSON.stringify(options)).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
  await expect(connectShards([])).rejects.toMatchObject({ code: 'InvalidArgument' });
  await using db = await connectShards(['native:', 'native:']);
  const store = await db.createCollection('c', spec);
  await expect(store.namespace('anyvec.shards').count()).rejects.toMatchObject({ code: 'InvalidArgument' });
});

test('texts are ranked over all shards as one store ranks them, and never over some of them', async () => {
  const { db, shards } = await watchedShards(3, { onFailure: 'partial' });
  await using one = await connect('native:');
  const withTexts = { ...spec, fields: { x: 'text' } } as const;
  const stores = await Promise.all([db, one].map((each) => each.createCollection('texts', withTexts)));
  for (const store of stores) {
    const words = (i: number) => `${i % 3 === 0 ? 'tove ' : ''}${'gyre '.repeat(i % 4)}wabe`;
    await store.upsert(
      Array.from({ length: 30 }, (_, i) => ({ id: `r${i}`, vector: [i, 1], payload: { x: words(i) } })),
    );
  }
  const [sharded, whole] = await Promise.all(
    stores.map(async (store) => [
      await store.searchHybrid({ text: 'tove gyre' }, { k: 30 }),
      await store.searchHybrid({ text: 'tove gyre', vector: [7, 1] }, { k: 30 }),
    ]),
  );
  expect(sharded).toEqual(whole);
  shards[1]!.trouble.on = async (call) => {
    if (call === 'search') throw new VectorStoreError('Unavailable', 'away');
  };
  expect(partialFailures(await stores[0]!.search([7, 1]))).toHaveLength(1);
  await expect(stores[0]!.searchHybrid({ text: 'tove', vector: [7, 1] })).rejects.toMatchObject({
    code: 'Unavailable',
  });
});
