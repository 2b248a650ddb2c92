/** Where a server is. */
export interface ServerAddress {
  readonly host: string;
  readonly port?: number;
}

/** What a subscriber of the tracing channel is told about a call: names and sizes, never payloads, vectors or credentials. */
export interface TracedCall {
  readonly operation: string;
  readonly provider: string;
  readonly collection?: string;
  readonly namespace?: string;
  /** The server's host name and port, where there is one and it is known. */
  readonly server?: ServerAddress;
  /** How many records, ids or queries the call is about, once that is known. */
  size?: number;
  /** The typed error, if it failed. */
  error?: unknown;
}

/** The name of the channel: `diagnostics_channel.tracingChannel('anyvec:call')`. */
export const tracingChannelName = 'anyvec:call';

interface TracingChannel {
  /** Not in every Node.js. */
  readonly hasSubscribers?: boolean;
  tracePromise<T>(run: () => Promise<T>, context: TracedCall): Promise<T>;
}

let channel: TracingChannel | null | undefined;

/**
 * Publishes a call to `node:diagnostics_channel` (start, end, asyncStart, asyncEnd, error), so that telemetry needs no hook of ours.
 * Where there is no such module (browsers) it only runs the call.
 */
export async function traced<T>(call: TracedCall, run: () => Promise<T>): Promise<T> {
  if (channel === undefined) channel = findChannel();
  if (channel === null || channel.hasSubscribers === false) return run();
  let outcome: { value: T } | undefined;
  // The channel would publish what the call returns, which is the caller's data: it gets nothing.
  await channel.tracePromise(async () => {
    outcome = { value: await run() };
  }, call);
  return outcome!.value;
}

function findChannel(): TracingChannel | null {
  const host = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process;
  const module = host?.getBuiltinModule?.('node:diagnostics_channel') as
    | { tracingChannel?: (name: string) => TracingChannel }
    | undefined;
  return module?.tracingChannel?.(tracingChannelName) ?? null;
}
