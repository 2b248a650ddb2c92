/**
 * `anyvec/server`: a local server that speaks a vendor's protocol over any `VectorDatabase`, so that the vendors' own clients run without
 * Docker or a cloud account. Node only.
 *
 * @module
 */
import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { VectorDatabase } from '../database.ts';
import { EngineDriver } from '../engine/driver.ts';
import { flatProvider } from '../engine/index/flat.ts';
import { invalid, VectorStoreError } from '../errors.ts';
import { PortableDatabase } from '../portable/database.ts';
import type { Dialect, ServerEnv } from './dialect.ts';
import { pineconeDialect } from './dialects/pinecone/index.ts';
import type { PineconeQuirks } from './dialects/pinecone/quirks.ts';
import { qdrantDialect } from './dialects/qdrant/index.ts';
import { guard } from './guard.ts';

/** What {@link serve} takes. */
export interface ServeOptions {
  /** The vendor whose clients are to be served. */
  readonly dialect: 'qdrant' | 'pinecone';
  /** Where the data is kept. Default: the native engine in memory. It stays the caller's to close. */
  readonly database?: VectorDatabase;
  /** Default 0: any free port; the answer's `url` names it. */
  readonly port?: number;
  /** The address to listen on. Default 127.0.0.1. Any but a loopback address needs an `apiKey`. */
  readonly host?: string;
  /** Names that clients may call this server by, beside `localhost`, the loopback addresses and `host`. */
  readonly allowedHosts?: readonly string[];
  /** Requests without this key are refused. Default: none needed. */
  readonly apiKey?: string;
  /** `pinecone` only: what is not known for certain of the live service, either way. */
  readonly quirks?: Partial<PineconeQuirks>;
}

export type { PineconeQuirks };

/** A server that is listening. */
export interface RunningServer extends AsyncDisposable {
  /** For example `http://127.0.0.1:41523`. */
  readonly url: string;
  /** Ends open connections and stops. The database stays open if it was given. */
  close(): Promise<void>;
}

const loopback = ['localhost', '127.0.0.1', '::1'];

/**
 * Starts a server.
 *
 * @throws `InvalidArgument` for a bad option; `Unavailable` where the port is taken.
 * @example
 * const server = await serve({ dialect: 'qdrant' });
 * const client = new QdrantClient({ url: server.url });
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { port = 0, host = '127.0.0.1', allowedHosts = [], apiKey } = options;
  if (apiKey !== undefined && apiKey.length === 0)
    throw invalid('options.apiKey', 'empty; leave it out if no key is needed');
  if (apiKey === undefined && !loopback.includes(host))
    throw invalid('options.apiKey', `listening on ${host}, which others can reach, needs a key`);
  const database = options.database ?? memoryDatabase();
  const dialect = dialectOf(options, database);
  await dialect.load?.();
  const app = new Hono<ServerEnv>();
  app.use(guard({ hosts: [...loopback, host, ...allowedHosts], apiKey, dialect }));
  app.route('/', dialect.app);
  app.notFound(() => dialect.failure(501, 'this server does not cover that call'));
  app.onError((error) => dialect.failure(500, `Service internal error: ${error.message}`));
  const server = createAdaptorServer({
    fetch: app.fetch,
    // Slow senders and idle connections are ended. Pinecone's clients put the ids to fetch, up to 1,000, into the address.
    serverOptions: {
      headersTimeout: 20_000,
      requestTimeout: 300_000,
      keepAliveTimeout: 60_000,
      maxHeaderSize: 256 * 1024,
    },
  }) as Server;
  const url = await listen(server, port, host);
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= shutDown(server).then(() => (options.database === undefined ? database.close() : undefined));
    return closing;
  };
  return { url, close, [Symbol.asyncDispose]: close };
}

function dialectOf({ dialect, quirks }: ServeOptions, database: VectorDatabase): Dialect {
  if (dialect !== 'pinecone' && quirks !== undefined) throw invalid('options.quirks', 'for the dialect pinecone only');
  if (dialect === 'qdrant') return qdrantDialect({ database });
  if (dialect === 'pinecone') return pineconeDialect({ database, ...(quirks && { quirks }) });
  throw invalid('options.dialect', 'known are qdrant and pinecone');
}

function memoryDatabase(): VectorDatabase {
  return new PortableDatabase(new EngineDriver({ provider: 'native', indexes: flatProvider, directory: undefined }));
}

function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new VectorStoreError('Unavailable', `cannot listen on ${host}, port ${port}: ${error.message}`, {
          cause: error,
        }),
      ),
    );
    server.listen(port, host, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${bound}`);
    });
  });
}

function shutDown(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
