/** Node only. Calls of every store of this process, from the tracing channel: when each begins, how it ends, how long it took. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { tracingChannel } from 'node:diagnostics_channel';

import { VectorStoreError } from '../errors.ts';
import { type TracedCall, tracingChannelName } from '../tracing.ts';

/** Told of every call. Must not throw: the caller of the store would not notice, but the process would. */
export interface CallObserver<S> {
  /** In the context of the caller, before anything is done. What it returns belongs to the call. */
  begin(call: TracedCall): S;
  end(state: S, call: TracedCall, seconds: number): void;
}

/** An observer at work. */
export interface Observation<S> {
  /** What `begin` returned for the call that this code runs within. */
  current(): S | undefined;
  /** No call is observed from now on; those under way end unobserved. */
  stop(): void;
}

/** Observes until stopped. */
export function observeCalls<S>(observer: CallObserver<S>): Observation<S> {
  const channel = tracingChannel(tracingChannelName);
  const storage = new AsyncLocalStorage<S>();
  const calls = new WeakMap<TracedCall, { readonly state: S; readonly began: number }>();
  // Runs before the call does, and makes the state known to all that the call does.
  channel.start.bindStore(storage, (message) => {
    const call = message as TracedCall;
    const state = observer.begin(call);
    calls.set(call, { state, began: performance.now() });
    return state;
  });
  const ended = (message: unknown) => {
    const call = message as TracedCall;
    const known = calls.get(call);
    if (known === undefined) return;
    calls.delete(call);
    observer.end(known.state, call, (performance.now() - known.began) / 1_000);
  };
  channel.asyncEnd.subscribe(ended);
  return {
    current: () => storage.getStore(),
    stop() {
      channel.start.unbindStore(storage);
      channel.asyncEnd.unsubscribe(ended);
    },
  };
}

/** A stable word for what went wrong: the code of a `VectorStoreError`. */
export function errorType(error: unknown): string {
  if (VectorStoreError.is(error)) return error.code;
  return error instanceof Error ? error.name : '_OTHER';
}
