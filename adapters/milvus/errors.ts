import type { Classification } from '../../src/driver.ts';
import { type ErrorCode, VectorStoreError } from '../../src/errors.ts';
import { MalformedReply } from './wire/reader.ts';

/** The server answered, and the answer is that it failed: Milvus's failures resolve. */
export class MilvusFailure extends Error {
  override readonly name = 'MilvusFailure';
  /** Milvus's number: 100 for a missing collection, 1100 for a bad argument, 65535 for everything without a number. */
  readonly code: number;
  readonly method: string;

  constructor(method: string, code: number, reason: string) {
    super(reason === '' ? `Milvus answered ${method} with code ${code}` : reason);
    this.code = code;
    this.method = method;
  }

  /** The collection has no vector index, and cannot be loaded. */
  get isWithoutIndex(): boolean {
    return (
      this.code === 700 ||
      /index (?:doesn't exist|not (?:found|exist))|IndexNotExist|no (?:vector )?index/i.test(this.message)
    );
  }

  /** The server no longer has the collection in memory. */
  get isNotLoaded(): boolean {
    return this.code === 101 || this.code === 103 || /not loaded|not (?:been )?fully loaded/i.test(this.message);
  }
}

/** Milvus's own numbers, where they say enough. */
const codes: { readonly [code: number]: ErrorCode } = {
  1: 'Unavailable',
  2: 'Unavailable',
  3: 'RateLimited',
  4: 'RateLimited',
  6: 'Timeout',
  8: 'RateLimited',
  9: 'RateLimited',
  100: 'NotFound',
  101: 'Unavailable',
  103: 'Unavailable',
  106: 'Unavailable',
  503: 'Unavailable',
  700: 'NotFound',
  800: 'NotFound',
  1100: 'InvalidArgument',
  1101: 'InvalidArgument',
  1400: 'Unauthenticated',
  1401: 'PermissionDenied',
  1800: 'Unauthenticated',
};

/** Codes after which the write was certainly not made. */
const refusals: ReadonlySet<ErrorCode> = new Set([
  'NotFound',
  'InvalidArgument',
  'Unauthenticated',
  'PermissionDenied',
  'RateLimited',
]);

/** Failures without a number (65535), by their text. */
const texts: readonly (readonly [RegExp, ErrorCode])[] = [
  [/collection not (?:found|exist)|can't find collection|CollectionNotFound/i, 'NotFound'],
  [/database not (?:found|exist)/i, 'NotFound'],
  [/already exist|duplicate collection|duplicated collection/i, 'AlreadyExists'],
  [/auth check failure|unauthenticated|please check user|token/i, 'Unauthenticated'],
  [/permission|privilege/i, 'PermissionDenied'],
  [/rate ?limit|quota/i, 'RateLimited'],
  [/not (?:loaded|ready|healthy|serving)|channel not available|no available shard/i, 'Unavailable'],
];

/** gRPC status numbers. */
const transport: { readonly [code: number]: ErrorCode } = {
  1: 'Aborted',
  3: 'InvalidArgument',
  4: 'Timeout',
  5: 'NotFound',
  6: 'AlreadyExists',
  7: 'PermissionDenied',
  8: 'RateLimited',
  12: 'Unsupported',
  13: 'Internal',
  14: 'Unavailable',
  15: 'Internal',
  16: 'Unauthenticated',
};

/** Errors of calls of which an earlier request has taken effect. */
const perhapsApplied = new WeakSet<object>();

/** The same error, of a write that may have been made in part. */
export function markPerhapsApplied(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) perhapsApplied.add(error);
  return error;
}

export function classify(error: unknown): Classification | undefined {
  const known = classifyAlone(error);
  return known !== undefined && perhapsApplied.has(error as object) ? { ...known, applied: 'unknown' } : known;
}

function classifyAlone(error: unknown): Classification | undefined {
  // Our own refusals come before anything is sent.
  if (VectorStoreError.is(error)) return { code: error.code, message: error.message, applied: 'no' };
  if (error instanceof MilvusFailure) return classifyFailure(error);
  if (error instanceof MalformedReply)
    return { code: 'Internal', message: `Milvus's answer cannot be read: ${error.message}`, applied: 'unknown' };
  if (isTransportError(error)) return classifyTransport(error);
  return undefined;
}

function classifyFailure({ code, message, method }: MilvusFailure): Classification {
  const byText = texts.find(([pattern]) => pattern.test(message))?.[1];
  const known = (code === 65_535 || code === 5 ? byText : codes[code]) ?? byText ?? 'Internal';
  return { code: known, message: `${method}: ${message}`, applied: refusals.has(known) ? 'no' : 'unknown' };
}

interface TransportError extends Error {
  readonly code: number;
  readonly details: string;
}

function isTransportError(error: unknown): error is TransportError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'number' &&
    'details' in error &&
    typeof error.details === 'string'
  );
}

function classifyTransport({ code, details }: TransportError): Classification {
  // A broken connection is called an internal error by the transport.
  const broken =
    (code === 13 || code === 2 || code === 1) &&
    /RST_STREAM|connection|stream|ECONNRESET|EPIPE|incomplete|decompress/i.test(details);
  const known = broken ? 'Unavailable' : (transport[code] ?? 'Internal');
  // Names that do not resolve, ports that nobody listens on, and what HTTP/2 promises of refused streams: the request never reached the server.
  const unsent =
    code === 14 &&
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|No connection established|Name resolution failed|Stream refused/.test(details);
  return {
    code: known,
    message: details === '' ? `the connection failed (gRPC status ${code})` : details,
    // Something on the way may be exhausted by the answer.
    applied: unsent || (refusals.has(known) && known !== 'RateLimited') ? 'no' : 'unknown',
  };
}

/** An answer that is larger than what the server or the client may send: the same request for fewer rows can succeed. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof Error && /larger than max|message size|exceeds? the (?:maximum|limit)/i.test(error.message);
}
