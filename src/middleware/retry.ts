import type { CallContext, Classification, CollectionDriver, Driver } from '../driver.ts';
import { sleep } from '../remote/sleep.ts';
import type { Middleware } from './compose.ts';
import { forwardCollection, forwardDriver } from './forward.ts';

/** How often and how fast a failed call is tried again. */
export interface RetryOptions {
  /** Tries per call, the first included. Default 4. */
  readonly attempts?: number;
  /** Milliseconds: the n-th pause is random between 0 and `baseDelayMs` · 2ⁿ. Default 100. */
  readonly baseDelayMs?: number;
  /** Milliseconds: no random pause is longer. Default 5,000. */
  readonly maxDelayMs?: number;
  /** Milliseconds: a server that asks for a longer pause than this gets none, the caller its error. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /** Retries saved up at the start, and at most. Default 10. */
  readonly budgetReserve?: number;
  /** Retries earned per call: in the long run no more than this share of all requests are retries. Default 0.1. */
  readonly budgetRatio?: number;
  /** For tests. */
  readonly clock?: RetryClock;
}

/** Time and chance. */
export interface RetryClock {
  /** Milliseconds on the clock of `CallContext.deadline`. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** Resolves after `ms`, rejects with the signal's reason as soon as that fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** One call to the backend, as the policy sees it. */
type Attempt<T> = () => Promise<T>;

/**
 * The one reliability policy: calls that failed in a way that the driver classifies as retryable are tried again, with full jitter, within a
 * budget shared by all calls of the connection, never beyond the deadline of the call, and not before the time that the server asked for.
 *
 * All methods of a driver may be repeated (writes are by id, or state what shall be), but creating a collection: that is tried again only if
 * the failure was certainly without effect. A write that failed stays `unknown` if any of its attempts may have taken effect.
 */
export function retry(options: RetryOptions = {}): Middleware {
  return (driver) => {
    const policy = new RetryPolicy(driver, options);
    return forwardDriver(driver, {
      classify: (error) => policy.classify(error),
      createCollection: async (name, spec, context) =>
        wrapCollection(await policy.run(() => driver.createCollection(name, spec, context), context, 'once'), policy),
      openCollection: async (name, given, context) =>
        wrapCollection(await policy.run(() => driver.openCollection(name, given, context), context), policy),
      listCollections: (context) => policy.run(() => driver.listCollections(context), context),
      hasCollection: (name, context) => policy.run(() => driver.hasCollection(name, context), context),
      dropCollection: (name, context) => policy.run(() => driver.dropCollection(name, context), context),
      // health is not retried: it shall say how things are now.
    });
  };
}

function wrapCollection(inner: CollectionDriver, policy: RetryPolicy): CollectionDriver {
  return forwardCollection(inner, {
    upsert: (namespace, records, context) => policy.run(() => inner.upsert(namespace, records, context), context),
    delete: (namespace, target, context) => policy.run(() => inner.delete(namespace, target, context), context),
    search: (namespace, queries, asked, context) =>
      policy.run(() => inner.search(namespace, queries, asked, context), context),
    ...(inner.searchHybrid && {
      searchHybrid: (namespace, asked, context) =>
        policy.run(() => inner.searchHybrid!(namespace, asked, context), context),
    }),
    ...(inner.explain && {
      explain: (namespace, query, asked, context) =>
        policy.run(() => inner.explain!(namespace, query, asked, context), context),
    }),
    filter: (namespace, filter, asked, context) =>
      policy.run(() => inner.filter(namespace, filter, asked, context), context),
    setPayload: (namespace, target, patch, context) =>
      policy.run(() => inner.setPayload(namespace, target, patch, context), context),
    get: (namespace, ids, asked, context) => policy.run(() => inner.get(namespace, ids, asked, context), context),
    count: (namespace, filter, asked, context) =>
      policy.run(() => inner.count(namespace, filter, asked, context), context),
    recreateIndex: (index, asked, context) => policy.run(() => inner.recreateIndex(index, asked, context), context),
    listNamespaces: (context) => policy.run(() => inner.listNamespaces(context), context),
    dropNamespace: (namespace, context) => policy.run(() => inner.dropNamespace(namespace, context), context),
    stats: (context) => policy.run(() => inner.stats(context), context),
    flush: (context) => policy.run(() => inner.flush(context), context),
  });
}

class RetryPolicy {
  readonly #driver: Driver;
  readonly #attempts: number;
  readonly #baseDelayMs: number;
  readonly #maxDelayMs: number;
  readonly #maxRetryAfterMs: number;
  readonly #reserve: number;
  readonly #ratio: number;
  readonly #clock: RetryClock;
  #budget: number;
  /** Last errors of writes of which an earlier attempt may have taken effect. */
  readonly #perhapsApplied = new WeakSet<object>();

  constructor(driver: Driver, options: RetryOptions) {
    this.#driver = driver;
    this.#attempts = options.attempts ?? 4;
    this.#baseDelayMs = options.baseDelayMs ?? 100;
    this.#maxDelayMs = options.maxDelayMs ?? 5_000;
    this.#maxRetryAfterMs = options.maxRetryAfterMs ?? 60_000;
    this.#reserve = options.budgetReserve ?? 10;
    this.#ratio = options.budgetRatio ?? 0.1;
    this.#clock = options.clock ?? systemClock;
    this.#budget = this.#reserve;
  }

  classify(error: unknown): Classification | undefined {
    const known = this.#driver.classify(error);
    return known !== undefined && typeof error === 'object' && error !== null && this.#perhapsApplied.has(error)
      ? { ...known, applied: 'unknown' }
      : known;
  }

  /** `once`: only while the call has certainly had no effect. */
  async run<T>(attempt: Attempt<T>, context: CallContext, repeat: 'freely' | 'once' = 'freely'): Promise<T> {
    this.#budget = Math.min(this.#reserve, this.#budget + this.#ratio);
    let perhapsApplied = false;
    for (let tried = 1; ; tried++) {
      try {
        return await attempt();
      } catch (error) {
        const known = this.#driver.classify(error);
        perhapsApplied ||= known?.applied !== 'no';
        const delay =
          context.signal.aborted || (repeat === 'once' && perhapsApplied)
            ? undefined
            : this.#delayBefore(tried, known, context);
        if (perhapsApplied && typeof error === 'object' && error !== null) this.#perhapsApplied.add(error);
        if (delay === undefined) throw error;
        await this.#clock.sleep(delay, context.signal);
      }
    }
  }

  /** Milliseconds to wait before the next attempt; undefined if there is to be none. */
  #delayBefore(
    tried: number,
    known: Classification | undefined,
    { deadline = Number.POSITIVE_INFINITY }: CallContext,
  ): number | undefined {
    if (!isRetryable(known) || tried >= this.#attempts || this.#budget < 1) return undefined;
    const asked = known.retryAfterMs ?? 0;
    if (asked > this.#maxRetryAfterMs) return undefined;
    const jitter = this.#clock.random() * Math.min(this.#maxDelayMs, this.#baseDelayMs * 2 ** (tried - 1));
    const delay = asked + jitter;
    if (this.#clock.now() + delay >= deadline) return undefined;
    this.#budget -= 1;
    return delay;
  }
}

function isRetryable(known: Classification | undefined): known is Classification {
  return (
    known !== undefined &&
    (known.retryable ?? (known.code === 'RateLimited' || known.code === 'Unavailable' || known.code === 'Timeout'))
  );
}

const systemClock: RetryClock = {
  now: () => performance.now(),
  random: () => Math.random(),
  sleep,
};
