import type { Classification } from '../../src/driver.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { classifyHttp, classifyStatus, HttpFault, retryAfterMs } from '../../src/remote/http.ts';
import { errorText } from './client.ts';

/** What an error of this backend means: our own, the transport's, the server's, or the official client's. */
export function classifyQdrant(error: unknown, redact: (text: string) => string): Classification | undefined {
  // Ours are thrown before a write is sent, or carry what is known of it.
  if (VectorStoreError.is(error))
    return { code: error.code, message: error.message, retryable: error.retryable, applied: 'no' };
  if (error instanceof HttpFault)
    return error.kind === 'status' && error.status !== undefined
      ? ofStatus(error.status, error.message, error.retryAfterMs)
      : classifyHttp(error);
  return ofClient(error, redact) ?? classifyHttp(error);
}

function ofStatus(status: number, said: string, retryAfter: number | undefined): Classification {
  // The only conflict that Qdrant knows is a name that is taken.
  if (status === 409) return { code: 'AlreadyExists', message: said, applied: 'no' };
  if (status >= 300 && status < 400)
    return classifyHttp(
      new HttpFault(
        'redirect',
        'the server answers with a redirect, which is not followed: credentials must not leave the configured address',
      ),
    )!;
  return classifyStatus(status, said, retryAfter);
}

/** Errors of `@qdrant/js-client-rest`. Its classes are anonymous or not exported: what counts is what they carry. */
function ofClient(error: unknown, redact: (text: string) => string): Classification | undefined {
  if (!(error instanceof Error)) return undefined;
  // Its reading of Retry-After is wrong (the first digit only), so the pause is left to the policy.
  if (error.name.startsWith('QdrantClientResourceExhausted') || error.message.startsWith('Invalid retryAfter')) {
    return { code: 'RateLimited', message: 'the server asks to slow down', applied: 'no' };
  }
  if (error.name === 'QdrantClientTimeoutError')
    return { code: 'Timeout', message: 'the client gave up waiting', applied: 'unknown' };
  if (error instanceof SyntaxError)
    return { code: 'Unavailable', message: 'the answer is cut off or is not JSON', applied: 'unknown' };
  if (!('status' in error) || typeof error.status !== 'number') return undefined;
  const said = 'data' in error ? errorText(error.data) : undefined;
  const headers = 'headers' in error && error.headers instanceof Headers ? error.headers : undefined;
  return ofStatus(error.status, said === undefined ? '' : redact(said), headers && retryAfterMs(headers));
}
