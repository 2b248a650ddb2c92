/** An answer over HTTP that is not what was asked for. Holds no header, no body and no address: those may carry secrets. */
export class HttpFault extends Error {
  override readonly name = 'HttpFault';
  readonly kind: 'status' | 'redirect' | 'too-large' | 'not-json' | 'incomplete' | 'unexpected';
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(
    kind: HttpFault['kind'],
    message: string,
    details: {
      readonly status?: number | undefined;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.status = details.status;
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** The answer is a redirect. The SDKs would follow it, and take API keys and bodies along. */
export function redirected(status: number): HttpFault {
  return new HttpFault(
    'redirect',
    'the server answers with a redirect, which is not followed: credentials must not leave the configured address; configure the final address',
    { status },
  );
}

export function tooLarge(maxBytes: number): HttpFault {
  return new HttpFault('too-large', `the answer is larger than ${maxBytes} bytes`);
}
