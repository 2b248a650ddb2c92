import type { QdrantClient } from '@qdrant/js-client-rest';
import { invalid, VectorStoreError } from '../../src/errors.ts';
import { classifyStatus, readJson, redactor, retryAfterMs } from '../../src/remote/http.ts';
import { HttpFault } from '../../src/remote/http-fault.ts';
import { createSender, type HttpAnswer, type Sender } from '../../src/remote/send.ts';
import { type Address, addressOf, apiKeyOf, type QdrantConfig } from './config.ts';

/** Calls on points: method, path below the collection, and the name of the SDK's own function for it. */
const routes = {
  upsert: ['PUT', '/points?wait=true', 'upsertPoints'],
  delete: ['POST', '/points/delete?wait=true', 'deletePoints'],
  batch: ['POST', '/points/batch?wait=true', 'batchUpdate'],
  retrieve: ['POST', '/points', 'getPoints'],
  scroll: ['POST', '/points/scroll', 'scrollPoints'],
  count: ['POST', '/points/count', 'countPoints'],
  query: ['POST', '/points/query', 'queryPoints'],
  queryBatch: ['POST', '/points/query/batch', 'queryBatchPoints'],
  facet: ['POST', '/facet', 'facet'],
} as const;

export type PointsCall = keyof typeof routes;

/** Calls about collections and the server: names of the SDK's own functions. */
export type ControlCall =
  | 'root'
  | 'getCollections'
  | 'getCollection'
  | 'collectionExists'
  | 'createCollection'
  | 'updateCollection'
  | 'deleteCollection'
  | 'createFieldIndex';

/** The connection to one server. */
export interface Connection {
  /** The official client. */
  readonly client: QdrantClient;
  /**
   * A call about collections, by the official client: the body of its answer.
   *
   * @throws {@link HttpFault} and what `fetch` throws.
   */
  control(call: ControlCall, args: object, signal: AbortSignal): Promise<unknown>;
  /**
   * A call on the points of a collection, with a body that is JSON already: its `result`.
   *
   * @throws {@link HttpFault} and what `fetch` throws.
   */
  points(call: PointsCall, collection: string, body: Body, options: CallOptions): Promise<unknown>;
  /** Ends idle connections. */
  close(): void;
}

/** JSON, as text or as its bytes. */
export type Body = string | Uint8Array<ArrayBuffer>;

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Read from all replicas. */
  readonly strong?: boolean;
}

/** Loads the official client and connects. Nothing is sent. */
export async function openConnection(config: QdrantConfig): Promise<Connection> {
  if (config.client !== undefined) {
    const client = checkedClient(config.client);
    const send = clientCalls(client, (text) => text);
    return { client, control: send, points: throughClient(send), close: () => undefined };
  }
  const { QdrantClient } = await loadSdk();
  const address = addressOf(config);
  const apiKey = apiKeyOf(config);
  const headers = { ...config.headers, ...(apiKey !== undefined && { 'api-key': apiKey }) };
  const { secure, host, port, prefix } = address;
  const client = new QdrantClient({
    url: `${secure ? 'https' : 'http'}://${host}`,
    port,
    ...(prefix !== '' && { prefix }),
    // As a header of ours: the option would print a warning for http, also on localhost.
    headers,
    // Our own deadline is on every call; the client's timer would replace our signal.
    timeout: Number.POSITIVE_INFINITY,
    checkCompatibility: false,
  });
  const redact = redactor([apiKey, ...Object.values(config.headers ?? {})]);
  const sender = createSender();
  return {
    client,
    control: clientCalls(client, redact),
    points: throughSender(sender, address, headers, redact),
    close: sender.close,
  };
}

async function loadSdk(): Promise<{ QdrantClient: typeof QdrantClient }> {
  try {
    return await import('@qdrant/js-client-rest');
  } catch (error) {
    throw new VectorStoreError(
      'Unavailable',
      'the package @qdrant/js-client-rest is not installed: npm install @qdrant/js-client-rest',
      { cause: error },
    );
  }
}

/** A client of whatever version of the SDK the user has. */
function checkedClient(client: unknown): QdrantClient {
  if (typeof client !== 'object' || client === null || !('api' in client) || typeof client.api !== 'function')
    throw invalid('config.client', 'a QdrantClient');
  return client as QdrantClient;
}

