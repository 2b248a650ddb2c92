import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VectorDatabase } from '../../src/database.ts';
import { VectorStoreError } from '../../src/errors.ts';
import type { RetryOptions } from '../../src/middleware/retry.ts';
import type { RunningServer } from '../../src/server/index.ts';
import type { VectorStore } from '../../src/store.ts';
import type { WriteResult } from '../../src/types.ts';
import { FaultProxy } from './fault-proxy.ts';
import { httpFaults } from './http-fault-kinds.ts';

/** A backend that is reached by HTTP. */
export interface FaultyBackend {
  /** A server that works and wants `apiKey`. */
  serve(): Promise<RunningServer>;
  /** A connection to it by way of `url`, its own or a proxy's. */
  connect(server: RunningServer, url: string, settings: FaultySettings): Promise<VectorDatabase>;
  readonly apiKey: string;
  /** An error in the vendor's form. */
  errorBody(status: number, message: string): string;
  /** What a record in an answer must not lack. */
  readonly parts: readonly string[];
  /** Operations that must notice an answer with one item less than asked for. */
  readonly counted: readonly string[];
}

export interface FaultySettings {
  readonly attempts: number;
  readonly retry: RetryOptions;
  readonly timeoutMs: number;
}

type Operation = (
  store: VectorStore,
  db: VectorDatabase,
  options: { readonly signal?: AbortSignal },
) => Promise<unknown>;

const attempts = 3;
const ids = ['a', 'b', 'c'];

/** Reads and writes. */
const operations: { readonly [name: string]: Operation } = {
  upsert: (store, _, options) =>
    store.upsert(
      ids.map((id) => ({ id, vector: [1, 2], payload: { written: true } })),
      { details: true, ...options },
    ),
  'delete by ids': (store, _, options) => store.delete(['kept-0', 'kept-1', 'absent'], { details: true, ...options }),
  'delete by filter': (store, _, options) => store.delete({ filter: { n: { $lt: 2 } } }, options),
  'delete all': (store, _, options) => store.delete({ all: true }, options),
  'setPayload by ids': (store, _, options) =>
    store.setPayload(['kept-0', 'kept-1', 'absent'], { written: true }, { details: true, ...options }),
  'setPayload with null': (store, _, options) =>
    store.setPayload(['kept-0', 'kept-1'], { written: true, gone: null }, { details: true, ...options }),
  search: (store, _, options) => store.search([1, 0], { k: 3, include: { payload: true, vector: true }, ...options }),
  searchBatch: (store, _, options) =>
    store.searchBatch(
      [
        [1, 0],
        [0, 1],
      ],
      { k: 3, ...options },
    ),
  get: (store, _, options) => store.get(['kept-0', 'absent'], options),
  filter: (store, _, options) => store.filter({ n: { $gte: 0 } }, options),
  count: (store, _, options) => store.count(undefined, options),
  stats: (store, _, options) => store.stats(options),
  hasCollection: (store, db, options) => db.hasCollection(store.name, options),
  'open a collection': async (store, db, options) => (await db.collection(store.name, options)).dimension,
};

/** Writes that name the records they are about. */
const asked: { readonly [operation: string]: readonly string[] } = {
  upsert: ids,
  'delete by ids': ['kept-0', 'kept-1', 'absent'],
  'setPayload by ids': ['kept-0', 'kept-1', 'absent'],
  'setPayload with null': ['kept-0', 'kept-1'],
};

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

/**
 * Registers tests of everything that a network can do to a call, between an adapter and a server that works: whatever ends well ends with the
 * right answer, whatever does not with a typed error in which each id stands once, and the server behind the proxy is the witness of what was
 * applied.
 */
