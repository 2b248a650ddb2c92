import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VectorDatabase } from '../../src/database.ts';
import { createDatabase } from '../../src/driver-kit.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { type RunningServer, serve } from '../../src/server/index.ts';
import type { VectorStore } from '../../src/store.ts';
import type { WriteResult } from '../../src/types.ts';
import { type Fault, FaultProxy } from '../../test/support/fault-proxy.ts';
import { adapter } from './index.ts';

/*
 * Everything that a network can do to a call, between our adapter and a server that works. The server behind the proxy is the witness of
 * what was applied.
 */

const apiKey = 'secret-key-of-the-test';
const attempts = 3;
const ids = ['a', 'b', 'c'];

let server: RunningServer;
let proxy: FaultProxy;
/** Another origin: whatever comes here has left the configured one. */
let elsewhere: Server;
let strayRequests = 0;
let slept: number[] = [];
let direct: VectorDatabase;

async function connect(url: string, differences: object = {}): Promise<VectorDatabase> {
  const retry = {
    clock: {
      now: () => performance.now(),
      random: () => 0.5,
      sleep: async (ms: number, signal: AbortSignal) => {
        signal.throwIfAborted();
        slept.push(ms);
      },
    },
    // The budget is tested for itself; here each case has all its attempts.
    budgetReserve: 1e9,
    budgetRatio: 1e9,
  };
  const config = { provider: 'qdrant' as const, url, apiKey, attempts, retry, timeoutMs: 2_000, ...differences };
  return createDatabase(await adapter.open(adapter.config.parse(config)));
}

