import type { QdrantClient } from '@qdrant/js-client-rest';
import { invalid, VectorStoreError } from '../../src/errors.ts';
import {
  classifyStatus,
  type Fetch,
  guardedFetch,
  HttpFault,
  readJson,
  redactor,
  retryAfterMs,
} from '../../src/remote/http.ts';
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
type Api = ReturnType<QdrantClient['api']>;

/** The connection to one server. */
export interface Connection {
  /** The official client: used for everything about collections. */
  readonly client: QdrantClient;
  /** The official client's generated functions, one for each call of the server, to be called with {@link requestInit}. */
  readonly api: Api;
  /**
   * A call on the points of a collection, with a body that is JSON text already: its `result`.
   *
   * @throws {@link HttpFault} and what `fetch` throws.
   */
  points(call: PointsCall, collection: string, body: string, options: CallOptions): Promise<unknown>;
}

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Read from all replicas. */
  readonly strong?: boolean;
}

/** What every call of the official client is made with: no redirect is followed, since it would take the key along. */
export function requestInit(signal: AbortSignal): RequestInit {
  return { signal, redirect: 'manual' };
}

/** Loads the official client and connects. Nothing is sent. */
export async function openConnection(config: QdrantConfig): Promise<Connection> {
  if (config.client !== undefined) {
    const client = checkedClient(config.client);
    return { client, api: client.api(), points: throughClient(client.api()) };
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
  return {
    client,
    api: client.api(),
    points: throughFetch(address, headers, redactor([apiKey, ...Object.values(config.headers ?? {})])),
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

/** Points go by `fetch` with our own text: the client would build it from objects, copying every vector. */
function throughFetch(
  { secure, host, port, prefix }: Address,
  headers: Record<string, string>,
  redact: (text: string) => string,
): Connection['points'] {
  const base = `${secure ? 'https' : 'http'}://${host}:${port}${prefix}/collections/`;
  const send: Fetch = guardedFetch();
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
async function refusalOf(response: Response, redact: (text: string) => string): Promise<HttpFault> {
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
export function errorText(body: unknown): string | undefined {
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

/** With a client that was given, its settings count: everything goes through it. */
function throughClient(api: Api): Connection['points'] {
  const functions = api as unknown as Record<string, (args: object, init: RequestInit) => Promise<{ data: unknown }>>;
  return async (call, collection, body, { signal, strong = false }) => {
    const [, path, name] = routes[call];
    const args = {
      collection_name: collection,
      ...(path.endsWith('wait=true') && { wait: true }),
      ...(strong && { consistency: 'all' }),
      ...JSON.parse(body),
    };
    return resultOf((await functions[name]!(args, requestInit(signal))).data);
  };
}
