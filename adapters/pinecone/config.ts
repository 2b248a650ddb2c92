import { z } from 'zod';
import { invalid } from '../../src/errors.ts';
import type { RetryOptions } from '../../src/middleware/retry.ts';

/** A `Pinecone` of the official SDK, which this package's types do not need to be installed. */
export interface OfficialClient {
  getConfig(): {
    readonly apiKey: string;
    readonly controllerHostUrl?: string | undefined;
    readonly additionalHeaders?: { readonly [name: string]: string } | undefined;
    readonly fetchApi?: unknown;
  };
  describeIndex(name: string): Promise<unknown>;
}

/** Configuration of the Pinecone backend. */
export interface PineconeSettings {
  readonly provider: 'pinecone';
  /** Default: `$PINECONE_API_KEY`. A server on this machine needs none. */
  readonly apiKey?: string | undefined;
  /** Where indexes are managed. Default `https://api.pinecone.io`; for a local server its URL. */
  readonly controllerHost?: string | undefined;
  /** Where new indexes are made: `aws`, `gcp` or `azure`. Default `aws`. */
  readonly cloud?: string | undefined;
  /** Default `us-east-1`. */
  readonly region?: string | undefined;
  /** Milliseconds that a read waits until the handle's own writes are visible, before it rejects with `Timeout`. Default 30,000. */
  readonly freshnessTimeoutMs?: number | undefined;
  /** Milliseconds for calls that set no `timeoutMs`. Default 60,000; creating an index may take longer on the live service. */
  readonly timeoutMs?: number | undefined;
  /** Rows that an emulation may read before it gives up with `Unsupported`. Default 100,000. */
  readonly scanBudget?: number | undefined;
  /** Tries per call, the first included. Default 4. */
  readonly attempts?: number | undefined;
  /** The reliability policy, for tests. */
  readonly retry?: RetryOptions | undefined;
  /** A ready client of the official SDK: its key, addresses, headers and `fetchApi` are used. */
  readonly client?: OfficialClient | undefined;
}

/** The settings as checked. */
export interface PineconeConfig {
  readonly provider: 'pinecone';
  readonly apiKey: string;
  readonly controllerHost: string;
  readonly cloud: string;
  readonly region: string;
  readonly freshnessTimeoutMs: number;
  readonly timeoutMs: number;
  readonly scanBudget: number;
  readonly retry: RetryOptions;
  readonly client?: OfficialClient;
}

const text = z.string().min(1);
const milliseconds = z.number().int().positive();

const settings = z.strictObject({
  provider: z.literal('pinecone'),
  apiKey: text.optional(),
  controllerHost: z.url({ protocol: /^https?$/, error: 'a URL as http://localhost:5080' }).optional(),
  cloud: text.optional(),
  region: text.optional(),
  freshnessTimeoutMs: milliseconds.optional(),
  timeoutMs: milliseconds.optional(),
  scanBudget: z.int().positive().optional(),
  attempts: z.int().min(1).max(20).optional(),
  retry: z.custom<RetryOptions>((value) => typeof value === 'object' && value !== null).optional(),
  client: z.custom<OfficialClient>(isClient, 'a Pinecone of @pinecone-database/pinecone').optional(),
});

export const config: z.ZodType<PineconeConfig> = settings.transform((given, context) => {
  const {
    client,
    cloud = 'aws',
    region = 'us-east-1',
    freshnessTimeoutMs = 30_000,
    timeoutMs = 60_000,
    scanBudget = 100_000,
  } = given;
  const retry = { ...(given.attempts !== undefined && { attempts: given.attempts }), ...given.retry };
  const controllerHost = given.controllerHost ?? client?.getConfig().controllerHostUrl ?? 'https://api.pinecone.io';
  const apiKey =
    given.apiKey ?? client?.getConfig().apiKey ?? environmentKey() ?? (isLocal(controllerHost) ? 'local' : undefined);
  if (apiKey === undefined) {
    context.addIssue({ code: 'custom', path: ['apiKey'], message: 'missing: set $PINECONE_API_KEY, or give apiKey' });
    return z.NEVER;
  }
  return {
    provider: 'pinecone' as const,
    apiKey,
    controllerHost,
    cloud,
    region,
    freshnessTimeoutMs,
    timeoutMs,
    scanBudget,
    retry,
    ...(client && { client }),
  };
});

const urlSettings = ['cloud', 'region', 'tls', 'freshnessTimeoutMs', 'timeoutMs'];

/** `pinecone:` or `pinecone://?cloud=gcp&region=…` for the service, `pinecone://localhost:5080` for a server that speaks its protocol. */
export function fromUrl(url: string): Record<string, unknown> {
  const { authority, query } =
    /^pinecone:(?:\/\/(?<authority>[^/?#]*)\/?)?(?:\?(?<query>[^#]*))?$/i.exec(url)?.groups ?? {};
  if (authority === undefined && query === undefined && !/^pinecone:(\/\/)?$/i.test(url)) {
    throw invalid(
      'url',
      'pinecone: URLs are pinecone: for the service, or pinecone://host:port for a server that speaks its protocol',
    );
  }
  if (authority?.includes('@'))
    throw invalid('url', 'no key in the URL: set $PINECONE_API_KEY, or give a config object with apiKey');
  const given = Object.fromEntries(new URLSearchParams(query ?? ''));
  for (const key of Object.keys(given)) {
    if (!urlSettings.includes(key))
      throw invalid('url', `pinecone: URLs take ${urlSettings.join(', ')}, not ${JSON.stringify(key)}`);
  }
  const { tls, freshnessTimeoutMs, timeoutMs, ...rest } = given;
  if (tls !== undefined && tls !== 'true' && tls !== 'false') throw invalid('url', 'tls is true or false');
  return {
    provider: 'pinecone',
    ...rest,
    ...(authority && { controllerHost: controllerHostOf(authority, tls) }),
    ...(freshnessTimeoutMs !== undefined && { freshnessTimeoutMs: Number(freshnessTimeoutMs) }),
    ...(timeoutMs !== undefined && { timeoutMs: Number(timeoutMs) }),
  };
}

/** Without a word on TLS: everything but this machine is asked by https. */
function controllerHostOf(authority: string, tls: string | undefined): string {
  const secure = tls === undefined ? !isLocal(`http://${authority}`) : tls === 'true';
  return `${secure ? 'https' : 'http'}://${authority}`;
}

function isLocal(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

function environmentKey(): string | undefined {
  const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env;
  return environment?.PINECONE_API_KEY || undefined;
}

function isClient(value: unknown): value is OfficialClient {
  return typeof value === 'object' && value !== null && 'getConfig' in value && 'describeIndex' in value;
}
