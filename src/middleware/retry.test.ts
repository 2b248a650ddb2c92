import { describe, expect, test } from 'vitest';
import type { CallContext, Classification, CollectionDriver, Driver, DriverWriteResult } from '../driver.ts';
import { type RetryClock, type RetryOptions, retry } from './retry.ts';

/** A failure with its meaning. */
class Failure extends Error {
  readonly meaning: Classification;
  constructor(meaning: Partial<Classification>) {
    super('failed');
    this.meaning = { code: 'Unavailable', message: 'failed', applied: 'no', ...meaning };
  }
}

const done: DriverWriteResult = { acknowledged: 1 };

/** A driver whose calls go through `outcomes` one after another: a failure is thrown, anything else is the answer. */
function scripted(outcomes: readonly unknown[]) {
  let calls = 0;
  const next = async () => {
    const outcome = outcomes[Math.min(calls, outcomes.length - 1)];
    calls += 1;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  };
  const collection = {
    capabilities: {},
    info: {},
    upsert: next,
    count: next,
    delete: next,
  } as unknown as CollectionDriver;
  const driver = {
    provider: 'scripted',
    capabilities: {},
    defaultTimeoutMs: 1,
    openCollection: async () => collection,
    createCollection: next,
    classify: (error: unknown) => (error instanceof Failure ? error.meaning : undefined),
  } as unknown as Driver;
  return { driver, calls: () => calls };
}

function testClock(random = 0.5) {
  const slept: number[] = [];
  let time = 0;
  const clock: RetryClock = {
    now: () => time,
    random: () => random,
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      slept.push(ms);
      time += ms;
    },
  };
  return { clock, slept };
}

const context: CallContext = { signal: new AbortController().signal };

async function opened(outcomes: readonly unknown[], options: RetryOptions) {
  const { driver, calls } = scripted(outcomes);
  const wrapped = retry(options)(driver);
  const collection = await wrapped.openCollection('c', {}, context);
  return { wrapped, collection, calls };
}

describe('retry', () => {
  test('tries again after a retryable failure, with full jitter that doubles', async () => {
    const { clock, slept } = testClock(0.5);
    const { collection, calls } = await opened([new Failure({}), new Failure({}), done], { clock, baseDelayMs: 100 });
    expect(await collection.upsert('', [], context)).toEqual(done);
    expect(calls()).toBe(3);
    expect(slept).toEqual([50, 100]);
  });

  test.each<[string, Partial<Classification>]>([
    ['InvalidArgument', { code: 'InvalidArgument' }],
    ['Unauthenticated', { code: 'Unauthenticated' }],
    ['Internal', { code: 'Internal' }],
    ['Unavailable that says it will stay', { code: 'Unavailable', retryable: false }],
  ])('does not try again after %s', async (_, meaning) => {
    const { clock } = testClock();
    const { collection, calls } = await opened([new Failure(meaning)], { clock });
    await expect(collection.count('', { kind: 'all' }, { consistency: 'session' }, context)).rejects.toBeInstanceOf(
      Failure,
    );
    expect(calls()).toBe(1);
  });

  test('an error that the driver does not know is not tried again', async () => {
    const { clock } = testClock();
    const { collection, calls } = await opened([new TypeError('a defect')], { clock });
    await expect(collection.upsert('', [], context)).rejects.toThrow('a defect');
    expect(calls()).toBe(1);
  });

  test('gives up after the given number of attempts, with the last error', async () => {
    const last = new Failure({ message: 'last' });
    const { clock } = testClock();
    const { collection, calls } = await opened([new Failure({}), new Failure({}), last], { clock, attempts: 3 });
    await expect(collection.upsert('', [], context)).rejects.toBe(last);
    expect(calls()).toBe(3);
  });

  test('the budget bounds retries over all calls', async () => {
    const { clock } = testClock();
    const { collection, calls } = await opened([new Failure({})], {
      clock,
      attempts: 10,
      budgetReserve: 5,
      budgetRatio: 0.1,
    });
    for (let i = 0; i < 100; i++) await collection.upsert('', [], context).catch(() => undefined);
    // 100 first attempts, 5 saved up, 10 earned.
    expect(calls()).toBeLessThanOrEqual(115);
    expect(calls()).toBeGreaterThanOrEqual(113);
  });

  test('Retry-After is a lower bound of the pause', async () => {
    const { clock, slept } = testClock(0);
    const { collection } = await opened([new Failure({ code: 'RateLimited', retryAfterMs: 7_000 }), done], { clock });
    await collection.upsert('', [], context);
    expect(slept).toEqual([7_000]);
  });

  test('a Retry-After beyond the deadline, or beyond all reason, is an error at once', async () => {
    const { clock, slept } = testClock(0);
    const { collection, calls } = await opened([new Failure({ code: 'RateLimited', retryAfterMs: 7_000 })], { clock });
    await expect(collection.upsert('', [], { ...context, deadline: 5_000 })).rejects.toMatchObject({
      meaning: { retryAfterMs: 7_000 },
    });
    const absurd = await opened([new Failure({ code: 'RateLimited', retryAfterMs: 86_400_000 })], { clock });
    await expect(absurd.collection.upsert('', [], context)).rejects.toBeInstanceOf(Failure);
    expect([calls(), absurd.calls(), slept]).toEqual([1, 1, []]);
  });

  test('a write stays unknown if any of its attempts may have taken effect, and is no longer if one is acknowledged', async () => {
    const { clock } = testClock();
    const last = new Failure({ applied: 'no' });
    const { collection, wrapped } = await opened([new Failure({ applied: 'unknown' }), last], { clock, attempts: 2 });
    await expect(collection.upsert('', [], context)).rejects.toBe(last);
    expect(wrapped.classify(last)?.applied).toBe('unknown');
    const other = await opened([new Failure({ applied: 'unknown' }), done], { clock });
    expect(await other.collection.upsert('', [], context)).toEqual(done);
  });

  test('a failure that was certainly without effect stays so', async () => {
    const { clock } = testClock();
    const last = new Failure({ applied: 'no' });
    const { collection, wrapped } = await opened([new Failure({}), last], { clock, attempts: 2 });
    await expect(collection.upsert('', [], context)).rejects.toBe(last);
    expect(wrapped.classify(last)?.applied).toBe('no');
  });

  test('a collection is created again only if the first attempt certainly had no effect', async () => {
    const { clock } = testClock();
    const unknown = await opened([new Failure({ applied: 'unknown' })], { clock });
    await expect(unknown.wrapped.createCollection('c', {} as never, context)).rejects.toBeInstanceOf(Failure);
    expect(unknown.calls()).toBe(1);
    const refused = await opened([new Failure({ applied: 'no' }), { info: {}, capabilities: {} }], { clock });
    await refused.wrapped.createCollection('c', {} as never, context);
    expect(refused.calls()).toBe(2);
  });

  test('an abort ends the pause at once, with its reason', async () => {
    const abort = new AbortController();
    const { collection } = await opened([new Failure({ code: 'RateLimited', retryAfterMs: 30_000 })], {});
    const began = performance.now();
    const call = collection.upsert('', [], { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(call).rejects.toThrow('enough');
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('after an abort nothing is tried again', async () => {
    const abort = new AbortController();
    abort.abort(new Error('enough'));
    const { collection, calls } = await opened([new Failure({})], {});
    await expect(collection.upsert('', [], { signal: abort.signal })).rejects.toBeInstanceOf(Failure);
    expect(calls()).toBe(1);
  });
});
