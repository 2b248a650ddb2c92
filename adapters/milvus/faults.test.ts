import { createServer, type Server } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type VectorDatabase, type VectorStore, VectorStoreError, type WriteResult } from '../../src/index.ts';
import { type RetryOptions, retry } from '../../src/middleware/retry.ts';
import { createDatabase } from '../../src/portable/database.ts';
import { type GrpcFault, GrpcProxy } from '../../test/support/grpc-proxy.ts';
import { openConnection } from './client.ts';
import { config } from './config.ts';
import { MilvusDriver } from './driver.ts';

const attempts = 4;
const token = 'canary-4711';
const patient: RetryOptions = { attempts, baseDelayMs: 1, budgetReserve: 1_000 };

/** The server has not seen the call. */
const unseen: { readonly [name: string]: GrpcFault } = {
  'a reset': 'reset',
  'a broken connection': 'disconnect',
  'an error page': 'html-502',
  'a redirect to another origin': 'redirect',
  CANCELLED: { status: 1 },
  UNKNOWN: { status: 2 },
  INVALID_ARGUMENT: { status: 3 },
  DEADLINE_EXCEEDED: { status: 4 },
  NOT_FOUND: { status: 5 },
  PERMISSION_DENIED: { status: 7 },
  RESOURCE_EXHAUSTED: { status: 8 },
  ABORTED: { status: 10 },
  UNIMPLEMENTED: { status: 12 },
  INTERNAL: { status: 13 },
  UNAVAILABLE: { status: 14 },
  UNAUTHENTICATED: { status: 16 },
  'Milvus: not ready': { milvus: 1, reason: 'service not ready' },
  'Milvus: rate limit': { milvus: 8, reason: 'rate limit exceeded' },
  'Milvus: rate limit, without a number': { milvus: 65_535, reason: 'request is rejected by rate limiter: quota' },
  'Milvus: no such collection': { milvus: 100, reason: 'collection not found' },
  'Milvus: not loaded': { milvus: 101, reason: 'collection not loaded' },
  'Milvus: bad argument': { milvus: 1_100, reason: 'invalid parameter' },
  'Milvus: no such user': { milvus: 1_800, reason: 'auth check failure' },
  'Milvus: failed': { milvus: 65_535, reason: 'segcore error' },
};
/** The server has done it, and nobody can tell. */
const applied: { readonly [name: string]: GrpcFault } = {
  'a reset afterwards': 'applied-reset',
  'a broken connection afterwards': 'applied-disconnect',
  'half an answer': 'applied-truncated',
  'an answer of another kind': 'applied-garbage',
  'an empty answer': 'applied-empty',
  'UNAVAILABLE afterwards': { status: 14, applied: true },
  'RESOURCE_EXHAUSTED afterwards': { status: 8, applied: true },
  'DEADLINE_EXCEEDED afterwards': { status: 4, applied: true },
  'an answer without its status': { without: [1] },
};
const silent: { readonly [name: string]: GrpcFault } = { silence: 'hang', 'silence afterwards': 'applied-hang' };
const every = { ...unseen, ...applied, ...silent };
/** What a later attempt may mend. */
const passing: { readonly [name: string]: GrpcFault } = {
  ...Object.fromEntries(
    ['a reset', 'a broken connection', 'an error page', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'UNAVAILABLE'].map(
      (name) => [name, unseen[name]!],
    ),
  ),
  ...Object.fromEntries(
    ['Milvus: not ready', 'Milvus: rate limit', 'Milvus: rate limit, without a number'].map((name) => [
      name,
      unseen[name]!,
    ]),
  ),
  'a reset afterwards': 'applied-reset',
  'a broken connection afterwards': 'applied-disconnect',
  'UNAVAILABLE afterwards': { status: 14, applied: true },
  'a slow answer': 'slow',
};

let proxy: GrpcProxy;
let db: VectorDatabase;
let direct: VectorDatabase;
/** Whatever comes here has left the configured origin. */
let elsewhere: Server;
let strays = 0;
let serial = 0;

