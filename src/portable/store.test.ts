import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { adapter as native } from '../../adapters/native/index.ts';
import type { CollectionDriver, Driver } from '../driver.ts';
import { VectorStoreError } from '../errors.ts';
import { forwardCollection, forwardDriver } from '../middleware/forward.ts';
import type { VectorStore } from '../store.ts';
import type { RecordInput } from '../types.ts';
import { createDatabase } from './database.ts';

/** A store in memory whose driver is tampered with. */
async function openStore(
  change: (inner: CollectionDriver) => Partial<CollectionDriver> = () => ({}),
  limits: object = {},
): Promise<VectorStore> {
  const driver = await native.open({ provider: 'native' });
  const wrapCollection = (inner: CollectionDriver) => {
    const { capabilities } = inner;
    return forwardCollection(inner, {
      capabilities: { ...capabilities, limits: { ...capabilities.limits, ...limits } },
      ...change(inner),
    });
  };
  return createDatabase(forwardDriver(driver, { wrapCollection })).createCollection('c', {
    dimension: 2,
    metric: 'dot',
  });
}

const record = (i: number): RecordInput => ({ id: `r${i}`, vector: [i, 1], payload: { i } });
const records = (n: number): RecordInput[] => Array.from({ length: n }, (_, i) => record(i));
const never = () => new Promise<never>(() => {});
const caught = (promise: Promise<unknown>): Promise<VectorStoreError> =>
  promise.then(
    () => Promise.reject(new Error('it did not reject')),
    (error: unknown) => error as VectorStoreError,
  );

describe('an array of records', () => {
  it('is split by records and by bytes, and every batch arrives', async () => {
    const sizes: number[] = [];
    const watch = (inner: CollectionDriver): Partial<CollectionDriver> => ({
      upsert: (namespace, batch, context) => {
        sizes.push(batch.length);
        return inner.upsert(namespace, batch, context);
      },
    });
    const byRecords = await openStore(watch, { batchRecords: 100 });
    expect(await byRecords.upsert(records(250))).toMatchObject({ acknowledged: 250 });
    expect(sizes).toEqual([100, 100, 50]);
    sizes.length = 0;
    const bytes = 8 + 'r0'.length + '{"i":0}'.length;
    const byBytes = await openStore(watch, { batchBytes: bytes * 3 });
    await byBytes.upsert(records(7));
    expect(sizes).toEqual([3, 3, 1]);
    expect(await byBytes.count()).toBe(7);
  });

  it('is validated whole: nothing is sent if one record is bad', async () => {
    const upsert = vi.fn();
    const store = await openStore(() => ({ upsert }));
    const bad = [...records(2_000), { id: '', vector: [1, 2] }];
    expect(await caught(store.upsert(bad))).toMatchObject({
      code: 'InvalidArgument',
      operation: 'upsert',
      collection: 'c',
      message: expect.stringContaining('records[2000].id'),
    });
    expect(upsert).not.toHaveBeenCalled();
  });

  it('stops after a failed batch: sent ones are acknowledged, the failed and the unsent have failed', async () => {
    let calls = 0;
    const store = await openStore(
      (inner) => ({
        upsert: async (namespace, batch, context) => {
          if (++calls === 2) throw new VectorStoreError('PermissionDenied', 'read only');
          return inner.upsert(namespace, batch, context);
        },
      }),
      { batchRecords: 2, concurrency: 1 },
    );
    const error = await caught(store.upsert(records(7)));
    expect(error).toMatchObject({
      code: 'PartialFailure',
      result: { acknowledged: 2, unknown: [] },
      cause: { code: 'PermissionDenied' },
    });
    expect(error.result!.failed).toEqual(
      ['r2', 'r3', 'r4', 'r5', 'r6'].map((id) => ({ id, code: 'PermissionDenied' })),
    );
    expect(calls).toBe(2);
    expect(await store.count()).toBe(2);
  });

  it('rejects with the very error, not PartialFailure, if nothing was written', async () => {
    const store = await openStore(() => ({
      upsert: async () => Promise.reject(new VectorStoreError('Unauthenticated', 'bad key')),
    }));
    expect(await caught(store.upsert(records(3)))).toMatchObject({
      code: 'Unauthenticated',
      ids: ['r0', 'r1', 'r2'],
      result: { acknowledged: 0 },
    });
  });

  it('an error that nobody can read leaves its ids unknown', async () => {
    const store = await openStore(() => ({ upsert: async () => Promise.reject(new Error('connection reset')) }));
    expect(await caught(store.upsert(records(2)))).toMatchObject({
      code: 'PartialFailure',
      result: { acknowledged: 0, failed: [], unknown: ['r0', 'r1'] },
      cause: { code: 'Internal' },
    });
  });

  it('takes the per-id outcomes of a driver', async () => {
    const store = await openStore(() => ({
      upsert: async () => ({ acknowledged: 1, failed: [{ id: 'r1', code: 'RateLimited' as const }], unknown: ['r2'] }),
    }));
    const error = await caught(store.upsert(records(3), { details: true }));
    expect(error).toMatchObject({
      code: 'PartialFailure',
      result: {
        acknowledged: 1,
        acknowledgedIds: ['r0'],
        failed: [{ id: 'r1', code: 'RateLimited' }],
        unknown: ['r2'],
      },
    });
  });

  it('aborted: what is in flight is unknown, what was not sent has failed, without waiting for the backend', async () => {
    const controller = new AbortController();
    const store = await openStore(() => ({ upsert: never }), { batchRecords: 1, concurrency: 2 });
    const began = performance.now();
    setTimeout(() => controller.abort(), 20);
    const error = await caught(store.upsert(records(4), { signal: controller.signal, concurrency: 2 }));
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(error).toMatchObject({ code: 'PartialFailure', cause: { code: 'Aborted' } });
    expect(error.result).toMatchObject({
      unknown: ['r0', 'r1'],
      failed: [
        { id: 'r2', code: 'Aborted' },
        { id: 'r3', code: 'Aborted' },
      ],
    });
  });
});

