/* A service in memory, asked without a socket, for tests. */
import type { Embedder } from '../embedder.ts';
import { hashingEmbedder } from '../embedders/hashing.ts';
import type { ServiceConfigInput } from './config.ts';
import { openService, type Service, type ServiceOptions } from './service.ts';

/** An answer with its body read as JSON. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  readonly body: any;
}

export interface TestService {
  readonly service: Service;
  readonly logged: string[];
  get(path: string, key?: string): Promise<Reply>;
  send(method: string, path: string, body: unknown, key?: string): Promise<Reply>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `native:` in memory and the hashing embedder, where nothing else is said. */
export async function testService(config: ServiceConfigInput = {}, options: ServiceOptions = {}): Promise<TestService> {
  const logged: string[] = [];
  const embedders: { [name: string]: Embedder } = { hashing: hashingEmbedder() };
  const service = await openService(
    { backends: [{ name: 'native', url: 'native:' }], embedder: 'hashing', ...config },
    { embedders, page: false, env: {}, log: (text) => void logged.push(text), ...options },
  );
  const ask = async (path: string, init: RequestInit, key?: string): Promise<Reply> => {
    const headers = { ...init.headers, ...(key !== undefined && { authorization: `Bearer ${key}` }) };
    const {
      status,
      headers: received,
      ...response
    } = await read(await service.app.request(path, { ...init, headers }));
    return { status, headers: received, ...response };
  };
  return {
    service,
    logged,
    get: (path, key) => ask(path, {}, key),
    send: (method, path, body, key) =>
      ask(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }, key),
    [Symbol.asyncDispose]: () => service.close(),
  };
}

async function read(response: Response): Promise<Reply> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
