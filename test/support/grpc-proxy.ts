import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type Http2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** What goes wrong with one call. `applied` faults reach the server, and only the answer is lost or spoilt. */
export type GrpcFault =
  /** The call is reset before the server sees it, or after the server has done it. */
  | 'reset'
  | 'applied-reset'
  /** The whole connection breaks, before or after. */
  | 'disconnect'
  | 'applied-disconnect'
  /** Half of the answer; bytes that are no answer; an answer without its message. */
  | 'applied-truncated'
  | 'applied-garbage'
  | 'applied-empty'
  /** Answers of a gateway: an error page, a redirect to {@link GrpcProxy.elsewhere}. */
  | 'html-502'
  | 'redirect'
  /** No answer, or a late one. */
  | 'hang'
  | 'applied-hang'
  | 'slow'
  /** A gRPC status without the server having seen the call, or instead of its answer. */
  | { readonly status: number; readonly applied?: true }
  /** An answer that holds nothing but Milvus's own code of a failure. The server has not seen the call. */
  | { readonly milvus: number; readonly reason: string }
  /** The answer without one of its parts: field numbers from the message inwards, of the last field with that number. */
  | { readonly without: readonly number[] };

/** A gRPC proxy on 127.0.0.1 that spoils chosen calls. */
export class GrpcProxy {
  readonly #server: Http2Server;
  readonly #target: ClientHttp2Session;
  readonly #sessions = new Set<Http2Session>();
  /** Methods in the order in which they came, for example `Upsert`. */
  readonly calls: string[] = [];
  /** Where redirects lead. */
  elsewhere = '';
  /** Which fault a call gets; undefined for none. */
  faultOf: (method: string) => GrpcFault | undefined = () => undefined;

  private constructor(server: Http2Server, target: ClientHttp2Session) {
    this.#server = server;
    this.#target = target;
  }

  static async start(targetPort: number): Promise<GrpcProxy> {
    const server = createServer();
    const proxy = new GrpcProxy(server, connect(`http://127.0.0.1:${targetPort}`));
    server.on('session', (session) => {
      proxy.#sessions.add(session);
      session.on('close', () => proxy.#sessions.delete(session));
      session.on('error', () => undefined);
    });
    server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      void proxy.#serve(stream, headers);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    this.#target.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const method = String(headers[':path']).split('/').at(-1) ?? '';
    this.calls.push(method);
    const fault = this.faultOf(method);
    const body = await read(stream);
    if (typeof fault === 'object' && 'milvus' in fault)
      return answer(stream, framed(failure(fault.milvus, fault.reason)), { 'grpc-status': '0' });
    if (typeof fault === 'object' && 'status' in fault && !fault.applied)
      return answer(stream, nothing, planted(fault));
    if (fault === 'redirect') {
      stream.respond({ ':status': 307, location: this.elsewhere });
      return void stream.end();
    }
    switch (fault) {
      case 'reset':
        return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      case 'disconnect':
        return stream.session?.destroy();
      case 'hang':
        return;
      case 'html-502':
        stream.respond({ ':status': 502, 'content-type': 'text/html' });
        return void stream.end('<html>bad gateway</html>');
      default:
        return this.#forward(stream, headers, body, fault);
    }
  }

  async #forward(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    body: Buffer,
    fault: GrpcFault | undefined,
  ): Promise<void> {
    const { message, trailers } = await this.#call(headers, body);
    if (typeof fault === 'object') {
      if ('status' in fault) return answer(stream, nothing, planted(fault));
      if ('without' in fault) return answer(stream, framed(without(message.subarray(5), fault.without)), trailers);
    }
    switch (fault) {
      case 'applied-reset':
        return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      case 'applied-disconnect':
        return stream.session?.destroy();
      case 'applied-hang':
        return;
      case 'applied-truncated':
        return answer(stream, message.subarray(0, Math.max(1, message.length >> 1)), trailers);
      case 'applied-garbage':
        return answer(stream, framed(Buffer.from('<html>this is no protobuf</html>')), trailers);
      case 'applied-empty':
        return answer(stream, nothing, trailers);
      case 'slow':
        await new Promise((resolve) => setTimeout(resolve, 150));
        return answer(stream, message, trailers);
      default:
        return answer(stream, message, trailers);
    }
  }

  async #call(headers: IncomingHttpHeaders, body: Buffer): Promise<{ message: Buffer; trailers: IncomingHttpHeaders }> {
    const request = this.#target.request(headers);
    let trailers: IncomingHttpHeaders = {};
    request.on('response', (given) => {
      // Failures without a message have their status here already.
      if ('grpc-status' in given) trailers = pickGrpc(given);
    });
    request.on('trailers', (given) => {
      trailers = pickGrpc(given);
    });
    request.end(body);
    return { message: await read(request), trailers };
  }
}

const nothing = Buffer.alloc(0);

function planted({ status }: { readonly status: number }): IncomingHttpHeaders {
  return { 'grpc-status': String(status), 'grpc-message': 'planted' };
}

/** A Milvus answer with a `Status` (legacy number, reason, code) and nothing else. */
function failure(code: number, reason: string): Buffer {
  const text = Buffer.from(reason);
  const status = Buffer.concat([Buffer.from([8, 1, 18, text.length]), text, Buffer.from([24]), varint(code)]);
  return Buffer.concat([Buffer.from([10, status.length]), status]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}

/** A message without the last field of a number, or that field without one of its own. Milvus's answers hold numbers and bytes. */
function without(message: Buffer, [wanted = 0, ...inner]: readonly number[]): Buffer {
  let found: { start: number; end: number; value: Buffer } | undefined;
  for (let at = 0; at < message.length; ) {
    const start = at;
    const read = () => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = message[at++]!;
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    };
    const tag = read();
    const number = read();
    const end = tag % 8 === 2 ? at + number : at;
    const value = message.subarray(at, end);
    at = end;
    if (Math.floor(tag / 8) === wanted) found = { start, end: at, value };
  }
  if (found === undefined) return message;
  const { start, end, value } = found;
  const left = inner.length === 0 ? [] : [without(value, inner)];
  const kept = left.flatMap((bytes) => [varint(wanted * 8 + 2), varint(bytes.length), bytes]);
  return Buffer.concat([message.subarray(0, start), ...kept, message.subarray(end)]);
}

function pickGrpc(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('grpc-')));
}

function framed(message: Buffer): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

function answer(stream: ServerHttp2Stream, message: Buffer, trailers: IncomingHttpHeaders): void {
  if (stream.closed || stream.destroyed) return;
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(message);
}

async function read(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  try {
    for await (const part of stream) parts.push(part);
  } catch {
    // The other side went away: what came so far.
  }
  return Buffer.concat(parts);
}
