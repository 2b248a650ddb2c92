/** Node only. */
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { HttpFault, redirected, tooLarge } from './http-fault.ts';
import { defaultMaxResponseBytes, type HttpAnswer, type Sender, type SendInit, type SendOptions } from './send.ts';

/** Requests by `node:http`, over connections that are kept. */
export function nodeSender({ maxResponseBytes = defaultMaxResponseBytes }: SendOptions = {}): Sender {
  // Idle connections do not keep the process alive.
  const settings = { keepAlive: true, scheduling: 'lifo' } as const;
  const agents = { 'http:': new http.Agent(settings), 'https:': new https.Agent(settings) };
  return {
    async send(url, init = {}) {
      const { protocol } = new URL(url);
      const secure = protocol === 'https:';
      const agent = secure ? agents['https:'] : agents['http:'];
      const response = await headOf(secure ? https.request : http.request, url, init, agent);
      const status = response.statusCode ?? 0;
      if (status >= 300 && status < 400 && status !== 304) {
        response.destroy();
        throw redirected(status);
      }
      return answerOf(status, response, maxResponseBytes, init.signal);
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

function headOf(
  request: typeof http.request,
  url: string,
  { method = 'GET', headers, body, signal }: SendInit,
  agent: http.Agent,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(url, {
      method,
      agent,
      headers: { ...(headers instanceof Headers ? Object.fromEntries(headers) : headers), ...length },
      ...(signal && { signal }),
    });
    sent.once('response', resolve);
    sent.once('error', reject);
    sent.end(body);
  });
}

function answerOf(
  status: number,
  response: http.IncomingMessage,
  maxBytes: number,
  signal: AbortSignal | undefined,
): HttpAnswer {
  // Read at once: a connection whose answer nobody reads is not free again.
  const text = textOf(response, maxBytes).catch((error: unknown) => {
    // A stream that was cut says only that, not by whom.
    throw signal?.aborted ? new DOMException('the request was aborted', 'AbortError') : error;
  });
  text.catch(() => undefined);
  return {
    status,
    headers: {
      get: (name) => {
        const value = response.headers[name];
        return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
      },
    },
    text: () => text,
  };
}

async function textOf(response: http.IncomingMessage, maxBytes: number): Promise<string> {
  if (Number(response.headers['content-length']) > maxBytes) {
    response.destroy();
    throw tooLarge(maxBytes);
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of unpacked(response)) {
    bytes += (chunk as Buffer).byteLength;
    if (bytes > maxBytes) {
      response.destroy();
      throw tooLarge(maxBytes);
    }
    chunks.push(chunk as Buffer);
  }
  return (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8');
}

/** No compression is asked for; a proxy may compress all the same. */
function unpacked(response: http.IncomingMessage): Readable {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return response;
  const unpack = { gzip: createGunzip, 'x-gzip': createGunzip, deflate: createInflate, br: createBrotliDecompress }[
    encoding
  ];
  if (unpack === undefined) {
    response.destroy();
    throw new HttpFault('not-json', 'the answer is compressed in a way that was not asked for', {
      status: response.statusCode,
    });
  }
  const unpacking = unpack();
  response.once('error', (error) => unpacking.destroy(error));
  return response.pipe(unpacking);
}