describe('a stream of records', () => {
  it('is read no faster than batches go out', async () => {
    let read = 0;
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const store = await openStore(
      (inner) => ({
        upsert: async (...args) => {
          await gate;
          return inner.upsert(...args);
        },
      }),
      { batchRecords: 10, concurrency: 2 },
    );
    async function* source() {
      for (; read < 1_000; read++) yield record(read);
    }
    const done = store.upsert(source());
    await new Promise((resolve) => setTimeout(resolve, 30));
    // Two batches in flight, a third full, and one record beyond it read.
    expect(read).toBeLessThanOrEqual(31);
    release();
    expect(await done).toMatchObject({ acknowledged: 1_000 });
  });

  it('keeps no more batches in flight than asked, and lets a repeated id wait for its predecessor', async () => {
    let inFlight = 0;
    let most = 0;
    const seen: string[][] = [];
    const done: string[] = [];
    const store = await openStore(
      (inner) => ({
        upsert: async (namespace, batch, context) => {
          most = Math.max(most, ++inFlight);
          seen.push(batch.map((one) => `${one.id}:${String(one.payload.v)}`));
          // The first write of `a` is the slowest: whoever does not wait for it overtakes it.
          await new Promise((resolve) => setTimeout(resolve, seen.length === 1 ? 40 : 5));
          inFlight--;
          done.push(batch.map((one) => `${one.id}:${String(one.payload.v)}`).join());
          return inner.upsert(namespace, batch, context);
        },
      }),
      { batchRecords: 1, concurrency: 3 },
    );
    const order = ['a', 'b', 'a', 'c', 'a', 'd', 'e'];
    await store.upsert(
      (function* () {
        for (const [v, id] of order.entries()) yield { id, vector: [1, 1], payload: { v } };
      })(),
    );
    expect(most).toBe(3);
    expect((await store.get('a'))?.payload).toEqual({ v: 4 });
    expect(done.filter((entry) => entry.startsWith('a'))).toEqual(['a:0', 'a:2', 'a:4']);
  });

  it('an error of the source settles what is in flight, calls return(), and is the cause', async () => {
    const store = await openStore(undefined, { batchRecords: 2 });
    const failure = new Error('disk unplugged');
    let returned = 0;
    const source: AsyncIterable<RecordInput> = {
      [Symbol.asyncIterator]() {
        let i = 0;
        return {
          next: async () => (i < 5 ? { value: record(i++), done: false } : Promise.reject(failure)),
          return: async () => {
            returned++;
            return { value: undefined, done: true };
          },
        };
      },
    };
    const error = await caught(store.upsert(source));
    expect(error).toMatchObject({
      code: 'PartialFailure',
      result: { acknowledged: 4, failed: [{ id: 'r4', code: 'InvalidArgument' }] },
    });
    expect((error.cause as Error).cause).toBe(failure);
    expect(returned).toBe(1);
    expect(await store.count()).toBe(4);
  });

  it('a bad record stops it with its place; the source is closed', async () => {
    const store = await openStore(undefined, { batchRecords: 2 });
    let closed = false;
    function* source() {
      try {
        for (let i = 0; ; i++) yield i === 5 ? { id: 'x', vector: [NaN, 1] } : record(i);
      } finally {
        closed = true;
      }
    }
    const error = await caught(store.upsert(source()));
    expect(error).toMatchObject({
      code: 'PartialFailure',
      result: { acknowledged: 4 },
      cause: { code: 'InvalidArgument', message: expect.stringContaining('records[5].vector[0]') },
    });
    expect(closed).toBe(true);
  });

  it('an aborted stream ends even if the source hangs', async () => {
    const controller = new AbortController();
    const store = await openStore();
    async function* source() {
      yield record(0);
      await never();
    }
    setTimeout(() => controller.abort(), 10);
    expect(await caught(store.upsert(source(), { signal: controller.signal }))).toMatchObject({
      code: 'PartialFailure',
      cause: { code: 'Aborted' },
      result: { failed: [{ id: 'r0', code: 'Aborted' }] },
    });
  });

  it('stops reading once a batch has failed', async () => {
    let read = 0;
    const store = await openStore(
      () => ({ upsert: async () => Promise.reject(new VectorStoreError('Unavailable', 'down')) }),
      { batchRecords: 1 },
    );
    function* source() {
      for (; ; read++) yield record(read);
    }
    await expect(store.upsert(source())).rejects.toMatchObject({ code: 'Unavailable' });
    expect(read).toBeLessThan(10);
  });
});

