import { createHash, timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { BadBody, readJsonBody } from './body.ts';
import type { Dialect, ServerEnv } from './dialect.ts';

/** What a request must satisfy before a route sees it. */
export interface GuardOptions {
  /** Names (without port) that a `Host` header may have. */
  readonly hosts: readonly string[];
  readonly apiKey: string | undefined;
  readonly dialect: Dialect;
}

/**
 * The checks in front of every route, cheapest first: the name the server was called by (a page that rebinds its own name to this machine
 * calls it by that), where the request comes from, the key, and only then the body.
 */
export function guard({ hosts, apiKey, dialect }: GuardOptions): MiddlewareHandler<ServerEnv> {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return async (context, next) => {
    const { raw, path } = context.req;
    if (!allowed.has(hostName(raw.headers.get('host') ?? ''))) {
      return dialect.failure(421, 'this server does not go by that Host; name it in allowedHosts');
    }
    if (isCrossOrigin(raw)) return dialect.failure(403, 'requests of web pages of another origin are refused');
    if (apiKey !== undefined && !dialect.isPublic(path) && !isSame(dialect.apiKeyOf(raw.headers), apiKey)) {
      return dialect.failure(401, 'a valid API key is needed');
    }
    try {
      context.set('body', await readJsonBody(raw, dialect.maxBodyBytes, dialect.bigIntegers));
    } catch (error) {
      if (error instanceof BadBody) return dialect.failure(error.status, error.message);
      throw error;
    }
    await next();
    return undefined;
  };
}

/** The host without port, lower case; `[::1]` without brackets. */
function hostName(host: string): string {
  return host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
}

function isCrossOrigin(request: Request): boolean {
  const site = request.headers.get('sec-fetch-site');
  // `undici` sends `sec-fetch-mode: cors` without a site: programs are no pages.
  if (site !== null && site !== 'same-origin' && site !== 'none') return true;
  const origin = request.headers.get('origin');
  return (
    origin !== null &&
    origin !== `http://${request.headers.get('host')}` &&
    origin !== `https://${request.headers.get('host')}`
  );
}

/** In constant time: hashing first makes the lengths equal. */
function isSame(given: string | undefined, wanted: string): boolean {
  if (given === undefined) return false;
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
