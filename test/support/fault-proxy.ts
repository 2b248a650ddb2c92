import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** What happens to a request on its way to the server behind the proxy, or to the answer on its way back. */
export type Fault =
  | { readonly kind: 'pass' }
  /** The connection breaks before the server has seen the request. */
  | { readonly kind: 'resetBefore' }
  /** The server does what was asked, and the connection breaks before it can say so. */
  | { readonly kind: 'resetAfter' }
  /** The answer ends in the middle: the connection breaks, or the length says so. */
  | { readonly kind: 'halfBody' }
  /** A whole answer whose JSON is cut off. */
  | { readonly kind: 'truncatedJson' }
  | { readonly kind: 'wrongType' }
  | { readonly kind: 'wrongJson'; readonly body: unknown }
  /** An answer without reaching the server. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The server does what was asked, and something before it says this. */
  | { readonly kind: 'statusAfter'; readonly status: number }
  | { readonly kind: 'redirect'; readonly status: number; readonly to: string }
  | { readonly kind: 'hang' }
  /** The answer comes in pieces of `bytes` (default 1), `ms` apart. */
  | { readonly kind: 'slow'; readonly ms: number; readonly bytes?: number }
  /** The server's answer, changed on its way. */
  | { readonly kind: 'edit'; readonly edit: (json: unknown) => unknown }
  /** A small answer that unpacks to `bytes`. */
  | { readonly kind: 'bomb'; readonly bytes: number };

/** A proxy on 127.0.0.1 that does to each request what `next` says. */
export class FaultProxy {
  readonly #server: Server;
  readonly #target: URL;
  #port = 0;
  /** Requests since {@link reset}. */
  requests = 0;
  /** Requests that the server behind has seen. */
  forwarded = 0;
  next: (path: string, method: string) => Fault = () => ({ kind: 'pass' });

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((incoming, outgoing) => void this.#handle(incoming, outgoing));
  }

  static async open(target: string): Promise<FaultProxy> {
    const proxy = new FaultProxy(target);
    await proxy.listen();
    proxy.#port = (proxy.#server.address() as AddressInfo).port;
    return proxy;
  }

  /** Again at the same port, after {@link refuse}. */
  async listen(): Promise<void> {
    if (!this.#server.listening)
      await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
  }

  /** From now on connections are refused. */
  async refuse(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
    // Until clients have seen that their open connections are gone.
    await new Promise((resolve) => setTimeout(resolve, 30));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  reset(next: FaultProxy['next']): void {
    this.requests = 0;
    this.forwarded = 0;
    this.next = next;
  }

  async close(): Promise<void> {
    await this.refuse();
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.requests += 1;
    const fault = this.next(incoming.url ?? '', incoming.method ?? '');
    const body = await bytesOf(incoming).catch(() => undefined);
    if (body === undefined) return;
    switch (fault.kind) {
      case 'resetBefore':
        incoming.socket.resetAndDestroy();
        return;
      case 'hang':
        return;
      case 'status':
        outgoing
          .writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers })
          .end(fault.body ?? '{}');
        return;
      case 'redirect':
        outgoing.writeHead(fault.status, { location: fault.to }).end();
        return;
      case 'wrongJson':
        await this.#forward(incoming, body);
        outgoing.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(fault.body));
        return;
      case 'bomb':
        outgoing
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(gzipSync(Buffer.alloc(fault.bytes, 0x20)));
        return;
      default:
        respond(fault, await this.#forward(incoming, body), incoming, outgoing);
    }
  }

  #forward(incoming: IncomingMessage, body: Buffer): Promise<Answer> {
    this.forwarded += 1;
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#target;
      const headers = { ...incoming.headers, host: `${hostname}:${port}`, 'content-length': String(body.length) };
      const outgoing = request({ hostname, port, path: incoming.url, method: incoming.method, headers }, (answer) => {
        bytesOf(answer).then(
          (bytes) =>
            resolve({
              status: answer.statusCode ?? 500,
              headers: answer.headers as Record<string, string>,
              body: bytes,
            }),
          reject,
        );
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function respond(
  fault: Fault,
  { status, headers, body }: Answer,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const { 'transfer-encoding': _, ...plain } = headers;
  const half = body.subarray(0, body.length >> 1);
  switch (fault.kind) {
    case 'resetAfter':
      incoming.socket.resetAndDestroy();
      return;
    case 'halfBody':
      outgoing.writeHead(status, { ...plain, 'content-length': String(body.length) });
      outgoing.write(half, () => setTimeout(() => incoming.socket.destroy(), 5));
      return;
    case 'truncatedJson':
      outgoing.writeHead(status, { ...plain, 'content-length': String(half.length) }).end(half);
      return;
    case 'wrongType':
      outgoing.writeHead(status, { 'content-type': 'text/html' }).end('<html>welcome</html>');
      return;
    case 'statusAfter':
      outgoing.writeHead(fault.status, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
      return;
    case 'edit': {
      const edited = body.length === 0 ? body : JSON.stringify(fault.edit(JSON.parse(body.toString('utf8'))));
      outgoing.writeHead(status, { ...plain, 'content-length': String(Buffer.byteLength(edited)) }).end(edited);
      return;
    }
    case 'slow': {
      const { bytes = 1 } = fault;
      outgoing.writeHead(status, plain);
      let at = 0;
      const timer = setInterval(() => {
        if (at >= body.length || outgoing.destroyed) {
          clearInterval(timer);
          outgoing.end();
        } else {
          outgoing.write(body.subarray(at, at + bytes));
          at += bytes;
        }
      }, fault.ms);
      return;
    }
    default:
      outgoing.writeHead(status, plain).end(body);
  }
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
