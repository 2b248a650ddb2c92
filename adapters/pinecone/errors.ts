import type { Classification } from '../../src/driver.ts';
import { type ErrorCode, VectorStoreError } from '../../src/errors.ts';
import { classifyHttp } from '../../src/remote/http.ts';

/** What the client itself throws, by class name: its errors carry no status. What the server answers is known better, by `HttpFault`. */
const clientErrors: { readonly [name: string]: { readonly code: ErrorCode; readonly applied: 'no' | 'unknown' } } = {
  PineconeArgumentError: { code: 'InvalidArgument', applied: 'no' },
  PineconeConfigurationError: { code: 'InvalidArgument', applied: 'no' },
  PineconeBadRequestError: { code: 'InvalidArgument', applied: 'no' },
  PineconeUnprocessableEntityError: { code: 'InvalidArgument', applied: 'no' },
  PineconeAuthorizationError: { code: 'Unauthenticated', applied: 'no' },
  PineconePaymentRequiredError: { code: 'PermissionDenied', applied: 'no' },
  PineconeNotFoundError: { code: 'NotFound', applied: 'no' },
  PineconeConflictError: { code: 'Conflict', applied: 'no' },
  PineconeNotImplementedError: { code: 'Unsupported', applied: 'no' },
  PineconeMethodNotAllowedError: { code: 'Unsupported', applied: 'no' },
  PineconeIndexPropertyError: { code: 'Unsupported', applied: 'no' },
  PineconeUnableToResolveHostError: { code: 'Unavailable', applied: 'no' },
  PineconeConnectionError: { code: 'Unavailable', applied: 'unknown' },
  PineconeRequestError: { code: 'Unavailable', applied: 'unknown' },
  PineconeUnavailableError: { code: 'Unavailable', applied: 'unknown' },
  PineconeInternalServerError: { code: 'Unavailable', applied: 'unknown' },
  PineconeMaxRetriesExceededError: { code: 'Unavailable', applied: 'unknown' },
};

/** What an error of this backend means; undefined for any other. */
export function classify(error: unknown): Classification | undefined {
  if (VectorStoreError.is(error))
    return { code: error.code, message: error.message, retryable: error.retryable, applied: 'no' };
  const known = classifyHttp(error);
  if (known?.code === 'Unauthenticated')
    return { ...known, message: `the API key was not accepted (${known.message}); check $PINECONE_API_KEY or apiKey` };
  if (known !== undefined) return isStatus(error, 402) ? { ...known, code: 'PermissionDenied' } : known;
  if (!(error instanceof Error) || !Object.hasOwn(clientErrors, error.name)) return undefined;
  // The client's messages name addresses of the service.
  return { ...clientErrors[error.name]!, message: `the Pinecone client failed with ${error.name}` };
}

export function isStatus(error: unknown, status: number): boolean {
  return error instanceof Error && error.name === 'HttpFault' && 'status' in error && error.status === status;
}

/** Whether an index may be gone: its host does not know it, or has no address any more. */
export function mayBeGone(error: unknown): boolean {
  return (
    isStatus(error, 404) ||
    (error instanceof Error &&
      error.cause instanceof Error &&
      'code' in error.cause &&
      error.cause.code === 'ENOTFOUND')
  );
}