describe('a call', () => {
  it('ends at its deadline with Timeout, and at abort with Aborted, whatever the backend does', async () => {
    const store = await openStore(() => ({ search: never }));
    expect(await caught(store.search([1, 1], { timeoutMs: 10 }))).toMatchObject({
      code: 'Timeout',
      retryable: true,
      operation: 'search',
      provider: 'native',
    });
    expect(await caught(store.search([1, 1], { signal: AbortSignal.timeout(10) }))).toMatchObject({ code: 'Aborted' });
    expect(await caught(store.search([1, 1], { signal: AbortSignal.abort() }))).toMatchObject({ code: 'Aborted' });
  });

  it('may share its signal with a hundred others, and no warning of a leak comes of it', async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => warnings.push(warning);
    process.on('warning', listener);
    const controller = new AbortController();
    const store = await openStore(() => ({ search: never }));
    const calls = Array.from({ length: 100 }, () => caught(store.search([1, 1], { signal: controller.signal })));
    controller.abort();
    for (const error of await Promise.all(calls)) expect(error.code).toBe('Aborted');
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('warning', listener);
    expect(warnings).toEqual([]);
  });

  it('refuses unknown options, which would otherwise be passed over', async () => {
    const store = await openStore();
    expect(await caught(store.search([1, 1], { topK: 5 } as object))).toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('topK'),
    });
    expect(await caught(store.search([1, 1], { filters: { a: 1 } } as object))).toMatchObject({
      code: 'InvalidArgument',
    });
  });

  it('takes input that throws when read as bad input', async () => {
    const store = await openStore();
    const hostile = { get id() { throw new Error('gotcha'); }, vector: [1, 1] } as unknown as RecordInput; // biome-ignore format: short
    expect(await caught(store.upsert([hostile]))).toMatchObject({
      code: 'InvalidArgument',
      cause: { message: 'gotcha' },
    });
    const filter: { a: number } = { get a(): number { throw new Error('gotcha'); } }; // biome-ignore format: short
    expect(await caught(store.count(filter))).toMatchObject({ code: 'InvalidArgument' });
  });

  it('is published on the tracing channel with names, and never with payloads or vectors', async () => {
    const seen: object[] = [];
    const listener = (message: unknown) => seen.push({ ...(message as object) });
    subscribe('tracing:anyvec:call:start', listener);
    try {
      const store = await openStore();
      await store.namespace('tenant').upsert({ id: 'secret-id', vector: [7, 7], payload: { secret: 'value' } });
    } finally {
      unsubscribe('tracing:anyvec:call:start', listener);
    }
    expect(seen).toContainEqual({ operation: 'upsert', provider: 'native', collection: 'c', namespace: 'tenant' });
    expect(JSON.stringify(seen)).not.toContain('secret');
  });

  it('close() waits for the calls under way, and later calls are refused', async () => {
    let finished = false;
    const store = await openStore((inner) => ({
      count: async (...args) => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        finished = true;
        return inner.count(...args);
      },
    }));
    const counting = store.count();
    await store.close();
    expect(finished).toBe(true);
    expect(await counting).toBe(0);
    expect(await caught(store.count())).toMatchObject({ code: 'StoreClosed' });
  });
});