beforeAll(async () => {
  elsewhere = createServer((socket) => {
    strays += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  proxy = await GrpcProxy.start(inject('milvusPorts')['milvus-lite']);
  const address = elsewhere.address();
  proxy.elsewhere = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  db = await open(proxy.port);
  direct = await open(inject('milvusPorts')['milvus-lite']);
});

afterAll(async () => {
  await db?.close();
  await direct?.close();
  await proxy?.close();
  elsewhere?.close();
  expect(strays, 'connections to another origin').toBe(0);
});

async function open(port: number, options: RetryOptions = patient): Promise<VectorDatabase> {
  const settings = config.parse({ provider: 'milvus', url: `http://127.0.0.1:${port}`, token });
  const driver = new MilvusDriver(await openConnection(settings), settings.timeoutMs);
  return createDatabase(retry(options)(driver));
}

/** A collection with `a0` … `a4`, seen through the proxy and directly. */
async function filled(through = db): Promise<{ store: VectorStore; truth: VectorStore }> {
  proxy.faultOf = () => undefined;
  const name = `faults-${serial++}`;
  const truth = await direct.createCollection(name, { dimension: 2, metric: 'euclidean', index: { type: 'flat' } });
  await truth.upsert([0, 1, 2, 3, 4].map((i) => ({ id: `a${i}`, vector: [i, 1], payload: { i, s: `s${i}` } })));
  await truth.namespace('other').upsert({ id: 'a0', vector: [1, 1] });
  const store = await through.collection(name);
  await store.count();
  return { store, truth };
}

function plant(method: string, fault: GrpcFault, times = Number.POSITIVE_INFINITY): void {
  let left = times;
  proxy.calls.length = 0;
  proxy.faultOf = (called) => (called === method && left-- > 0 ? fault : undefined);
}

const seen = (method: string) => proxy.calls.filter((called) => called === method).length;

interface Call {
  readonly name: string;
  readonly method: 'Upsert' | 'Delete' | 'Search' | 'Query';
}
interface Options {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

interface Write extends Call {
  readonly ids: readonly string[];
  run(store: VectorStore, options: Options): Promise<WriteResult>;
  /** Whether a record shows that the write was made. */
  made(payload: object | undefined): boolean;
}

const isNew = (payload: object | undefined) => payload !== undefined && 'new' in payload;
const isGone = (payload: object | undefined) => payload === undefined;
const fresh = ['a0', 'b0', 'b1'].map((id) => ({ id, vector: [9, 9], payload: { new: true } }));
const firstTwo = { filter: { i: { $in: [0, 1] } } };

const writes: readonly Write[] = [
  {
    name: 'upsert',
    method: 'Upsert',
    ids: ['a0', 'b0', 'b1'],
    run: (store, options) => store.upsert(fresh, { details: true, ...options }),
    made: isNew,
  },
  {
    name: 'upsert of a stream',
    method: 'Upsert',
    ids: ['a0', 'b0', 'b1'],
    run: (store, options) => store.upsert(new Set(fresh), { details: true, ...options }),
    made: isNew,
  },
  {
    name: 'delete',
    method: 'Delete',
    ids: ['a0', 'a1', 'a2'],
    run: (store, options) => store.delete(['a0', 'a1', 'a2'], { details: true, ...options }),
    made: isGone,
  },
  {
    name: 'delete by filter',
    method: 'Delete',
    ids: ['a0', 'a1'],
    run: (store, options) => store.delete(firstTwo, { details: true, ...options }),
    made: isGone,
  },
  {
    name: 'setPayload',
    method: 'Upsert',
    ids: ['a0', 'a1'],
    run: (store, options) => store.setPayload(['a0', 'a1'], { new: true }, { details: true, ...options }),
    made: isNew,
  },
  {
    name: 'setPayload by filter',
    method: 'Upsert',
    ids: ['a0', 'a1'],
    run: (store, options) => store.setPayload(firstTwo, { new: true }, { details: true, ...options }),
    made: isNew,
  },
];

interface Read extends Call {
  run(store: VectorStore, options: Options): Promise<unknown>;
}

const reads: readonly Read[] = [
  { name: 'search', method: 'Search', run: (store, options) => store.search([0, 0], { k: 3, ...options }) },
  {
    name: 'searchBatch',
    method: 'Search',
    run: (store, options) =>
      store.searchBatch(
        [
          [0, 0],
          [3, 1],
        ],
        { k: 3, include: { vector: true }, ...options },
      ),
  },
  {
    name: 'search with a filter',
    method: 'Search',
    run: (store, options) => store.search([0, 0], { k: 3, filter: { s: { $startsWith: 's' } }, ...options }),
  },
  { name: 'filter', method: 'Query', run: (store, options) => store.filter({ i: { $gt: 1 } }, options) },
  {
    name: 'scan',
    method: 'Query',
    run: async (store, options) => {
      const records: object[] = [];
      for await (const record of store.scan({ batchSize: 2, ...options })) records.push(record);
      return records;
    },
  },
  { name: 'get', method: 'Query', run: (store, options) => store.get(['a0', 'a9'], options) },
  { name: 'count', method: 'Query', run: (store, options) => store.count({ i: 1 }, options) },
  { name: 'listNamespaces', method: 'Query', run: (store, options) => store.listNamespaces(options) },
];

const timeoutOf = (fault: GrpcFault) => (Object.values(silent).includes(fault) ? 150 : 20_000);

function checkError(error: unknown): void {
  expect(VectorStoreError.is(error), inspect(error)).toBe(true);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(token);
  expect(JSON.stringify(error)).not.toContain(token);
}

/** Every id in at most one column, and each column says the truth. An id that is in none nobody can know: only of filters. */
async function checkBooks(write: Write, truth: VectorStore, result: WriteResult): Promise<void> {
  const { acknowledgedIds = [], missing, failed, unknown } = result;
  const all = [...acknowledgedIds, ...missing, ...failed.map(({ id }) => id), ...unknown].sort();
  if (write.name.includes('filter')) expect(new Set(all).size).toBe(all.length);
  else expect(all).toEqual([...write.ids].sort());
  const records = await Promise.all(write.ids.map((id) => truth.get(id, { consistency: 'strong' })));
  for (const [i, id] of write.ids.entries()) {
    const made = write.made(records[i]?.payload);
    if (acknowledgedIds.includes(id)) expect(made, `${id} acknowledged`).toBe(true);
    if (failed.some((entry) => entry.id === id)) expect(made, `${id} failed`).toBe(false);
  }
}

async function outcomeOf(work: Promise<WriteResult>): Promise<{ result?: WriteResult; error?: unknown }> {
  try {
    return { result: await work };
  } catch (error) {
    return VectorStoreError.is(error) && error.result !== undefined ? { result: error.result, error } : { error };
  }
}

/** The server says that it is to be loaded first: one more request per attempt. */
const mostRequests = (fault: GrpcFault) => (fault === unseen['Milvus: not loaded'] ? 2 : 1) * attempts;

describe.each(writes)('$name', (write) => {
  const lost: { readonly [name: string]: GrpcFault } = {
    ...every,
    ...(write.method === 'Upsert' && { 'an answer without its count': { without: [8] } }),
  };

  test.each(Object.entries(lost))('%s, always: typed, bounded, every id accounted for', async (name, fault) => {
    const { store, truth } = await filled();
    plant(write.method, fault);
    const { result, error } = await outcomeOf(write.run(store, { timeoutMs: timeoutOf(fault) }));
    // A delete that was made although its answers were lost is seen to be made when it is tried again; nothing else may seem to succeed.
    const isSeen = write.method === 'Delete' && name in applied && name in { ...passing, ...retriedAfterwards };
    expect(error === undefined, String(error)).toBe(isSeen);
    if (error !== undefined) checkError(error);
    expect(seen(write.method)).toBeLessThanOrEqual(mostRequests(fault));
    if (result !== undefined) await checkBooks(write, truth, result);
    if (!(name in unseen)) return;
    for (const id of write.ids)
      expect(write.made((await truth.get(id, { consistency: 'strong' }))?.payload), `${id}: nothing was sent on`).toBe(
        false,
      );
  });

  test.each(Object.entries(passing))('%s, once: made by a later attempt', async (_name, fault) => {
    const { store, truth } = await filled();
    plant(write.method, fault, 1);
    const { result, error } = await outcomeOf(write.run(store, {}));
    expect(error).toBeUndefined();
    expect([...result!.failed, ...result!.unknown]).toEqual([]);
    await checkBooks(write, truth, result!);
    for (const id of write.ids)
      expect(write.made((await truth.get(id, { consistency: 'strong' }))?.payload), id).toBe(true);
  });

  test('that is aborted ends within 50 ms, with every id accounted for', async () => {
    const { store, truth } = await filled();
    const { elapsed, outcome } = await aborted(write.method, (signal) => outcomeOf(write.run(store, { signal })));
    expect(elapsed).toBeLessThanOrEqual(50);
    checkError(outcome.error);
    if (outcome.result !== undefined) await checkBooks(write, truth, outcome.result);
  });
});

/** Applied, and of a kind that is tried again, but not mended by that. */
const retriedAfterwards = { 'DEADLINE_EXCEEDED afterwards': true, 'RESOURCE_EXHAUSTED afterwards': true };

describe.each(reads)('$name', (read) => {
  const parts = read.method === 'Search' ? [[2], [2, 3], [2, 4], [2, 5], [2, 6]] : [[2]];
  const incomplete = Object.fromEntries(
    parts.map((path) => [`an answer without part ${path.join('.')}`, { without: path }]),
  );

  test.each(Object.entries({ ...every, ...incomplete }))(
    '%s, always: a typed error, never a wrong answer',
    async (name, fault) => {
      const { store, truth } = await filled();
      plant(read.method, fault);
      const outcome = await read.run(store, { timeoutMs: timeoutOf(fault) }).then(
        (answer) => ({ answer, error: undefined }),
        (error: unknown) => ({ answer: undefined, error }),
      );
      expect(seen(read.method)).toBeLessThanOrEqual(mostRequests(fault));
      // What an answer can do without may be missing.
      if (name in incomplete && outcome.error === undefined) expect(outcome.answer).toEqual(await read.run(truth, {}));
      else checkError(outcome.error);
    },
  );

  test.each(Object.entries(passing))('%s, once: answered by a later attempt', async (_name, fault) => {
    const { store, truth } = await filled();
    plant(read.method, fault, 1);
    expect(await read.run(store, {})).toEqual(await read.run(truth, {}));
  });

  test('that is aborted ends within 50 ms', async () => {
    const { store } = await filled();
    const { elapsed, outcome } = await aborted(read.method, (signal) =>
      read.run(store, { signal }).catch((error: unknown) => error),
    );
    expect(elapsed).toBeLessThanOrEqual(50);
    expect(VectorStoreError.is(outcome, 'Aborted')).toBe(true);
  });
});

/** Milliseconds from the abort of a call that gets no answer to its end: the median, since a busy machine is not what is measured. */
async function aborted<T>(
  method: string,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<{ elapsed: number; outcome: T }> {
  const elapsed: number[] = [];
  let outcome: T | undefined;
  for (let i = 0; i < 5; i++) {
    plant(method, 'hang');
    const controller = new AbortController();
    const pending = run(controller.signal);
    await expect.poll(() => seen(method), { interval: 2, timeout: 5_000 }).toBeGreaterThan(0);
    const began = performance.now();
    controller.abort();
    outcome = await pending;
    elapsed.push(performance.now() - began);
  }
  return { elapsed: elapsed.sort((a, b) => a - b)[2]!, outcome: outcome! };
}

describe('a server that is gone', () => {
  test.each(writes)('$name: Unavailable, and no id unknown: nothing was sent', async (write) => {
    const gone = await GrpcProxy.start(inject('milvusPorts')['milvus-lite']);
    const through = await open(gone.port);
    const { store, truth } = await filled(through);
    await gone.close();
    const { result, error } = await outcomeOf(write.run(store, {}));
    checkError(error);
    expect(result?.unknown ?? []).toEqual([]);
    if (result !== undefined) await checkBooks(write, truth, result);
    await through.close();
  });

  test.each(reads)('$name: Unavailable', async (read) => {
    const gone = await GrpcProxy.start(inject('milvusPorts')['milvus-lite']);
    const through = await open(gone.port);
    const { store } = await filled(through);
    await gone.close();
    await expect(read.run(store, {})).rejects.toMatchObject({ code: 'Unavailable' });
    await through.close();
  });
});

test('while a server fails, requests are hardly more than calls', async () => {
  const impatient = await open(proxy.port, { baseDelayMs: 1 });
  const { store } = await filled(impatient);
  plant('Search', { status: 14 });
  const calls = 200;
  for (let i = 0; i < calls; i++) await expect(store.search([0, 0])).rejects.toMatchObject({ code: 'Unavailable' });
  // The budget: ten retries at the start, and one for each ten calls.
  expect(seen('Search')).toBeLessThanOrEqual(calls + 10 + calls / 10 + 1);
  await impatient.close();
});
