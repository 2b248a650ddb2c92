/** Node only. `anyvec serve`: a local server that the vendors' own clients can talk to. */
import { connect } from '../connect.ts';
import { type RunningServer, serve } from '../server/index.ts';
import { interruptible } from '../terminal/prompt.ts';
import type { Command, Given } from './commands.ts';
import { type Connection, readConnection } from './connection.ts';
import { UsageError } from './errors.ts';
import { asText, configArgument } from './options.ts';

/** Where the vendor's own local server listens, and what its clients say to reach one. */
const dialects = {
  qdrant: { port: 6333, client: (url: string) => `new QdrantClient({ url: '${url}' })` },
  pinecone: { port: 5080, client: (url: string) => `new Pinecone({ apiKey: 'local', controllerHostUrl: '${url}' })` },
} as const;

/** Printed below the options by `anyvec serve --help`. */
export const notes = `Programs that use the vendor's official client run against it without Docker or a cloud account. What it does not
cover is answered with status 501, never with a wrong success.

Key      requests need the key in $ANYVEC_SERVER_API_KEY where that is set; listening on more than this machine needs one
Data     in memory, gone when the server ends; --store native:./data keeps it, and any other store works too
Ends     with Ctrl-C or SIGTERM`;

/** `anyvec serve DIALECT [--port N] [--host ADDRESS] [--store URL] [--config FILE] [--json]` */
export const command: Command = {
  meta: { name: 'serve', description: "Speak a vendor's protocol over any store, for its own clients" },
  args: {
    dialect: { type: 'positional', required: false, description: 'qdrant or pinecone' },
    port: { type: 'string', alias: 'p', valueHint: 'N', description: 'Default: 6333 or 5080; 0 takes a free one' },
    host: { type: 'string', valueHint: 'ADDRESS', description: 'Default: 127.0.0.1' },
    store: { type: 'string', valueHint: 'URL', description: 'Where the data is kept (default: native:, in memory)' },
    ...configArgument,
    json: { type: 'boolean', description: 'Print one line of JSON, {"dialect","url","pid"}, once it listens' },
  },
  run: async ({ args }) => runServe(await readOptions(args)),
};

interface ServeCommandOptions {
  readonly dialect: keyof typeof dialects;
  readonly port: number;
  readonly host?: string;
  readonly store?: Connection;
  readonly json: boolean;
}

async function readOptions({ _: words, port, host, store, config, json }: Given): Promise<ServeCommandOptions> {
  const [dialect, ...more] = words;
  if (!isDialect(dialect) || more.length > 0) {
    throw new UsageError(`name one dialect, ${Object.keys(dialects).join(' or ')}: anyvec serve qdrant`);
  }
  return {
    dialect,
    port: port === undefined ? dialects[dialect].port : readPort(String(port)),
    ...(typeof host === 'string' && { host }),
    ...((store ?? config) !== undefined && { store: await readConnection(asText(store), asText(config)) }),
    json: json === true,
  };
}

const isDialect = (name: string | undefined): name is keyof typeof dialects =>
  name !== undefined && Object.hasOwn(dialects, name);

function readPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(`--port takes a number from 0 to 65535, not ${JSON.stringify(text)}`);
}

async function runServe({ dialect, port, host, store, json }: ServeCommandOptions): Promise<void> {
  const apiKey = process.env.ANYVEC_SERVER_API_KEY || undefined;
  const { signal, stop } = interruptible(['SIGINT', 'SIGTERM']);
  const database = store === undefined ? undefined : await connect(store);
  let server: RunningServer | undefined;
  try {
    server = await serve({
      dialect,
      port,
      ...(host !== undefined && { host }),
      ...(database && { database }),
      ...(apiKey !== undefined && { apiKey }),
    });
    process.stdout.write(json ? asJson(dialect, server.url) : greeting(dialect, server.url, store, apiKey));
    await aborted(signal);
  } finally {
    stop();
    await server?.close();
    await database?.close();
  }
}

const asJson = (dialect: string, url: string) => `${JSON.stringify({ dialect, url, pid: process.pid })}\n`;

function greeting(
  dialect: keyof typeof dialects,
  url: string,
  store: Connection | undefined,
  apiKey: string | undefined,
): string {
  return `${dialect} protocol on ${url} (Ctrl-C ends it)
  data    ${store === undefined ? 'in memory, gone at the end' : 'in the given store'}
  key     ${apiKey === undefined ? 'none needed' : 'the one in $ANYVEC_SERVER_API_KEY'}
  client  ${dialects[dialect].client(url)}
  anyvec  connect('${dialect}://${new URL(url).host}')
`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
