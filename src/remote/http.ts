import type { Classification } from '../driver.ts';
import type { ErrorCode } from '../errors.ts';
import { HttpFault } from './http-fault.ts';
import type { HttpAnswer } from './send.ts';

/**
 * The JSON body of a response.
 *
 * @throws {@link HttpFault} `not-json` for another content type or text that is not JSON, `incomplete` for a body that ends too early.
 */
export async function readJson(response: HttpAnswer): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  const { status } = response;
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    if (error instanceof HttpFault || isAbort(error)) throw error;
    throw new HttpFault('incomplete', 'the connection ended in the middle of the answer', { status, cause: error });
  }
  if (!/^application\/(?:[\w.+-]+\+)?json\b/i.test(type))
    throw new HttpFault(
      'not-json',
      `the answer is ${shownType(type)}, not JSON; is that the address of the database?`,
      { status },
    );
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would quote the body.
    throw new HttpFault('not-json', 'the answer is cut off or is not JSON', { status });
  }
}

function shownType(type: string): string {
  const [mime = ''] = type.split(';');
  return /^[\w.+-]+\/[\w.+-]+$/.test(mime) ? mime : 'of no known content type';
}

/** Milliseconds of a Retry-After header (seconds, or a date); undefined where there is none or it makes no sense. */
export function retryAfterMs(headers: HttpAnswer['headers'], now: number = Date.now()): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1000);
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** What an HTTP status means on any backend. `said` is the server's own message, already without secrets. */
export function classifyStatus(status: number, said: string, retryAfter?: number): Classification {
  const { code, applied } = meaningOf(status);
  return {
    code,
    message: said === '' ? `the server answered with status ${status}` : said,
    applied,
    ...(retryAfter !== undefined && { retryAfterMs: retryAfter }),
  };
}

function meaningOf(status: number): { code: ErrorCode; applied: 'no' | 'unknown' } {
  const meaning = statusCodes[status];
  if (meaning !== undefined) return { code: meaning, applied: meaning === 'Timeout' ? 'unknown' : 'no' };
  if (status >= 500) return { code: 'Unavailable', applied: 'unknown' };
  return status >= 400 ? { code: 'InvalidArgument', applied: 'no' } : { code: 'Internal', applied: 'unknown' };
}

const statusCodes: { readonly [status: number]: ErrorCode } = {
  401: 'Unauthenticated',
  403: 'PermissionDenied',
  404: 'NotFound',
  408: 'Timeout',
  409: 'Conflict',
  425: 'RateLimited',
  429: 'RateLimited',
  501: 'Unsupported',
};

/** What an {@link HttpFault} or an error of `fetch` itself means; undefined for any other error. */
export function classifyHttp(error: unknown): Classification | undefined {
  if (error instanceof HttpFault) return classifyFault(error);
  if (isAbort(error)) return { code: 'Aborted', message: 'the request was aborted', applied: 'unknown' };
  // What `fetch` rejects with is a TypeError, and its reason stands in the cause.
  if (
    error instanceof Error &&
    (error.message === 'fetch failed' || error.message === 'terminated' || socketCode(error) !== undefined)
  ) {
    return classifySocket(error);
  }
  return undefined;
}

function classifyFault({ kind, message, status, retryAfterMs: retryAfter }: HttpFault): Classification {
  switch (kind) {
    case 'redirect':
      return { code: 'Unavailable', message, retryable: false, applied: 'no' };
    case 'too-large':
      return { code: 'Internal', message, applied: 'unknown' };
    case 'incomplete':
      return { code: 'Unavailable', message, applied: 'unknown' };
    case 'not-json':
      // A page in HTML with an error status is a proxy's: the status counts.
      if (status !== undefined && status >= 400) return classifyStatus(status, message, retryAfter);
      return { code: 'Unavailable', message, applied: 'unknown' };
    case 'unexpected':
      return { code: 'Internal', message, applied: 'unknown' };
    case 'status':
      return classifyStatus(status ?? 500, message, retryAfter);
  }
}

/** Failures before a connection stood: nothing was sent. */
const unsent =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|UND_ERR_CONNECT_TIMEOUT|ECONNABORTED)$/;
const certificate = /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|EPROTO)/;

function classifySocket(error: Error): Classification {
  const code = socketCode(error);
  if (code !== undefined && certificate.test(code)) {
    return {
      code: 'Unavailable',
      message: `the TLS connection failed (${code}): check https/http, port and certificate`,
      retryable: false,
      applied: 'no',
    };
  }
  if (code !== undefined && unsent.test(code))
    return {
      code: 'Unavailable',
      message: `cannot connect (${code}): is the server running, and are host and port right?`,
      applied: 'no',
    };
  return {
    code: 'Unavailable',
    message: `the connection broke${code === undefined ? '' : ` (${code})`}`,
    applied: 'unknown',
  };
}

/** The error code of the innermost cause that has one; of several attempts (one per address) the first. */
function socketCode(error: unknown): string | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; depth++) {
    if ('code' in at && typeof at.code === 'string' && at.code !== '') return at.code;
    at = at instanceof AggregateError && at.errors.length > 0 ? at.errors[0] : at.cause;
  }
  return undefined;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** Takes secrets out of a server's text. */
export function redactor(secrets: readonly (string | undefined)[]): (text: string) => string {
  const known = secrets.filter((secret): secret is string => secret !== undefined && secret.length >= 4);
  return (text) => known.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
