/* What goes wrong, as HTTP says it. */
import { type ErrorCode, VectorStoreError } from 'anyvec';

/** Statuses that the service answers errors with. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 429 | 500 | 501 | 503;

/** An error of the service itself. Its message is for the caller. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly status: ErrorStatus;
  readonly code: string;
  readonly retryAfterS: number | undefined;

  constructor(status: ErrorStatus, code: string, message: string, retryAfterS?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterS = retryAfterS;
  }
}

const statuses: { readonly [C in ErrorCode]: ErrorStatus } = {
  NotFound: 404,
  AlreadyExists: 409,
  InvalidArgument: 400,
  Unsupported: 501,
  Conflict: 409,
  // Of the service to its backend: nothing that the caller could mend.
  Unauthenticated: 503,
  PermissionDenied: 503,
  RateLimited: 503,
  Timeout: 503,
  Aborted: 503,
  Unavailable: 503,
  StoreClosed: 503,
  PartialFailure: 503,
  Corruption: 500,
  Durability: 500,
  Internal: 500,
};

/** What the caller is told. Only messages about the caller's own input are passed on. */
export function describe(error: unknown): { status: ErrorStatus; code: string; message: string; retryAfterS?: number } {
  if (error instanceof ServiceError) {
    const { status, code, message, retryAfterS } = error;
    return { status, code, message, ...(retryAfterS !== undefined && { retryAfterS }) };
  }
  if (!VectorStoreError.is(error))
    return { status: 500, code: 'Internal', message: 'something went wrong; the log knows more' };
  const status = statuses[error.code] ?? 500;
  if (status < 500 || status === 501) return { status, code: error.code, message: error.message };
  const code = status === 503 ? 'Unavailable' : 'Internal';
  const message =
    status === 503 ? 'the store did not answer in time; try again' : 'something went wrong; the log knows more';
  return {
    status,
    code,
    message,
    ...(status === 503 && { retryAfterS: Math.ceil((error.retryAfterMs ?? 1_000) / 1_000) }),
  };
}
