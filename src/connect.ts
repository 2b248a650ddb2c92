import type { Adapter } from './adapter.ts';
import { type Config, checkConfig, type Provider, type RawConfig, readConfig } from './config.ts';
import type { PayloadOf, VectorDatabase } from './database.ts';
import type { Driver } from './driver.ts';
import { invalid, VectorStoreError } from './errors.ts';
import { compose, type Middleware } from './middleware/compose.ts';
import { forwardDriver } from './middleware/forward.ts';
import { PortableDatabase } from './portable/database.ts';
import type { VectorStore } from './store.ts';
import type { ServerAddress } from './tracing.ts';
import type { CollectionSpec, Payload, PayloadSchema } from './types.ts';

const adapters: { readonly [P in Provider]: () => Promise<Adapter> } = {
  native: async () => (await import('../adapters/native/index.ts')).adapter,
  hnswlib: async () => (await import('../adapters/hnswlib/index.ts')).adapter,
  faiss: async () => (await import('../adapters/faiss/index.ts')).adapter,
  qdrant: async () => (await import('../adapters/qdrant/index.ts')).adapter,
  milvus: async () => (await import('../adapters/milvus/index.ts')).adapter,
  pinecone: async () => (await import('../adapters/pinecone/index.ts')).adapter,
  jsonl: async () => (await import('../adapters/jsonl/index.ts')).adapter,
  parquet: async () => (await import('../adapters/parquet/index.ts')).adapter,
  npy: async () => (await import('../adapters/npy/index.ts')).adapter,
  'faiss-file': async () => (await import('../adapters/faiss-file/index.ts')).adapter,
  'hnswlib-file': async () => (await import('../adapters/hnswlib-file/index.ts')).adapter,
};

/** What `connect` takes beside the configuration. */
export interface ConnectOptions {
  /** Wrapped around the backend, the first one outermost. */
  readonly middleware?: readonly Middleware[];
}

/**
 * Connects to a backend by URL, by config object, or (without either) by `$ANYVEC_URL`.
 *
 * | URL | backend |
 * |---|---|
 * | `native:` | the embedded engine, in memory |
 * | `native:./data` | the embedded engine, in a directory |
 * | `qdrant://localhost:6333` | a Qdrant server |
 * | `pinecone:` | Pinecone; the key in `$PINECONE_API_KEY` |
 * | `hnswlib:./data`, `faiss:./data` | the embedded engine with indexes by that library (or without a path, in memory) |
 * | `jsonl:./data`, `parquet:./data` | files of records in a directory; `jsonl:./articles.jsonl`, `parquet:./articles.parquet` are one file |
 * | `npy:./vectors.npy`, `faiss-file:./index.faiss`, `hnswlib-file:./graph.bin?metric=cosine` | files of other tools, only read |
 * | `milvus://localhost:19530` | Milvus or milvus-lite; `milvus://user:password@host:19530/database?tls=true` |
 *
 * @throws `InvalidArgument` for a bad configuration, `Unavailable` where a library is missing (the message names the command), `Conflict`
 *   where the directory is in use, `Corruption`.
 * @example
 * const db = await connect('native:./data');
 */
export async function connect(config?: string | URL | Config, options: ConnectOptions = {}): Promise<VectorDatabase> {
  return new PortableDatabase(await openDriver(config, options));
}

/** A configuration of one collection, for applications that need no more. */
export type StoreConfig<P extends object, S extends PayloadSchema> = ({ readonly url: string | URL } | Config) & {
  readonly collection: string;
} & (CollectionSpec<P, S> | { readonly [K in keyof CollectionSpec]?: undefined });

/**
 * One collection in one call: opened, or created first if a `dimension` and `metric` are given and it does not exist. Closing the store
 * closes the connection.
 *
 * @example
 * const articles = await openStore({ url: 'native:./data', collection: 'articles', dimension: 384, metric: 'cosine' });
 */
export function openStore<S extends PayloadSchema>(
  config: StoreConfig<PayloadOf<S>, S> & { readonly payload: S },
  options?: ConnectOptions,
): Promise<VectorStore<PayloadOf<S>>>;
export function openStore<P extends object = Payload>(
  config: StoreConfig<P, PayloadSchema> & { readonly payload?: undefined },
  options?: ConnectOptions,
): Promise<VectorStore<P>>;
export async function openStore<P extends object>(
  config: StoreConfig<P, PayloadSchema>,
  options: ConnectOptions = {},
): Promise<VectorStore<P>> {
  if (typeof config !== 'object' || config === null)
    throw invalid('config', 'an object with url (or provider) and collection');
  const { collection, dimension, metric, index, payload, fields, ttlSeconds, strict, ...connection } = config;
  const driver = await openDriver(
    'url' in connection && !('provider' in connection) ? connection.url : connection,
    options,
  );
  const database = new PortableDatabase(driver, { closeWithHandle: true });
  try {
    if (dimension === undefined && metric === undefined)
      return await database.collection<P>(collection, { payload, fields } as { payload?: PayloadSchema });
    const spec = { dimension, metric, index, payload, fields, ttlSeconds, strict };
    return await database.createCollection<P>(collection, spec, { ifExists: 'open' });
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The driver beneath {@link connect}, for what is made of several. */
export async function openDriver(config: unknown, { middleware = [] }: ConnectOptions = {}): Promise<Driver> {
  const raw = readConfig(config);
  const adapter = await loadAdapter(raw.provider);
  const checked = checkConfig(adapter, raw);
  try {
    const driver = compose(await adapter.open(checked), middleware);
    const server = serverOf(raw);
    return server === undefined ? driver : forwardDriver(driver, { server });
  } catch (error) {
    if (VectorStoreError.is(error)) throw error;
    const message = error instanceof Error ? error.message : 'unknown error';
    throw new VectorStoreError('Unavailable', `connecting failed: ${message}`, {
      provider: raw.provider,
      operation: 'connect',
      cause: error,
    });
  }
}

/** Host and port of `qdrant://host:6333` or `{ url: 'http://host:6333' }`; nothing of a path, and nothing that may be secret. */
function serverOf({ url = '', settings = {} }: RawConfig): ServerAddress | undefined {
  const given = typeof settings.url === 'string' ? settings.url : url;
  if (!/^[a-z][a-z0-9+-]*:\/\/[^/]/i.test(given) || !URL.canParse(given)) return undefined;
  const { hostname, port } = new URL(given);
  return hostname === '' ? undefined : { host: hostname, ...(port !== '' && { port: Number(port) }) };
}

async function loadAdapter(provider: string): Promise<Adapter> {
  if (!Object.hasOwn(adapters, provider)) {
    throw invalid(
      'config.provider',
      `there is no provider of that name; known are ${Object.keys(adapters).join(', ')}`,
    );
  }
  return adapters[provider as Provider]();
}
