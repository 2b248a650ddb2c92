/** What a subscriber of the tracing channel is told about a call: names and sizes, never payloads, vectors or credentials. */
export interface TracedCall {
  readonly operation: string;
  readonly provider: string;
  readonly collection?: string;
  readonly namespace?: string;
  /** Set when it is over. */
  result?: unknown;
  error?: unknown;
}

/** The name of the channel: `diagnostics_channel.tracingChannel('anyvec:call')`. */
export const tracingChannelName = 'anyvec:call';

interface TracingChannel {
  tracePromise<T>(run: () => Promise<T>, context: TracedCall): Promise<T>;
}

let channel: TracingChannel | null | undefined;

/**
 * Publishes a call to `node:diagnostics_channel` (start, end, asyncStart, asyncEnd, error), so that telemetry needs no hook of ours.
 * Where there is no such module (browsers) it only runs the call.
 */
export function traced<T>(call: TracedCall, run: () => Promise<T>): Promise<T> {
  channel ??= findChannel();
  return channel === null ? run() : channel.tracePromise(run, call);
}

function findChannel(): TracingChannel | null {
  const host = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process;
  const module = host?.getBuiltinModule?.('node:diagnostics_channel') as { tracingChannel?: (name: string) => TracingChannel } | undefined;
  return module?.tracingChannel?.(tracingChannelName) ?? null;
}
