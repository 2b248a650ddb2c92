import type { MilvusClient } from '@zilliz/milvus2-sdk-node';
import type { CallContext } from '../../src/driver.ts';
import { VectorStoreError } from '../../src/errors.ts';
import type { MilvusConfig } from './config.ts';
import { MilvusFailure } from './errors.ts';
import type { Status } from './wire/replies.ts';

/** The official client, and the two ways in which the driver uses it. */
export interface Connection {
  readonly sdk: MilvusClient;
  readonly version: string;
  /**
   * Sends prepared bytes over the client's channels, with its credentials. The client's own methods for data take rows of boxed numbers, hide
   * the timestamps that read-your-writes needs, and cannot be aborted.
   */
  send<R extends { readonly status: Status }>(
    method: DataMethod,
    request: Uint8Array,
    decode: (reply: Uint8Array) => R,
    context: CallContext,
  ): Promise<R>;
  /** Runs one of the client's methods for administration; its failures, which resolve, reject. */
  admin<R>(method: string, context: CallContext, start: (sdk: MilvusClient) => Promise<R>): Promise<R>;
  close(): Promise<void>;
}

export type DataMethod = 'Upsert' | 'Delete' | 'Search' | 'Query';

/** A request on its way through the client's interceptors, which print every message as JSON: bytes would become megabytes of text. */
interface Envelope {
  readonly bytes: Uint8Array;
  toJSON(): string;
}

function envelope(bytes: Uint8Array): Envelope {
  return { bytes, toJSON: () => '' };
}

/** The client wants a deadline in every call; ours is the call's signal. */
const noDeadlineMs = 24 * 60 * 60 * 1_000;

export async function openConnection(config: MilvusConfig): Promise<Connection> {
  // The configuration has checked that a client given is one.
  const sdk = (config.client as MilvusClient | undefined) ?? (await createClient(config));
  try {
    await sdk.connectPromise;
    const { version } = await checked('GetVersion', sdk.getVersion());
    return connectionOver(sdk, version, config.client === undefined);
  } catch (error) {
    if (config.client === undefined) await sdk.closeConnection();
    throw error;
  }
}

async function createClient(config: MilvusConfig): Promise<MilvusClient> {
  const { MilvusClient } = await loadSdk();
  const { address, tls, token, username, password, database, connectTimeoutMs } = config;
  return new MilvusClient({
    address,
    ...(tls && { ssl: true, ...(typeof tls === 'object' && { tls }) }),
    ...(token !== undefined && { token }),
    ...(username !== undefined && { username, password: password ?? '' }),
    ...(database !== undefined && { database }),
    timeout: connectTimeoutMs,
    // One policy for all backends retries; the client's own also covers writes whose outcome is unknown.
    maxRetries: 0,
    channelOptions: { 'grpc.enable_retries': 0 },
    telemetry: { enabled: false },
    // By default it prints requests, payloads and all, wherever NODE_ENV is a developer's.
    logLevel: 'error',
  });
}

async function loadSdk(): Promise<typeof import('@zilliz/milvus2-sdk-node')> {
  try {
    return await import('@zilliz/milvus2-sdk-node');
  } catch (error) {
    throw new VectorStoreError(
      'Unavailable',
      'the Milvus client is not installed; run: npm install @zilliz/milvus2-sdk-node',
      { cause: error },
    );
  }
}

function connectionOver(sdk: MilvusClient, version: string, owned: boolean): Connection {
  return {
    sdk,
    version,
    async send(method, request, decode, { signal }) {
      const reply = await unary(sdk, method, request, decode, signal);
      if (reply.status.code !== 0) throw new MilvusFailure(method, reply.status.code, reply.status.reason);
      return reply;
    },
    async admin(method, { signal }, start) {
      signal.throwIfAborted();
      return checked(method, start(sdk));
    },
    async close() {
      if (owned) await sdk.closeConnection();
    },
  };
}

async function unary<R>(
  sdk: MilvusClient,
  method: DataMethod,
  request: Uint8Array,
  decode: (reply: Uint8Array) => R,
  signal: AbortSignal,
): Promise<R> {
  const channel = await sdk.channelPool.acquire();
  try {
    signal.throwIfAborted();
    const reply = await new Promise<Envelope | undefined>((resolve, reject) => {
      const call = channel.makeUnaryRequest<Envelope, Envelope>(
        `/milvus.proto.milvus.MilvusService/${method}`,
        ({ bytes }) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
        envelope,
        envelope(request),
        { deadline: new Date(Date.now() + noDeadlineMs) },
        (error, value) => (error === null ? resolve(value) : reject(error)),
      );
      const cancel = () => call.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      call.once('status', () => signal.removeEventListener('abort', cancel));
    });
    // The client turns "unimplemented" into success without a message.
    if (!(reply?.bytes instanceof Uint8Array))
      throw new VectorStoreError('Unsupported', `this server does not know ${method}`);
    return decode(reply.bytes);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await sdk.channelPool.release(channel);
  }
}

/** The client's answer, if it is a success. Some failures it throws as plain objects. */
async function checked<R>(method: string, pending: Promise<R>): Promise<R> {
  let reply: R;
  try {
    reply = await pending;
  } catch (error) {
    throw failureIn(method, error) ?? error;
  }
  const failure = failureIn(method, reply);
  if (failure !== undefined) throw failure;
  return reply;
}

function failureIn(method: string, reply: unknown): MilvusFailure | undefined {
  if (typeof reply !== 'object' || reply === null || reply instanceof Error) return undefined;
  const status: unknown = 'status' in reply ? reply.status : reply;
  if (typeof status !== 'object' || status === null) return undefined;
  const code = 'code' in status ? Number(status.code) : 0;
  const legacy = 'error_code' in status ? status.error_code : 'Success';
  if ((code === 0 || Number.isNaN(code)) && (legacy === 'Success' || legacy === 0)) return undefined;
  const reason = 'reason' in status && typeof status.reason === 'string' ? status.reason : '';
  return new MilvusFailure(method, code || 65_535, reason === '' ? String(legacy) : reason);
}