describe('a payload schema', () => {
  const schema = z.object({ title: z.string(), year: z.int().default(2000), tags: z.array(z.string()).optional() });
  const open = async () => {
    const driver: Driver = await native.open({ provider: 'native' });
    return { db: createDatabase(driver) };
  };

  it('validates upserts, and its output is what is stored', async () => {
    const { db } = await open();
    const store = await db.createCollection('c', { dimension: 1, metric: 'dot', payload: schema });
    await store.upsert({ id: 'a', vector: [1], payload: { title: 'x' } as z.infer<typeof schema> });
    expect((await store.get('a'))?.payload).toEqual({ title: 'x', year: 2000 });
    const bad = caught(store.upsert({ id: 'b', vector: [1], payload: { title: 1 } as never }));
    expect(await bad).toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('record.payload["title"]'),
    });
    expect(await store.count()).toBe(1);
  });

  it('validates setPayload in replace mode; a merge checks declared fields only', async () => {
    const { db } = await open();
    const store = await db.createCollection('c', {
      dimension: 1,
      metric: 'dot',
      payload: schema,
      fields: { year: 'number' },
    });
    await store.upsert({ id: 'a', vector: [1], payload: { title: 'x', year: 1 } });
    expect(await caught(store.setPayload('a', { year: 2 }, { mode: 'replace' }))).toMatchObject({
      code: 'InvalidArgument',
    });
    expect(await caught(store.setPayload('a', { year: 'new' } as never))).toMatchObject({ code: 'InvalidArgument' });
    await store.setPayload('a', { title: 5 } as never);
    expect((await store.get('a'))?.payload).toEqual({ title: 5, year: 1 });
  });

  it('checks what is read only with validateReads', async () => {
    const { db } = await open();
    const loose = await db.createCollection('c', { dimension: 1, metric: 'dot' });
    await loose.upsert({ id: 'a', vector: [1], payload: { title: 1 } });
    const trusting = await db.collection('c', { payload: schema });
    expect((await trusting.get('a'))?.payload).toEqual({ title: 1 });
    const strict = await db.collection('c', { payload: schema, validateReads: true });
    for (const read of [
      () => strict.get('a'),
      () => strict.search([1]),
      () => strict.filter({}),
      () => strict.scan().next(),
    ]) {
      expect(await caught(read())).toMatchObject({ code: 'Corruption', ids: ['a'] });
    }
  });

  it('is refused if it is none', async () => {
    const { db } = await open();
    expect(await caught(db.createCollection('c', { dimension: 1, metric: 'dot', payload: {} as never }))).toMatchObject(
      { code: 'InvalidArgument', message: expect.stringContaining('Standard Schema') },
    );
  });
});

describe('a scan', () => {
  it('that is aborted while it lets others have their turn gives nothing more', async () => {
    const store = await openStore();
    await store.upsert(records(500));
    const aborting = new AbortController();
    let given = 0;
    const read = async () => {
      for await (const _ of store.scan({ signal: aborting.signal, batchSize: 500 })) {
        given += 1;
        if (given !== 100) continue;
        setImmediate(() => aborting.abort());
        for (const end = performance.now() + 8; performance.now() < end; );
      }
    };
    expect((await caught(read())).code).toBe('Aborted');
    expect(given).toBe(100);
  });

  it('gives up what was taken from it before its page has ended', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const store = await openStore();
    await store.upsert(records(200));
    const given: WeakRef<object>[] = [];
    const ids: string[] = [];
    for await (const record of store.scan({ batchSize: 200 })) {
      ids.push(record.id);
      given.push(new WeakRef(record));
      if (given.length !== 150) continue;
      // References that were just made, or followed, are kept to the end of the job.
      await new Promise((resolve) => setTimeout(resolve));
      collectGarbage();
      expect(given.slice(0, 140).filter((reference) => reference.deref() !== undefined)).toHaveLength(0);
    }
    expect(ids).toEqual(records(200).map(({ id }) => id));
  });
});