beforeAll(async () => {
  server = await serve({ dialect: 'qdrant', apiKey });
  proxy = await FaultProxy.open(server.url);
  elsewhere = createServer((_, response) => {
    strayRequests += 1;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"result":{"status":"completed"}}');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  direct = await connect(server.url);
});

afterAll(async () => {
  await direct.close();
  await proxy.close();
  elsewhere.closeAllConnections();
  elsewhere.close();
  await server.close();
});

function strayUrl(): string {
  return `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
}

const faults: { readonly [name: string]: () => Fault } = {
  'a reset before the request arrives': () => ({ kind: 'resetBefore' }),
  'a reset after the request took effect': () => ({ kind: 'resetAfter' }),
  'half an answer': () => ({ kind: 'halfBody' }),
  'truncated JSON': () => ({ kind: 'truncatedJson' }),
  'another content type': () => ({ kind: 'wrongType' }),
  'JSON without a result': () => ({ kind: 'wrongJson', body: { status: 'ok' } }),
  'JSON of another kind': () => ({ kind: 'wrongJson', body: [1, 2] }),
  'a result of another kind': () => ({ kind: 'wrongJson', body: { result: 'fine', status: 'ok' } }),
  '400': () => ({ kind: 'status', status: 400, body: '{"status":{"error":"Wrong input: no"}}' }),
  '401': () => ({ kind: 'status', status: 401, body: `{"status":{"error":"Invalid API key ${apiKey}"}}` }),
  '403': () => ({ kind: 'status', status: 403 }),
  '408': () => ({ kind: 'status', status: 408 }),
  '429': () => ({ kind: 'status', status: 429 }),
  '429 with Retry-After in seconds': () => ({ kind: 'status', status: 429, headers: { 'retry-after': '1' } }),
  '429 with Retry-After as a date': () => ({
    kind: 'status',
    status: 429,
    headers: { 'retry-after': new Date(Date.now() + 1_000).toUTCString() },
  }),
  '429 with an absurd Retry-After': () => ({ kind: 'status', status: 429, headers: { 'retry-after': '999999999' } }),
  '500': () => ({ kind: 'status', status: 500, body: '{"status":{"error":"Service internal error: no"}}' }),
  '500 after the request took effect': () => ({ kind: 'statusAfter', status: 500 }),
  '502 in HTML': () => ({
    kind: 'status',
    status: 502,
    headers: { 'content-type': 'text/html' },
    body: '<html>Bad gateway</html>',
  }),
  '503': () => ({ kind: 'status', status: 503, headers: { 'retry-after': '0' } }),
  '504 after the request took effect': () => ({ kind: 'statusAfter', status: 504 }),
  'a redirect to another origin, 307': () => ({ kind: 'redirect', status: 307, to: strayUrl() }),
  'a redirect to another origin, 302': () => ({ kind: 'redirect', status: 302, to: strayUrl() }),
};

/** Reads and writes, each with what it must leave behind if it succeeds. */
const operations: { readonly [name: string]: (store: VectorStore, db: VectorDatabase) => Promise<unknown> } = {
  upsert: (store) =>
    store.upsert(
      ids.map((id) => ({ id, vector: [1, 2], payload: { written: true } })),
      { details: true },
    ),
  'delete by ids': (store) => store.delete(['kept-0', 'kept-1', 'absent'], { details: true }),
  'delete by filter': (store) => store.delete({ filter: { n: { $lt: 2 } } }),
  'setPayload by ids': (store) =>
    store.setPayload(['kept-0', 'kept-1', 'absent'], { written: true }, { details: true }),
  'setPayload with null': (store) =>
    store.setPayload(['kept-0', 'kept-1'], { written: true, gone: null }, { details: true }),
  search: (store) => store.search([1, 0], { k: 3 }),
  searchBatch: (store) =>
    store.searchBatch(
      [
        [1, 0],
        [0, 1],
      ],
      { k: 3 },
    ),
  get: (store) => store.get(['kept-0', 'absent']),
  filter: (store) => store.filter({ n: { $gte: 0 } }),
  count: (store) => store.count(),
  stats: (store) => store.stats(),
  hasCollection: (store, db) => db.hasCollection(store.name),
  'open a collection': (store, db) => db.collection(store.name),
};

const writes = new Set(['upsert', 'delete by ids', 'setPayload by ids', 'setPayload with null']);
const codes = [
  'InvalidArgument',
  'Unauthenticated',
  'PermissionDenied',
  'Timeout',
  'RateLimited',
  'Unavailable',
  'Internal',
  'PartialFailure',
  'Corruption',
];

let made = 0;

/** A collection with some records, written without faults, and a handle on it that goes through the proxy. */
async function scenario(): Promise<{ store: VectorStore; witness: VectorStore; db: VectorDatabase }> {
  proxy.reset(() => ({ kind: 'pass' }));
  const name = `faults-${made++}`;
  const witness = await direct.createCollection(name, { dimension: 2, metric: 'dot', fields: { n: 'number' } });
  await witness.upsert([0, 1, 2].map((n) => ({ id: `kept-${n}`, vector: [n, 1], payload: { n } })));
  const db = await connect(proxy.url);
  slept = [];
  return { store: await db.collection(name), witness, db };
}

describe.each(Object.keys(operations))('%s', (operation) => {
  describe.each(Object.keys(faults))('with %s', (fault) => {
    test.each(['once', 'every time'] as const)('%s', async (times) => {
      const { store, witness, db } = await scenario();
      let first = true;
      proxy.reset(() => {
        if (times === 'once' && !first) return { kind: 'pass' };
        first = false;
        return faults[fault]!();
      });
      const strayBefore = strayRequests;
      const outcome = await operations[operation]!(store, db).then(
        (value) => ({ value, error: undefined }),
        (error: unknown) => ({ value: undefined, error }),
      );
      expect(strayRequests).toBe(strayBefore);
      // A call of several requests may have each of them tried again; only the one that fails is.
      expect(proxy.requests).toBeLessThanOrEqual(attempts * 4);
      if (outcome.error !== undefined) checkError(outcome.error);
      else if (times === 'every time')
        expect(isTolerated(operation, fault), 'an answer to a call that never had one').toBe(true);
      if (writes.has(operation)) await checkBooks(operation, outcome, witness);
      await db.close();
    });
  });
});

/** An answer of a wrong kind that a call has no use for. */
function isTolerated(operation: string, fault: string): boolean {
  return operation === 'hasCollection' && fault === 'a result of another kind';
}

function checkError(error: unknown): void {
  expect(VectorStoreError.is(error)).toBe(true);
  expect(codes).toContain((error as VectorStoreError).code);
  expect((error as VectorStoreError).message).not.toBe('');
  // Neither printed deeply, nor as JSON, nor in the stack does the key appear.
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(apiKey);
  expect(JSON.stringify(error)).not.toContain(apiKey);
  expect((error as VectorStoreError).stack).not.toContain(apiKey);
}

/** Every id in exactly one column, and the columns say what the server says. */
async function checkBooks(
  operation: string,
  { value, error }: { value?: unknown; error?: unknown },
  witness: VectorStore,
): Promise<void> {
  const result = (error === undefined ? value : (error as VectorStoreError).result) as
    | (WriteResult & { acknowledgedIds?: string[] })
    | undefined;
  expect(result).toBeDefined();
  const { acknowledgedIds = [], missing, failed, unknown } = result!;
  const columns = [...acknowledgedIds, ...missing, ...failed.map((entry) => entry.id), ...unknown];
  const asked =
    operation === 'upsert'
      ? ids
      : operation === 'setPayload with null'
        ? ['kept-0', 'kept-1']
        : ['kept-0', 'kept-1', 'absent'];
  expect(columns.toSorted()).toEqual(asked.toSorted());
  for (const record of await witness
    .get(asked)
    .then((records) => records.map((record, i) => ({ id: asked[i]!, record })))) {
    const applied =
      operation === 'delete by ids' ? record.record === undefined : record.record?.payload.written === true;
    if (acknowledgedIds.includes(record.id)) expect(applied, `${record.id} was acknowledged`).toBe(true);
    if (failed.some((entry) => entry.id === record.id) && record.id !== 'absent')
      expect(applied, `${record.id} has failed`).toBe(false);
  }
}

describe('time', () => {
  test.each(Object.keys(operations))('%s: a server that hangs ends with Timeout at the deadline', async (operation) => {
    const { store, db } = await scenario();
    await db.close();
    const quick = await connect(proxy.url, { timeoutMs: 1_000 });
    const handle = await quick.collection(store.name);
    proxy.reset(() => ({ kind: 'hang' }));
    const began = performance.now();
    await expect(operations[operation]!(handle, quick)).rejects.toMatchObject({
      code: expect.stringMatching(/Timeout|PartialFailure/),
    });
    expect(performance.now() - began).toBeLessThan(5_000);
    await quick.close();
  });

  test('a slow answer ends with Timeout at the deadline', async () => {
    const { store, db } = await scenario();
    proxy.reset(() => ({ kind: 'slow', ms: 30 }));
    await expect(store.search([1, 0], { timeoutMs: 150 })).rejects.toMatchObject({ code: 'Timeout' });
    await db.close();
  });

  test.each(['search', 'upsert', 'count'])('%s: an abort is obeyed at once', async (operation) => {
    const { store, db } = await scenario();
    proxy.reset(() => ({ kind: 'hang' }));
    const calls: { readonly [name: string]: (signal: AbortSignal) => Promise<unknown> } = {
      search: (signal) => store.search([1, 0], { signal }),
      upsert: (signal) => store.upsert({ id: 'x', vector: [1, 1] }, { signal }),
      count: (signal) => store.count(undefined, { signal }),
    };
    const elapsed: number[] = [];
    // The best of three: other work on the machine is not what is measured.
    for (let i = 0; i < 3; i++) {
      const abort = new AbortController();
      const call = calls[operation]!(abort.signal);
      call.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 30));
      const began = performance.now();
      abort.abort();
      await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/Aborted|PartialFailure/) });
      elapsed.push(performance.now() - began);
    }
    expect(Math.min(...elapsed)).toBeLessThan(1_000);
    await db.close();
  });

  test('Retry-After is obeyed to the second, also as a date', async () => {
    const { store, db } = await scenario();
    let first = true;
    proxy.reset(() => {
      if (!first) return { kind: 'pass' };
      first = false;
      return { kind: 'status', status: 429, headers: { 'retry-after': '1' } };
    });
    await store.search([1, 0]);
    expect(slept).toHaveLength(1);
    expect(slept[0]).toBeGreaterThanOrEqual(1_000);
    await db.close();
  });

  test('a Retry-After beyond the deadline is an error at once, and says how long', async () => {
    const { store, db } = await scenario();
    proxy.reset(() => ({ kind: 'status', status: 429, headers: { 'retry-after': '60' } }));
    await expect(store.search([1, 0])).rejects.toMatchObject({ code: 'RateLimited', retryAfterMs: 60_000 });
    expect(proxy.requests).toBe(1);
    await db.close();
  });
});

describe('size', () => {
  test('a compressed answer that unpacks to more than any answer may have is refused', async () => {
    const { store, db } = await scenario();
    proxy.reset(() => ({ kind: 'bomb', bytes: 300 * 2 ** 20 }));
    await expect(store.search([1, 0], { timeoutMs: 20_000 })).rejects.toMatchObject({ code: 'Internal' });
    await db.close();
  }, 60_000);
});

describe('connecting', () => {
  test('a server that is not there is Unavailable, and the message says what to look at', async () => {
    const gone = await FaultProxy.open(server.url);
    const { url } = gone;
    await gone.close();
    const db = await connect(url);
    await expect(db.hasCollection('any')).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('is the server running'),
    });
    expect(await db.health()).toMatchObject({ ok: false });
    await db.close();
  });

  test('without the key, and with a wrong one, it is Unauthenticated', async () => {
    for (const key of [undefined, 'wrong']) {
      const db = createDatabase(
        await adapter.open({ provider: 'qdrant', url: server.url, ...(key !== undefined && { apiKey: key }) }),
      );
      await expect(db.hasCollection('any')).rejects.toMatchObject({ code: 'Unauthenticated' });
      await db.close();
    }
  });

  test('something else at that address is said to be no Qdrant', async () => {
    const db = await connect(strayUrl());
    expect(await db.health()).toMatchObject({ ok: false, problem: expect.stringContaining('no Qdrant') });
    await db.close();
  });
});
