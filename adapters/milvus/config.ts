import { z } from 'zod';
import { invalid } from '../../src/errors.ts';

/** TLS settings: files and options as the official client takes them. */
export interface MilvusTls {
  /** PEM files: the authority's certificate, and for mutual TLS the client's key and certificate chain. */
  readonly rootCertPath?: string | undefined;
  readonly privateKeyPath?: string | undefined;
  readonly certChainPath?: string | undefined;
  /** The name in the server's certificate, where it is not the host's. */
  readonly serverName?: string | undefined;
}

/** Configuration of the Milvus backend. */
export interface MilvusSettings {
  readonly provider: 'milvus';
  /** `http://host:19530`, or `https://` for TLS (port 443 if none is given). Default `http://localhost:19530`. */
  readonly url?: string | undefined;
  /** API key, or `user:password`. Default: `$MILVUS_TOKEN`, unless there is a username or a ready client. */
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly database?: string | undefined;
  readonly tls?: MilvusTls | undefined;
  /** Milliseconds for connecting and for administrative requests. Default 30,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Milliseconds for calls that set no `timeoutMs`. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** A ready `MilvusClient` of the official SDK, used instead of a new one, and left open. Not typed as one, since the SDK is optional. */
  readonly client?: object | undefined;
}

/** The settings as checked. */
export interface MilvusConfig {
  readonly provider: 'milvus';
  readonly address: string;
  readonly tls: boolean | { readonly [setting: string]: string };
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
  readonly database?: string;
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly client?: object;
}

const text = z.string().min(1);
const milliseconds = z.number().int().positive();

const settings = z
  .strictObject({
    provider: z.literal('milvus'),
    url: z.url({ protocol: /^https?$/, error: 'a URL as http://localhost:19530, or https:// for TLS' }).optional(),
    token: text.optional(),
    username: text.optional(),
    password: z.string().optional(),
    database: text.optional(),
    tls: z
      .strictObject({
        rootCertPath: text.optional(),
        privateKeyPath: text.optional(),
        certChainPath: text.optional(),
        serverName: text.optional(),
      })
      .optional(),
    connectTimeoutMs: milliseconds.optional(),
    timeoutMs: milliseconds.optional(),
    client: z
      .custom<object>(
        (value) => typeof value === 'object' && value !== null && 'channelPool' in value,
        'a MilvusClient of @zilliz/milvus2-sdk-node',
      )
      .optional(),
  })
  .refine(
    ({ token, username }) => token === undefined || username === undefined,
    'either token or username and password, not both',
  )
  .refine(
    ({ username, password }) => (username === undefined) === (password === undefined),
    'username and password belong together',
  );

export const config: z.ZodType<MilvusConfig> = settings.transform(
  ({ url = 'http://localhost:19530', tls, connectTimeoutMs = 30_000, timeoutMs = 60_000, ...rest }) => {
    const secure = url.startsWith('https:') || tls !== undefined;
    const token =
      rest.username === undefined && rest.client === undefined ? (rest.token ?? environmentToken()) : undefined;
    return {
      ...dropUndefined({ ...rest, token }),
      provider: 'milvus' as const,
      address: addressOf(url),
      tls: tls === undefined ? secure : dropUndefined(tls),
      connectTimeoutMs,
      timeoutMs,
    };
  },
);

function environmentToken(): string | undefined {
  const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
  return environment?.MILVUS_TOKEN || undefined;
}

/** Host and port. Read from the text, since a parsed URL forgets a port that is its scheme's own. */
function addressOf(url: string): string {
  const { hostname, protocol } = new URL(url);
  const port = /^https?:\/\/(?:[^/?#@]*@)?(?:\[[^\]]*\]|[^:/?#]*):(\d+)/i.exec(url)?.[1];
  return `${hostname}:${port ?? (protocol === 'https:' ? 443 : 19_530)}`;
}

/** `milvus://user:password@host:19530/database?tls=true&token=…`. */
export function fromUrl(url: string): Record<string, unknown> {
  // An unknown scheme parses without a default port and keeps the host's spelling.
  const parsed = parse(url);
  const given = Object.fromEntries(parsed.searchParams);
  for (const key of Object.keys(given)) {
    if (!['tls', 'token', 'timeoutMs', 'connectTimeoutMs'].includes(key))
      throw invalid('url', `milvus: URLs take tls, token, timeoutMs and connectTimeoutMs, not ${JSON.stringify(key)}`);
  }
  const { tls = 'false', token, timeoutMs, connectTimeoutMs } = given;
  if (tls !== 'true' && tls !== 'false') throw invalid('url', 'tls is true or false');
  if (parsed.hostname === '') throw invalid('url', 'names no host, as in milvus://localhost:19530');
  const database = decodeURIComponent(parsed.pathname.replace(/^\//, ''));
  return {
    provider: 'milvus',
    url: `${tls === 'true' ? 'https' : 'http'}://${parsed.hostname}:${parsed.port === '' ? 19530 : parsed.port}`,
    ...(parsed.username !== '' && {
      username: decodeURIComponent(parsed.username),
      password: decodeURIComponent(parsed.password),
    }),
    ...(database !== '' && { database }),
    ...(token !== undefined && { token }),
    ...(timeoutMs !== undefined && { timeoutMs: Number(timeoutMs) }),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs: Number(connectTimeoutMs) }),
  };
}

function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw invalid('url', 'is no URL, as in milvus://localhost:19530');
  }
}

function dropUndefined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