export function describeHttpFaults(backend: FaultyBackend): void {
  const { apiKey } = backend;
  let server: RunningServer;
  let proxy: FaultProxy;
  /** Another origin: whatever comes here has left the configured one. */
  let elsewhere: Server;
  let strayRequests = 0;
  let slept: number[] = [];
  let onSleep = async (): Promise<void> => undefined;
  let direct: VectorDatabase;
  let made = 0;

  /** Pauses take no time, and the budget for retries has no end: each case has all its attempts. */
  const patient: RetryOptions = {
    clock: {
      now: () => performance.now(),
      random: () => 0.5,
      sleep: async (ms, signal) => {
        signal.throwIfAborted();
        slept.push(ms);
        await onSleep();
      },
    },
    budgetReserve: 1e9,
    budgetRatio: 1e9,
  };
  const connect = (url: string, settings: Partial<FaultySettings> = {}) =>
    backend.connect(server, url, { attempts, retry: patient, timeoutMs: 2_000, ...settings });
  const strayUrl = () => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;

  beforeAll(async () => {
    server = await backend.serve();
    proxy = await FaultProxy.open(server.url);
    elsewhere = createServer((_, response) => {
      strayRequests += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
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

  /** A collection with some records, written without faults, and a handle on it that goes through the proxy. */
  async function scenario(settings?: Partial<FaultySettings>) {
    await proxy.listen();
    proxy.reset(() => ({ kind: 'pass' }));
    const name = `faults-${made++}`;
    const witness = await direct.createCollection(name, { dimension: 2, metric: 'dot', fields: { n: 'number' } });
    await witness.upsert([0, 1, 2].map((n) => ({ id: `kept-${n}`, vector: [n, 1], payload: { n } })));
    const db = await connect(proxy.url, settings);
    slept = [];
    onSleep = async () => undefined;
    return { store: await db.collection(name), witness, db };
  }

  const outcomeOf = (work: Promise<unknown>) =>
    work.then(
      (value) => ({ value, error: undefined }),
      (error: unknown) => ({ value: undefined, error }),
    );

  /** What an operation gives where nothing goes wrong, and the requests that takes. */
  const undisturbed = new Map<string, Promise<{ value: unknown; requests: number }>>();
  function undisturbedOf(operation: string) {
    const known = undisturbed.get(operation);
    if (known !== undefined) return known;
    const run = async () => {
      const { store, db } = await scenario();
      proxy.reset(() => ({ kind: 'pass' }));
      const value = await operations[operation]!(store, db, {});
      const { requests } = proxy;
      await db.close();
      return { value, requests };
    };
    const running = run();
    undisturbed.set(operation, running);
    return running;
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
  ): Promise<WriteResult> {
    const result = (error === undefined ? value : (error as VectorStoreError).result) as
      | (WriteResult & { acknowledgedIds?: string[] })
      | undefined;
    expect(result).toBeDefined();
    const { acknowledgedIds = [], missing, failed, unknown } = result!;
    const columns = [...acknowledgedIds, ...missing, ...failed.map((entry) => entry.id), ...unknown];
    const all = asked[operation]!;
    expect(columns.toSorted()).toEqual(all.toSorted());
    const records = await witness.get(all);
    for (const [i, id] of all.entries()) {
      const applied = operation === 'delete by ids' ? records[i] === undefined : records[i]?.payload.written === true;
      if (acknowledgedIds.includes(id)) expect(applied, `${id} was acknowledged`).toBe(true);
      if (failed.some((entry) => entry.id === id) && id !== 'absent') expect(applied, `${id} has failed`).toBe(false);
    }
    return result!;
  }

  const faults = httpFaults({ ...backend, strayUrl });

  describe.each(Object.keys(operations))('%s', (operation) => {
    describe.each(Object.keys(faults))('with %s', (fault) => {
      test.each(['once', 'every time'] as const)('%s', async (times) => {
        const { value: right, requests } = await undisturbedOf(operation);
        const { store, witness, db } = await scenario();
        let first = true;
        proxy.reset(() => {
          if (times === 'once' && !first) return { kind: 'pass' };
          first = false;
          return faults[fault]!();
        });
        const strayBefore = strayRequests;
        const outcome = await outcomeOf(operations[operation]!(store, db, {}));
        expect(strayRequests, 'requests elsewhere').toBe(strayBefore);
        expect(proxy.requests).toBeLessThanOrEqual(attempts * requests);
        if (outcome.error !== undefined) checkError(outcome.error);
        // What nothing says was left out cannot be missed.
        else if (fault !== 'an item less') expect(outcome.value).toEqual(right);
        else if (times === 'every time')
          expect(backend.counted, 'operations that count what they get').not.toContain(operation);
        if (operation in asked) await checkBooks(operation, outcome, witness);
        await db.close();
      });
    });

    test('with a slow answer ends well', async () => {
      const { value: right } = await undisturbedOf(operation);
      const { store, db } = await scenario();
      proxy.reset(() => ({ kind: 'slow', ms: 1, bytes: 16 }));
      expect(await operations[operation]!(store, db, {})).toEqual(right);
      await db.close();
    });

    test.each(['once', 'every time'] as const)('with connections refused %s', async (times) => {
      const { value: right } = await undisturbedOf(operation);
      const { store, witness, db } = await scenario();
      onSleep = async () => (times === 'once' ? proxy.listen() : undefined);
      await proxy.refuse();
      const outcome = await outcomeOf(operations[operation]!(store, db, {}));
      if (times === 'once') expect(outcome).toEqual({ value: right, error: undefined });
      else {
        checkError(outcome.error);
        expect(slept).toHaveLength(attempts - 1);
        if (operation in asked) {
          const { unknown } = await checkBooks(operation, outcome, witness);
          expect(unknown, 'nothing was sent').toEqual([]);
        }
      }
      await proxy.listen();
      await db.close();
    });

    test('with a server that hangs ends with Timeout at the deadline', async () => {
      const { store, witness, db } = await scenario({ timeoutMs: 600 });
      proxy.reset(() => ({ kind: 'hang' }));
      const began = performance.now();
      const outcome = await outcomeOf(operations[operation]!(store, db, {}));
      expect(outcome.error).toMatchObject({ code: expect.stringMatching(/^(Timeout|PartialFailure)$/) });
      expect(performance.now() - began).toBeLessThan(3_000);
      checkError(outcome.error);
      if (operation in asked) await checkBooks(operation, outcome, witness);
      proxy.reset(() => ({ kind: 'pass' }));
      await db.close();
    });

    test('that is aborted ends within 50 ms', async () => {
      const { store, witness, db } = await scenario();
      const elapsed: number[] = [];
      let outcome: { error: unknown } = { error: undefined };
      // The median: a garbage collection or other work on the machine is not what is measured.
      for (let i = 0; i < 5; i++) {
        proxy.reset(() => ({ kind: 'hang' }));
        const abort = new AbortController();
        const call = outcomeOf(operations[operation]!(store, db, { signal: abort.signal }));
        await expect.poll(() => proxy.requests, { interval: 5, timeout: 5_000 }).toBeGreaterThan(0);
        const began = performance.now();
        abort.abort();
        outcome = await call;
        elapsed.push(performance.now() - began);
        expect(outcome.error).toMatchObject({ code: expect.stringMatching(/^(Aborted|PartialFailure)$/) });
      }
      expect(elapsed.sort((a, b) => a - b)[2]).toBeLessThanOrEqual(50);
      if (operation in asked) await checkBooks(operation, outcome, witness);
      proxy.reset(() => ({ kind: 'pass' }));
      await db.close();
    });
  });

  describe('pauses', () => {
    test('Retry-After is obeyed to the second', async () => {
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

    test('an abort ends a pause too', async () => {
      const { store, db } = await scenario({ retry: {}, timeoutMs: 60_000 });
      const elapsed: number[] = [];
      for (let i = 0; i < 5; i++) {
        proxy.reset(() => ({ kind: 'status', status: 429, headers: { 'retry-after': '30' } }));
        const abort = new AbortController();
        const call = outcomeOf(store.search([1, 0], { signal: abort.signal }));
        await pause(30);
        const began = performance.now();
        abort.abort();
        expect((await call).error).toMatchObject({ code: 'Aborted' });
        elapsed.push(performance.now() - began);
      }
      expect(elapsed.sort((a, b) => a - b)[2]).toBeLessThanOrEqual(50);
      await db.close();
    });

    test('a slow answer ends with Timeout at the deadline', async () => {
      const { store, db } = await scenario();
      proxy.reset(() => ({ kind: 'slow', ms: 100 }));
      await expect(store.search([1, 0], { timeoutMs: 500 })).rejects.toMatchObject({ code: 'Timeout' });
      await db.close();
    });
  });

  test('a server that is down is asked no more than a tenth more often than without retries, and ten times', async () => {
    const { store, db } = await scenario({ attempts: 4, retry: { baseDelayMs: 0 } });
    proxy.reset(() => ({ kind: 'status', status: 503, body: backend.errorBody(503, 'no') }));
    for (let i = 0; i < 200; i++)
      await expect(store.search([1, 0])).rejects.toMatchObject({ code: 'Unavailable', retryable: true });
    expect(proxy.requests).toBeGreaterThan(200);
    expect(proxy.requests).toBeLessThanOrEqual(200 + 200 / 10 + 10);
    await db.close();
  });

  test('a compressed answer that unpacks to more than any answer may have is refused', async () => {
    const { store, db } = await scenario();
    proxy.reset(() => ({ kind: 'bomb', bytes: 300 * 2 ** 20 }));
    await expect(store.search([1, 0], { timeoutMs: 20_000 })).rejects.toMatchObject({ code: 'Internal' });
    await db.close();
  }, 60_000);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
