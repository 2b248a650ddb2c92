import { redirected, tooLarge } from './http-fault.ts';
import { defaultMaxResponseBytes, type SendOptions } from './send.ts';

/** The part of `fetch` that SDKs use. */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

interface GuardedFetchOptions extends SendOptions {
  /** Default: the platform's. */
  readonly fetch?: Fetch;
}

/**
 * A `fetch` for SDKs of HTTP backends: follows no redirect (the SDKs would send API keys and bodies along), and reads no more than
 * `maxResponseBytes` of a response, however well compressed.
 */
export function guardedFetch(options: GuardedFetchOptions = {}): Fetch {
  const { maxResponseBytes = defaultMaxResponseBytes, fetch: inner = fetch } = options;
  return async (input, init) => {
    const response = await inner(input, { ...init, redirect: 'manual' });
    if (
      response.type === 'opaqueredirect' ||
      (response.status >= 300 && response.status < 400 && response.status !== 304)
    ) {
      await response.body?.cancel();
      throw redirected(response.status);
    }
    return capped(response, maxResponseBytes);
  };
}

/** The same response, unless its body is or becomes too large. */
function capped(response: Response, maxBytes: number): Response {
  const declared = Number(response.headers.get('content-length') ?? Number.NaN);
  if (declared > maxBytes) {
    void response.body?.cancel().catch(() => undefined);
    throw tooLarge(maxBytes);
  }
  // What the server declares it cannot pass by, unless it is compressed.
  if (response.body === null || (Number.isFinite(declared) && !response.headers.has('content-encoding')))
    return response;
  let bytes = 0;
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes > maxBytes) controller.error(tooLarge(maxBytes));
        else controller.enqueue(chunk);
      },
    }),
  );
  return new Response(counted, { status: response.status, statusText: response.statusText, headers: response.headers });
}
