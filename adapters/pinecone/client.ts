import type { Pinecone, PineconeConfiguration } from '@pinecone-database/pinecone';
import { VectorStoreError } from '../../src/errors.ts';
import { type Fetch, guardedFetch } from '../../src/remote/guarded-fetch.ts';
import { readJson, redactor, retryAfterMs } from '../../src/remote/http.ts';
import { HttpFault } from '../../src/remote/http-fault.ts';
import { createSender, type HttpAnswer, type Sender } from '../../src/remote/send.ts';
import type { PineconeConfig } from './config.ts';

/** What is needed of the SDK: its client class. Both ends of the supported range have it. */
export interface PineconeSdk {
  readonly Pinecone: new (configuration: PineconeConfiguration) => Pinecone;
}

/** JSON, as text or as its bytes. */
export type Body = string | Uint8Array<ArrayBuffer>;

/** An answer of the data plane. */
export interface Answer {
  readonly json: unknown;
  /** Of a write: the number it has in its namespace's log. */
  readonly requestLsn: bigint | undefined;
  /** Of a query: the last write it has seen. */
  readonly indexedLsn: bigint | undefined;
}

/** An index's part of the SDK's client. */
export type SdkIndex = ReturnType<Pinecone['index']>;

/** One request on its way through the SDK. */
interface Exchange {
  readonly signal: AbortSignal;
  /** Replaces what the SDK would send. */
  readonly body: Body | undefined;
  /** The data plane's answers are read here, the control plane's by the SDK, which knows the versions of its API. */
  readonly plane: 'control' | 'data';
  answer?: Answer;
  /** Where the SDK sends it. */
  target?: Target;
  /** What went wrong, in more words than the SDK passes on. */
  fault?: unknown;
}

/** Where a call goes. */
interface Target {
  readonly url: string;
  readonly method: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Says which exchange a request belongs to; never sent. */
const exchangeHeader = 'x-anyvec-exchange';

/**
 * The official client, with what it leaves out. It makes the requests: addresses, version and key headers, `fetch`. Bodies of the data plane are
 * prepared here (so that they can be cut by bytes) and answers read here, because the client drops the headers that read-your-writes
 * needs and the status of errors, cannot be aborted, and follows redirects with the key.
 */
export class PineconeClient {
  /** The vendor's client, as users get it. */
  readonly sdk: Pinecone;
  readonly #Pinecone: PineconeSdk['Pinecone'];
  readonly #configuration: PineconeConfiguration;
  readonly #sender: Sender;
  readonly #redact: (text: string) => string;
  readonly #local: boolean;
  readonly #exchanges = new Map<string, Exchange>();
  #count = 0;

  constructor(sdk: PineconeSdk, config: PineconeConfig) {
    const given = config.client?.getConfig();
    this.#Pinecone = sdk.Pinecone;
    this.#sender =
      given?.fetchApi === undefined
        ? createSender()
        : { send: guardedFetch({ fetch: given.fetchApi as Fetch }), close: () => undefined };
    this.#redact = redactor([config.apiKey]);
    this.#local = config.controllerHost.startsWith('http://');
    this.#configuration = {
      ...given,
      apiKey: config.apiKey,
      controllerHostUrl: config.controllerHost,
      // One policy for all backends retries.
      maxRetries: 0,
      fetchApi: ((input: string, init?: RequestInit) => this.#exchange(input, init)) as NonNullable<
        PineconeConfiguration['fetchApi']
      >,
    };
    // Checked by the configuration as far as it is used.
    this.sdk =
      (config.client as Pinecone | undefined) ??
      new sdk.Pinecone({ apiKey: config.apiKey, controllerHostUrl: config.controllerHost });
  }

  /** One call of the control plane. */
  control<T>(signal: AbortSignal, call: (client: Pinecone) => Promise<T>): Promise<T> {
    const exchange: Exchange = { signal, body: undefined, plane: 'control' };
    return this.#tracked(exchange, (id) => {
      const additionalHeaders = { ...this.#configuration.additionalHeaders, [exchangeHeader]: id };
      return call(new this.#Pinecone({ ...this.#configuration, additionalHeaders }));
    });
  }

