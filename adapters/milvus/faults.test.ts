import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startMilvus, type TestServer } from '../../conformance/backends/milvus.ts';
import { type VectorDatabase, type VectorStore, VectorStoreError, type WriteResult } from '../../src/index.ts';
import { retry } from '../../src/middleware/retry.ts';
import { createDatabase } from '../../src/portable/database.ts';
import { type GrpcFault, GrpcProxy } from '../../test/support/grpc-proxy.ts';
import { openConnection } from './client.ts';
import { config } from './config.ts';
import { MilvusDriver } from './driver.ts';

const attempts = 4;
const token = 'canary-4711';

/** Faults that certainly keep the server from seeing the call, and those after which nobody can tell. */
const unseen: readonly GrpcFault[] = [
  'html-502',
  { status: 14 },
  { status: 8 },
  { status: 16 },
  { status: 7 },
  { status: 3 },
];
const uncertain: readonly GrpcFault[] = [
  'reset',
  'disconnect',
  'applied-reset',
  'applied-disconnect',
  'applied-truncated',
  'applied-garbage',
  'applied-empty',
];
const silent: readonly GrpcFault[] = ['hang', 'applied-hang'];
const faults = [...unseen, ...uncertain, ...silent];
/** Failures that a later attempt may mend. */
const passing: readonly GrpcFault[] = [
  'html-502',
  { status: 14 },
  { status: 8 },
  'reset',
  'disconnect',
  'applied-reset',
  'applied-disconnect',
  'slow',
];

let server: TestServer;
let proxy: GrpcProxy;
let db: VectorDatabase;
let direct: VectorDatabase;
let serial = 0;

beforeAll(async () => {
  server = await startMilvus('milvus-lite');
  proxy = await GrpcProxy.start(server.port);
  db = await open(proxy.port);
  direct = await open(server.port);
}, 60_000);

afterAll(async () => {
  await db?.close();
  await direct?.close();
  await proxy?.close();
  await server?.stop();
});

async function open(port: number): Promise<VectorDatabase> {
  const settings = config.parse({ provider: 'milvus', url: `http://127.0.0.1:${port}`, token });
  const driver = new MilvusDriver(await openConnection(settings), settings.timeoutMs);
  return createDatabase(retry({ attempts, baseDelayMs: 1, budgetReserve: 1_000 })(driver));
}

/** A collection with `a0` … `a4`, seen through the proxy and directly. */
async function filled(): Promise<{ store: VectorStore; truth: VectorStore }> {
  proxy.faultOf = () => undefined;
  const name = `faults-${serial++}`;
  const store = await db.createCollection(name, { dimension: 2, metric: 'euclidean', index: { type: 'flat' } });
  await store.upsert([0, 1, 2, 3, 4].map((i) => ({ id: `a${i}`, vector: [i, 1], payload: { i } })));
  await store.count();
  return { store, truth: await direct.collection(name) };
}

function plant(method: string, fault: GrpcFault, times: number): void {
  let left = times;
  proxy.calls.length = 0;
  proxy.faultOf = (called) => (called === method && left-- > 0 ? fault : undefined);
}

const seen = (method: string) => proxy.calls.filter((called) => called === method).length;

interface Write {
  readonly name: string;
  readonly method: string;
  readonly ids: readonly string[];
  run(store: VectorStore, timeoutMs: number): Promise<WriteResult>;
  /** Whether a record shows that the write was made. */
  made(record: object | undefined): boolean;
}

const writes: readonly Write[] = [
  {
    name: 'upsert',
    method: 'Upsert',
    ids: ['a0', 'b0', 'b1'],
    run: (store, timeoutMs) =>
      store.upsert(
        ['a0', 'b0', 'b1'].map((id) => ({ id, vector: [9, 9], payload: { new: true } })),
        { details: true, timeoutMs },
      ),
    made: (record) => JSON.stringify(record) === '{"new":true}',
  },
  {
    name: 'delete',
    method: 'Delete',
    ids: ['a0', 'a1', 'a2'],
    run: (store, timeoutMs) => store.delete(['a0', 'a1', 'a2'], { details: true, timeoutMs }),
    made: (record) => record === undefined,
  },
  {
    name: 'setPayload',
    method: 'Upsert',
    ids: ['a0', 'a1'],
    run: (store, timeoutMs) => store.setPayload(['a0', 'a1'], { new: true }, { details: true, timeoutMs }),
    made: (record) => JSON.stringify(record)?.includes('new') ?? false,
  },
];

const show = (fault: GrpcFault) => (typeof fault === 'string' ? fault : `status ${fault.status}`);
const timeoutOf = (fault: GrpcFault) => (silent.includes(fault) ? 250 : 20_000);

