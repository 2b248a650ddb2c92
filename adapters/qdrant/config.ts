import { z } from 'zod';
import { invalid } from '../../src/errors.ts';
import type { RetryOptions } from '../../src/middleware/retry.ts';

/** Configuration of the Qdrant backend. */
export interface QdrantConfig {
  readonly provider: 'qdrant';
  /**
   * The server: `http://localhost:6333`, `https://…` or `qdrant://…` (which is http). Without a port it is 6333, as Qdrant's own clients have it. A path is the
   * prefix under which a proxy serves Qdrant. Default `http://localhost:6333`.
   */
  readonly url?: string | undefined;
  /** Default: `$QDRANT_API_KEY`. */
  readonly apiKey?: string | undefined;
  /** Sent with every request, for proxies. */
  readonly headers?: { readonly [name: string]: string } | undefined;
  /** Which vector of an existing collection with named vectors. Default: the unnamed one, or the only one. */
  readonly vectorName?: string | undefined;
  /** Milliseconds for a call that sets none. Default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Rows that an emulation may read before it gives up with `Unsupported`. Default 100,000. */
  readonly scanBudget?: number | undefined;
  /** Tries per call, the first included. Default 4. */
  readonly attempts?: number | undefined;
  /** A ready `QdrantClient`, for settings that this configuration does not have. It is used for everything. */
  readonly client?: unknown;
  /** The reliability policy, for tests. */
  readonly retry?: RetryOptions | undefined;
}

export const configSchema: z.ZodType<QdrantConfig> = z.strictObject({
  provider: z.literal('qdrant'),
  url: z
    .string()
    .refine(
      (url) => readAddress(url) !== undefined,
      'an address such as http://localhost:6333, without user, query or fragment',
    )
    .optional(),
  apiKey: z.string().min(1).optional(),
  headers: z.record(z.string(), z.string()).optional(),
  vectorName: z.string().min(1).optional(),
  timeoutMs: z.number().positive().optional(),
  scanBudget: z.int().positive().optional(),
  attempts: z.int().min(1).max(20).optional(),
  client: z.unknown().optional(),
  retry: z.custom<RetryOptions>((value) => typeof value === 'object' && value !== null).optional(),
});

/** Where the server is. `prefix` begins with a slash or is empty. */
export interface Address {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly prefix: string;
}

/** Undefined for what is no address. The port is read from the text: URL drops `:443` from `https:` and `:80` from `http:`. */
export function readAddress(text: string): Address | undefined {
  const found = /^(https?|qdrant):\/\/(\[[0-9a-fA-F:.]+\]|[^/:?#@\s]+)(?::(\d{1,5}))?(\/[^?#\s]*)?$/.exec(text);
  if (found === null) return undefined;
  const [, scheme, host = '', port = '6333', path = ''] = found;
  if (Number(port) < 1 || Number(port) > 65_535) return undefined;
  return { secure: scheme === 'https', host, port: Number(port), prefix: path.replace(/\/+$/, '') };
}

const defaultUrl = 'http://localhost:6333';

export function addressOf({ url = defaultUrl }: QdrantConfig): Address {
  const address = readAddress(url);
  if (address === undefined) throw invalid('config.url', 'no address');
  return address;
}

/** `qdrant://host:port/prefix?tls=true&vectorName=…` as a config object. */
export function fromUrl(url: string): Record<string, unknown> {
  const [, rest = '', query = ''] = /^qdrant:(?:\/\/)?([^?#]*)(?:\?([^#]*))?$/.exec(url) ?? [];
  if (rest.includes('@'))
    throw invalid(
      'url',
      'a key does not belong into the URL: set $QDRANT_API_KEY, or use { provider: "qdrant", url, apiKey }',
    );
  const settings: Record<string, unknown> = { provider: 'qdrant' };
  let scheme = 'http';
  for (const [name, value] of new URLSearchParams(query)) {
    if (name === 'tls' && (value === 'true' || value === 'false')) scheme = value === 'true' ? 'https' : 'http';
    else if (name === 'vectorName') settings.vectorName = value;
    else if (name === 'timeoutMs' || name === 'scanBudget' || name === 'attempts') settings[name] = Number(value);
    else if (/key/i.test(name))
      throw invalid(
        'url',
        'a key does not belong into the URL: set $QDRANT_API_KEY, or use { provider: "qdrant", url, apiKey }',
      );
    else
      throw invalid(
        'url',
        `unknown setting ${JSON.stringify(name)}; known are tls (true or false), vectorName, timeoutMs, scanBudget, attempts`,
      );
  }
  return rest === '' ? settings : { ...settings, url: `${scheme}://${rest}` };
}

/** The key, from the configuration or the environment. */
export function apiKeyOf({ apiKey }: QdrantConfig): string | undefined {
  return apiKey ?? (process.env.QDRANT_API_KEY || undefined);
}