/** Points go by bytes of our own: the client would build them from objects, copying every vector, and send them by `fetch`. */
function throughSender(
  { send }: Sender,
  { secure, host, port, prefix }: Address,
  headers: Record<string, string>,
  redact: (text: string) => string,
): Connection['points'] {
  const base = `${secure ? 'https' : 'http'}://${host}:${port}${prefix}/collections/`;
  return async (call, collection, body, { signal, strong = false }) => {
    const [method, path] = routes[call];
    const response = await send(`${base}${encodeURIComponent(collection)}${path}${strong ? '?consistency=all' : ''}`, {
      method,
      headers: { ...headers, 'content-type': 'application/json' },
      body,
      signal,
    });
    const { status } = response;
    if (status !== 200) throw await refusalOf(response, redact);
    return resultOf(await readJson(response));
  };
}

/** The server's own words, if it has any. */
async function refusalOf(response: HttpAnswer, redact: (text: string) => string): Promise<HttpFault> {
  const { status, headers } = response;
  const text = await response.text().catch(() => '');
  return new HttpFault('status', redact(messageIn(text) ?? classifyStatus(status, '').message), {
    status,
    retryAfterMs: retryAfterMs(headers),
  });
}

function messageIn(text: string): string | undefined {
  try {
    return errorText(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** `{ status: { error } }`, as all errors of Qdrant are. */
function errorText(body: unknown): string | undefined {
  const status = typeof body === 'object' && body !== null && 'status' in body ? body.status : undefined;
  const error = typeof status === 'object' && status !== null && 'error' in status ? status.error : undefined;
  return typeof error === 'string' ? error : undefined;
}

/** The `result` of an answer. */
export function resultOf(body: unknown): unknown {
  if (
    typeof body !== 'object' ||
    body === null ||
    !('result' in body) ||
    body.result === undefined ||
    body.result === null
  ) {
    throw new HttpFault('unexpected', 'the answer holds no result; is that the address of a Qdrant server?');
  }
  return body.result;
}

type ClientCall = (name: string, args: object, signal: AbortSignal) => Promise<unknown>;

/** The official client's generated functions, one for each call of the server. They follow no redirect, since that would take the key along. */
function clientCalls(client: QdrantClient, redact: (text: string) => string): ClientCall {
  const api = client.api() as unknown as Record<
    string,
    (args: object, init: RequestInit) => Promise<{ data: unknown }>
  >;
  return async (name, args, signal) => {
    try {
      return (await api[name]!(args, { signal, redirect: 'manual' })).data;
    } catch (error) {
      throw faultOfClient(error, redact);
    }
  };
}

/** With a client that was given, its settings count: everything goes through it. */
function throughClient(send: ClientCall): Connection['points'] {
  return async (call, collection, body, { signal, strong = false }) => {
    const [, path, name] = routes[call];
    const options = { ...(path.endsWith('wait=true') && { wait: true }), ...(strong && { consistency: 'all' }) };
    return resultOf(
      await send(
        name,
        {
          collection_name: collection,
          ...options,
          ...JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body)),
        },
        signal,
      ),
    );
  };
}

/**
 * An error of the official client as one of ours, which holds neither headers nor bodies. Its classes are anonymous or not exported: what
 * counts is what they carry.
 */
function faultOfClient(error: unknown, redact: (text: string) => string): unknown {
  if (!(error instanceof Error)) return error;
  // Its reading of Retry-After is wrong (the first digit only), so the pause is left to the policy.
  if (error.name.startsWith('QdrantClientResourceExhausted') || error.message.startsWith('Invalid retryAfter')) {
    return new HttpFault('status', 'the server asks to slow down', { status: 429 });
  }
  if (error instanceof SyntaxError) return new HttpFault('not-json', 'the answer is cut off or is not JSON');
  if (!('status' in error) || typeof error.status !== 'number') return error;
  const said = 'data' in error ? errorText(error.data) : undefined;
  const headers = 'headers' in error && error.headers instanceof Headers ? error.headers : undefined;
  const { status } = error;
  return new HttpFault('status', redact(said ?? classifyStatus(status, '').message), {
    status,
    retryAfterMs: headers && retryAfterMs(headers),
  });
}