/** Every id in exactly one column, and each column says the truth. */
async function checkBooks(write: Write, truth: VectorStore, result: WriteResult): Promise<void> {
  const { acknowledgedIds = [], missing, failed, unknown } = result;
  const all = [...acknowledgedIds, ...missing, ...failed.map(({ id }) => id), ...unknown];
  expect(all.sort()).toEqual([...write.ids].sort());
  for (const id of write.ids) {
    const record = await truth.get(id, { consistency: 'strong' });
    const made = write.made(record?.payload);
    if (acknowledgedIds.includes(id)) expect(made, `${id} acknowledged`).toBe(true);
    if (failed.some((entry) => entry.id === id)) expect(made, `${id} failed`).toBe(false);
  }
}

async function outcomeOf(work: Promise<WriteResult>): Promise<{ result: WriteResult; error?: VectorStoreError }> {
  try {
    return { result: await work };
  } catch (error) {
    if (!VectorStoreError.is(error) || error.result === undefined) throw error;
    return { result: error.result, error };
  }
}

describe.each(writes)('$name', (write) => {
  test.each(faults.map((fault) => [show(fault), fault] as const))(
    '%s, always: typed, bounded, every id accounted for',
    async (_name, fault) => {
      const { store, truth } = await filled();
      plant(write.method, fault, 1_000);
      const { result, error } = await outcomeOf(write.run(store, timeoutOf(fault)));
      // A delete that was made although its answers were lost is seen to be made when it is tried again; nothing else may seem to succeed.
      const isSeen = write.name === 'delete' && (fault === 'applied-reset' || fault === 'applied-disconnect');
      expect(error === undefined, error?.message).toBe(isSeen);
      expect(seen(write.method)).toBeLessThanOrEqual(attempts);
      expect(JSON.stringify([error, String(error?.stack), String(error?.cause)])).not.toContain(token);
      await checkBooks(write, truth, result);
      if (unseen.includes(fault))
        for (const id of write.ids)
          expect(write.made((await truth.get(id, { consistency: 'strong' }))?.payload), 'nothing was sent on').toBe(
            false,
          );
    },
  );

  test.each(passing.map((fault) => [show(fault), fault] as const))(
    '%s, once: made by a later attempt',
    async (_name, fault) => {
      const { store, truth } = await filled();
      plant(write.method, fault, 1);
      const { result } = await outcomeOf(write.run(store, timeoutOf(fault)));
      expect([...result.failed, ...result.unknown]).toEqual([]);
      for (const id of write.ids)
        expect(write.made((await truth.get(id, { consistency: 'strong' }))?.payload), id).toBe(true);
    },
  );
});

interface Read {
  readonly name: string;
  readonly method: string;
  run(store: VectorStore, options: { timeoutMs?: number; signal?: AbortSignal }): Promise<unknown>;
}

const reads: readonly Read[] = [
  { name: 'search', method: 'Search', run: (store, options) => store.search([0, 0], { k: 3, ...options }) },
  { name: 'filter', method: 'Query', run: (store, options) => store.filter({ i: { $gt: 1 } }, options) },
  { name: 'get', method: 'Query', run: (store, options) => store.get(['a0', 'a9'], options) },
  { name: 'count', method: 'Query', run: (store, options) => store.count({ i: 1 }, options) },
];

describe.each(reads)('$name', (read) => {
  test.each(faults.map((fault) => [show(fault), fault] as const))(
    '%s, always: a typed error, never a wrong answer',
    async (_name, fault) => {
      const { store } = await filled();
      plant(read.method, fault, 1_000);
      const error: unknown = await read.run(store, { timeoutMs: timeoutOf(fault) }).then(
        (answer) => ({ answer }),
        (thrown: unknown) => thrown,
      );
      expect(VectorStoreError.is(error), JSON.stringify(error)).toBe(true);
      expect(seen(read.method)).toBeLessThanOrEqual(attempts);
    },
  );

  test.each(passing.map((fault) => [show(fault), fault] as const))(
    '%s, once: answered by a later attempt',
    async (_name, fault) => {
      const { store, truth } = await filled();
      plant(read.method, fault, 1);
      expect(await read.run(store, {})).toEqual(await read.run(truth, {}));
    },
  );

  test('hang: an abort ends it at once', async () => {
    const { store } = await filled();
    plant(read.method, 'hang', 1_000);
    const controller = new AbortController();
    const pending = read.run(store, { signal: controller.signal }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = performance.now();
    controller.abort();
    expect(VectorStoreError.is(await pending, 'Aborted')).toBe(true);
    expect(performance.now() - began).toBeLessThan(50);
  });
});

test('a server that nobody listens for says what to check', async () => {
  const settings = config.parse({ provider: 'milvus', url: 'http://127.0.0.1:1', connectTimeoutMs: 2_000 });
  await expect(openConnection(settings)).rejects.toThrow(/ECONNREFUSED|connect/);
});