  /**
   * One request of the data plane: `call` chooses the SDK's method, `body` is what is sent. The SDK says once where a call with a prepared body goes
   * and with which headers; from then on such bodies are sent there without it, since it would spend as much on each as the request itself.
   *
   * @param call The same function for the same method, where there is a body.
   */
  async data(
    host: string,
    namespace: string,
    call: (index: SdkIndex) => Promise<unknown>,
    body: Body | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    const known = body === undefined ? undefined : this.#targets.get(host)?.get(call);
    if (known !== undefined) {
      signal.throwIfAborted();
      return this.#answerOf(await this.#sender.send(known.url, { ...known, body, signal }));
    }
    const exchange: Exchange = { signal, body, plane: 'data' };
    await this.#tracked(exchange, (id) => {
      const additionalHeaders = { ...this.#configuration.additionalHeaders, [exchangeHeader]: id };
      this.#requests ??= new this.#Pinecone(this.#configuration);
      return call(this.#requests.index({ host: this.#withScheme(host), namespace, additionalHeaders }));
    });
    const { answer, target } = exchange;
    if (answer === undefined) throw new HttpFault('unexpected', 'the client made no request');
    if (body !== undefined && target !== undefined) {
      const targets = this.#targets.get(host) ?? new Map<unknown, Target>();
      this.#targets.set(host, targets.set(call, target));
    }
    return answer;
  }
  #requests: Pinecone | undefined;
  /** By host and call. */
  readonly #targets = new Map<string, Map<unknown, Target>>();

  /** Ends idle connections. */
  close(): void {
    this.#sender.close();
  }

  /**
   * Local servers name their hosts without a scheme too, and the SDK then uses https.
   *
   * @throws `InvalidArgument` where the key would leave TLS.
   */
  #withScheme(host: string): string {
    if (!this.#local && /^http:/i.test(host))
      throw new VectorStoreError(
        'InvalidArgument',
        `the service names a data host without TLS (${JSON.stringify(host)}), and the key would go there in the clear: connect by http:// if that is meant`,
      );
    return this.#local && !host.includes('://') ? `http://${host}` : host;
  }

  async #tracked<T>(exchange: Exchange, call: (id: string) => Promise<T>): Promise<T> {
    exchange.signal.throwIfAborted();
    this.#count += 1;
    const id = String(this.#count);
    this.#exchanges.set(id, exchange);
    try {
      return await call(id);
    } catch (error) {
      if (exchange.fault !== undefined) throw exchange.fault;
      // An answer that is not what the SDK expects shows as an error of its own code.
      if (error instanceof TypeError)
        throw new HttpFault('unexpected', 'the client could not make sense of the answer', { cause: error });
      throw error;
    } finally {
      this.#exchanges.delete(id);
    }
  }

  /** The `fetch` that the SDK uses. */
  async #exchange(input: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    const exchange = this.#exchanges.get(headers.get(exchangeHeader) ?? '');
    headers.delete(exchangeHeader);
    if (exchange === undefined) throw new TypeError('a request of no call of ours');
    try {
      const { signal, body, plane } = exchange;
      const target: Target = { url: input, method: init.method, headers: Object.fromEntries(headers) };
      // The SDK sends text.
      const sent = body ?? (init.body as string | undefined);
      const response = await this.#sender.send(input, { ...target, signal, body: sent });
      if (plane === 'data') {
        exchange.answer = await this.#answerOf(response);
        exchange.target = target;
        return Response.json({});
      }
      if (response.status >= 400) throw await this.#refusal(response);
      if (init.method === 'DELETE') return new Response(null, { status: 202 });
      return Response.json(await readJson(response), { status: response.status });
    } catch (error) {
      exchange.fault = error;
      throw error;
    }
  }

  async #answerOf(response: HttpAnswer): Promise<Answer> {
    if (response.status >= 400) throw await this.#refusal(response);
    return {
      json: await readJson(response),
      requestLsn: lsnOf(response, 'x-pinecone-request-lsn'),
      indexedLsn: lsnOf(response, 'x-pinecone-max-indexed-lsn'),
    };
  }

  async #refusal(response: HttpAnswer): Promise<HttpFault> {
    const { status, headers } = response;
    const said = saidBy(await response.text());
    return new HttpFault('status', this.#redact(said), { status, retryAfterMs: retryAfterMs(headers) });
  }
}

/** The server's own words: `{ message }`, `{ error: { message } }` or plain text; never a page of a proxy. */
function saidBy(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    const message = messageOf(body) ?? messageOf((body as { error?: unknown } | null)?.error);
    return (message ?? '').slice(0, 500);
  } catch {
    return /^\s*</.test(text) ? '' : text.slice(0, 500);
  }
}

function messageOf(body: unknown): string | undefined {
  return typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string'
    ? body.message
    : undefined;
}

function lsnOf(response: HttpAnswer, header: string): bigint | undefined {
  const value = response.headers.get(header);
  return value !== null && /^\d+$/.test(value) ? BigInt(value) : undefined;
}

/** Loads the SDK, or takes it from a client that is given. Throws `Unavailable` with the command to type where it cannot be loaded. */
export async function loadSdk({ client }: PineconeConfig): Promise<PineconeSdk> {
  if (client !== undefined) return { Pinecone: client.constructor as PineconeSdk['Pinecone'] };
  try {
    return await import('@pinecone-database/pinecone');
  } catch (error) {
    throw new VectorStoreError(
      'Unavailable',
      'the Pinecone client is not installed; run: npm install @pinecone-database/pinecone',
      { cause: error },
    );
  }
}
