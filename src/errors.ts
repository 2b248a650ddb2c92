import type { Id, WriteResult } from './types.ts';

/**
 * What went wrong, as a stable word to act upon. Messages may change between releases; codes do not.
 *
 * | code | meaning | what to do |
 * |---|---|---|
 * | `NotFound` | the collection does not exist (a missing *record* is not an error) | create it |
 * | `AlreadyExists` | a collection of that name exists | `ifExists: 'open'` or another name |
 * | `InvalidArgument` | the input breaks a rule of the portable contract; nothing was sent | mend the input: the message names the place |
 * | `Unsupported` | this backend can neither do it nor emulate it exactly | another backend, or another question |
 * | `Unauthenticated`, `PermissionDenied` | the server refused the credentials, or what they may do | check key, token, role |
 * | `RateLimited` | too many requests; see `retryAfterMs` | slow down |
 * | `Timeout`, `Aborted` | the deadline passed, or the caller's `AbortSignal` fired | retry, or nothing |
 * | `Unavailable` | not reachable, or failing for a while | retry later |
 * | `Conflict` | what the caller says disagrees with what is stored, or the directory is in use | open with the stored settings |
 * | `Corruption` | stored bytes fail their checksum or make no sense | restore from a copy |
 * | `Durability` | a write could not be made durable; the store accepts no more writes | reopen |
 * | `PartialFailure` | some ids of a write failed or are unknown: see `result` | retry those ids |
 * | `StoreClosed` | the handle was closed | open another |
 * | `Internal` | a defect of the library or an answer nobody understands | report it |
 */
export type ErrorCode =
  | 'NotFound'
  | 'AlreadyExists'
  | 'InvalidArgument'
  | 'Unsupported'
  | 'Unauthenticated'
  | 'PermissionDenied'
  | 'RateLimited'
  | 'Timeout'
  | 'Aborted'
  | 'Unavailable'
  | 'Conflict'
  | 'Corruption'
  | 'Durability'
  | 'PartialFailure'
  | 'StoreClosed'
  | 'Internal';

/** Everything a {@link VectorStoreError} carries beside its code and message. */
export interface ErrorDetails {
  /** Whether the same call may succeed later without any change. Default: by code (`RateLimited`, `Timeout`, `Unavailable`). */
  readonly retryable?: boolean;
  /** The method that failed, for example `search`. */
  readonly operation?: string;
  /** The backend, for example `native`. */
  readonly provider?: string;
  /** The collection, where there is one. */
  readonly collection?: string;
  /** The ids at fault, where it is about ids. */
  readonly ids?: readonly Id[];
  /** Milliseconds the server asked to wait. */
  readonly retryAfterMs?: number;
  /** For writes: how each id ended. */
  readonly result?: WriteResult;
  /** The error beneath. */
  readonly cause?: unknown;
}

const brand = Symbol.for('anyvec.VectorStoreError');
const retryableCodes: ReadonlySet<ErrorCode> = new Set(['RateLimited', 'Timeout', 'Unavailable']);

/**
 * The one error class of the library. Decide by `code`, never by message.
 *
 * `VectorStoreError.is(error)` also recognises errors of another copy of the package in the same process, which `instanceof` does not.
 *
 * @example
 * try {
 *   await store.search(query);
 * } catch (error) {
 *   if (VectorStoreError.is(error, 'NotFound')) await createIt();
 *   else throw error;
 * }
 */
export class VectorStoreError extends Error {
  override readonly name = 'VectorStoreError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  declare readonly operation?: string;
  declare readonly provider?: string;
  declare readonly collection?: string;
  declare readonly ids?: readonly Id[];
  declare readonly retryAfterMs?: number;
  declare readonly result?: WriteResult;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details && details.cause !== undefined ? { cause: details.cause } : undefined);
    this.code = code;
    this.retryable = details.retryable ?? retryableCodes.has(code);
    const { operation, provider, collection, ids, retryAfterMs, result } = details;
    // Only what is known becomes a property, so that a printed error shows no row of `undefined`.
    Object.assign(this, dropUndefined({ operation, provider, collection, ids, retryAfterMs, result }));
    Object.defineProperty(this, brand, { value: true });
  }

  /** Whether `error` is a {@link VectorStoreError} (of any copy of this package), and of `code` where one is given. */
  static is(error: unknown, code?: ErrorCode): error is VectorStoreError {
    if (typeof error !== 'object' || error === null || !(brand in error)) return false;
    return code === undefined || ('code' in error && error.code === code);
  }

  /** A plain object for logs: code, message, place; never the cause, whose content belongs to others. */
  toJSON(): Record<string, unknown> {
    const { code, message, retryable, operation, provider, collection, ids, retryAfterMs, result } = this;
    return dropUndefined({ code, message, retryable, operation, provider, collection, ids, retryAfterMs, result });
  }
}

/** The same error with the place filled in where it was not known yet. */
export function withContext(error: VectorStoreError, place: ErrorDetails): VectorStoreError {
  const { operation, provider, collection } = error;
  if (
    operation !== undefined &&
    provider !== undefined &&
    (collection !== undefined || place.collection === undefined)
  ) {
    return error;
  }
  const located = new VectorStoreError(error.code, error.message, {
    ...place,
    ...dropUndefined({
      retryable: error.retryable,
      operation,
      provider,
      collection,
      ids: error.ids,
      retryAfterMs: error.retryAfterMs,
      result: error.result,
      cause: error.cause,
    }),
  });
  if (error.stack !== undefined) located.stack = error.stack;
  return located;
}

/** Short for the most frequent error. `place` is where in the input, for example `records[3].vector[17]`. */
export function invalid(place: string, problem: string, details?: ErrorDetails): VectorStoreError {
  return new VectorStoreError('InvalidArgument', `${place}: ${problem}`, details);
}

/** Short for a refusal by capability. */
export function unsupported(what: string, reason: string): VectorStoreError {
  return new VectorStoreError('Unsupported', `${what} is not supported here: ${reason}`);
}

function dropUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
