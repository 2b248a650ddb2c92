import type { CallContext, Driver } from '../driver.ts';
import { invalid, VectorStoreError, withContext } from '../errors.ts';
import { type TracedCall, traced } from '../tracing.ts';
import type { CallOptions } from '../types.ts';
import { numberOption } from '../validate/options.ts';
import { shown } from '../validate/text.ts';
import { onAbort } from './on-abort.ts';

/** Where calls are made: what every error and trace says, and whether the handle is still open. */
export interface Site {
  readonly driver: Driver;
  readonly lifetime: Lifetime;
  readonly collection?: string;
  readonly namespace?: string;
}

/** Open until closed; a child is closed with its parent. Closing waits for the calls under way. */
export class Lifetime {
  readonly #what: string;
  readonly #parent: Lifetime | undefined;
  #pending = 0;
  #onIdle: (() => void)[] = [];
  #closed = false;

  constructor(what: string, parent?: Lifetime) {
    this.#what = what;
    this.#parent = parent;
  }

  child(what: string): Lifetime {
    return new Lifetime(what, this);
  }

  get closed(): boolean {
    return this.#closed || (this.#parent?.closed ?? false);
  }

  check(): void {
    if (this.closed) throw new VectorStoreError('StoreClosed', `this ${this.#what} was closed; open another`);
  }

  track<T>(promise: Promise<T>): Promise<T> {
    // It is refused, and nobody waits for that.
    if (this.closed) return promise;
    this.#begin();
    const end = () => this.#end();
    promise.then(end, end);
    return promise;
  }

  #begin(): void {
    this.#pending += 1;
    if (this.#parent !== undefined) this.#parent.#begin();
  }

  #end(): void {
    this.#pending -= 1;
    if (this.#parent !== undefined) this.#parent.#end();
    if (this.#pending === 0) for (const resume of this.#onIdle.splice(0)) resume();
  }

  /** True the first time. Returns once the calls under way have settled. */
  async close(): Promise<boolean> {
    const first = !this.#closed;
    this.#closed = true;
    if (this.#pending > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
    return first;
  }
}

/** One call under way: its signal fires at abort or deadline, with the typed error as reason. */
export interface Call {
  readonly signal: AbortSignal;
  /** Starts a piece of work on the driver unless the call is over, and stops waiting for it the moment the call is over. */
  run<T>(start: (context: CallContext) => Promise<T>): Promise<T>;
  /** Says how many records, ids or queries it is about. */
  tell(size: number): void;
  /** The typed error for anything thrown meanwhile. */
  wrap(error: unknown): VectorStoreError;
}

/** Keys of {@link CallOptions}, which every method takes beside its own. */
export const callKeys = ['signal', 'timeoutMs'] as const;

/**
 * Runs one method: refuses a closed handle, obeys abort and deadline, publishes the trace, types every error and says where it happened.
 */
export function perform<T>(
  site: Site,
  operation: string,
  options: CallOptions | undefined,
  body: (call: Call) => Promise<T>,
): Promise<T> {
  const { driver, lifetime, collection, namespace } = site;
  const wrap = (error: unknown) => typedError(site, operation, error);
  const trace: TracedCall = {
    operation,
    provider: driver.provider,
    ...(driver.server && { server: driver.server }),
    ...(collection && { collection }),
    ...(namespace && { namespace }),
  };
  const run = async () => {
    let deadline: Deadline | undefined;
    try {
      lifetime.check();
      deadline = startDeadline(options, driver.defaultTimeoutMs);
      deadline.signal.throwIfAborted();
      return await body(callOn(deadline, wrap, trace));
    } catch (error) {
      throw wrap(error);
    } finally {
      deadline?.stop();
    }
  };
  return lifetime.track(traced(trace, run));
}

/**
 * Runs code that reads the caller's input, which may be anything: getters and proxies that throw are bad input, not defects of ours.
 *
 * @throws `InvalidArgument`
 */
export function checkInput<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (VectorStoreError.is(error)) throw error;
    throw invalid(place, 'reading it threw an error', { cause: error });
  }
}

function callOn({ signal, at }: Deadline, wrap: (error: unknown) => VectorStoreError, trace: TracedCall): Call {
  return {
    signal,
    wrap,
    tell(size) {
      trace.size = size;
    },
    run: <T>(start: (context: CallContext) => Promise<T>) =>
      raceSignal(signal, () => start({ signal, ...(at !== undefined && { deadline: at }) })),
  };
}

/** The promise's outcome, or the signal's reason if that comes first; what is left behind is not an unhandled rejection. */
export function raceSignal<T>(signal: AbortSignal, start: () => Promise<T>): Promise<T> {
  if (signal === never) return start();
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise<T>((resolve, reject) => {
    const stop = onAbort(signal, () => reject(signal.reason));
    start().then(resolve, reject).finally(stop);
  });
}

interface Deadline {
  readonly signal: AbortSignal;
  /** On the clock of `performance.now()`; undefined: never. */
  readonly at: number | undefined;
  stop(): void;
}

const longestTimer = 2 ** 31 - 1;
/** Of calls that nothing ends before they are done. They share it, since a signal takes longer to make than many an answer: nobody may go on listening to it. */
const never = new AbortController().signal;
const unlimited: Deadline = { signal: never, at: undefined, stop() {} };

function startDeadline(options: CallOptions | undefined, defaultTimeoutMs: number): Deadline {
  const signal: unknown = options?.signal;
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('options.signal', 'an AbortSignal');
  const timeoutMs =
    options?.timeoutMs === undefined ? defaultTimeoutMs : numberOption(options.timeoutMs, 'options.timeoutMs', 0);
  if (timeoutMs < 0) throw invalid('options.timeoutMs', 'must not be negative');
  // Where calls have no end by themselves there is no client of others that would go on listening.
  if (signal === undefined && timeoutMs >= longestTimer && defaultTimeoutMs >= longestTimer) return unlimited;
  const controller = new AbortController();
  const stopWaiting =
    signal &&
    onAbort(signal, () =>
      controller.abort(new VectorStoreError('Aborted', 'the caller aborted', { cause: signal.reason })),
    );
  const onTimeout = () => controller.abort(new VectorStoreError('Timeout', `not done within ${timeoutMs} ms`));
  const timer = timeoutMs < longestTimer ? setTimeout(onTimeout, timeoutMs) : undefined;
  return {
    signal: controller.signal,
    at: timer === undefined ? undefined : performance.now() + timeoutMs,
    stop() {
      clearTimeout(timer);
      stopWaiting?.();
    },
  };
}

/** Any error as the typed one, with the place. */
export function typedError(site: Site, operation: string, error: unknown): VectorStoreError {
  const place = {
    operation,
    provider: site.driver.provider,
    ...(site.collection !== undefined && { collection: site.collection }),
  };
  if (VectorStoreError.is(error)) return withContext(error, place);
  const known = site.driver.classify(error);
  if (known !== undefined) {
    const { code, message, retryable, retryAfterMs } = known;
    return new VectorStoreError(code, message, {
      ...place,
      ...(retryable !== undefined && { retryable }),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
      cause: error,
    });
  }
  return new VectorStoreError('Internal', `unexpected: ${error instanceof Error ? error.message : shown(error)}`, {
    ...place,
    cause: error,
  });
}
