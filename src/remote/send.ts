import { guardedFetch } from './guarded-fetch.ts';

/** What is sent. Redirects are never followed. */
export interface SendInit {
  readonly method?: string | undefined;
  readonly headers?: Headers | Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What came back. A `Response` of `fetch` is one. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}

/** Requests to one server. */
export interface Sender {
  /**
   * @throws `HttpFault` (`redirect`, `too-large`), an `AbortError`, or an error that holds the code of what went wrong on the socket.
   */
  send(url: string, init?: SendInit): Promise<HttpAnswer>;
  /** Ends idle connections. */
  close(): void;
}

export interface SendOptions {
  /** Bytes of a response body, after decompression. Default 256 MiB. */
  readonly maxResponseBytes?: number;
}

export const defaultMaxResponseBytes = 256 * 2 ** 20;

/**
 * Opens no connection yet. Under Node `node:http` is used, at a fraction of what `fetch` costs there (a search of a server on the same machine
 * takes less than half the processor time), elsewhere `fetch`.
 */
export function createSender(options: SendOptions = {}): Sender {
  if (!isNode()) return { send: guardedFetch(options), close: () => undefined };
  const sender = import('./node-sender.ts').then(({ nodeSender }) => nodeSender(options));
  return {
    send: async (url, init) => (await sender).send(url, init),
    close: () => void sender.then(({ close }) => close()),
  };
}

function isNode(): boolean {
  const host = globalThis as { process?: { versions?: { node?: string } } };
  return host.process?.versions?.node !== undefined;
}
