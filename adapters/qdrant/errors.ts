import type { Classification } from '../../src/driver.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { classifyHttp, classifyStatus } from '../../src/remote/http.ts';
import { HttpFault } from '../../src/remote/http-fault.ts';
import { HalfDone } from './writes.ts';

/** What an error of this backend means: our own, the server's, or the transport's. */
export function classifyQdrant(error: unknown): Classification | undefined {
  if (error instanceof HalfDone) {
    const known = classifyQdrant(error.cause);
    return known && { ...known, applied: 'unknown' };
  }
  // Ours are thrown before a write is sent.
  if (VectorStoreError.is(error))
    return { code: error.code, message: error.message, retryable: error.retryable, applied: 'no' };
  if (error instanceof HttpFault && error.kind === 'status' && error.status !== undefined)
    return ofStatus(error.status, error);
  return error instanceof Error && error.name === 'QdrantClientTimeoutError'
    ? { code: 'Timeout', message: 'the client gave up waiting', applied: 'unknown' }
    : classifyHttp(error);
}

function ofStatus(status: number, { message, retryAfterMs }: HttpFault): Classification {
  // The only conflict that Qdrant knows is a name that is taken.
  if (status === 409) return { code: 'AlreadyExists', message, applied: 'no' };
  if (status >= 300 && status < 400) {
    return {
      code: 'Unavailable',
      message:
        'the server answers with a redirect, which is not followed: credentials must not leave the configured address',
      retryable: false,
      applied: 'no',
    };
  }
  return classifyStatus(status, message, retryAfterMs);
}
