import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { guardedFetch } from './guarded-fetch.ts';
import { classifyHttp, classifyStatus, readJson, redactor, retryAfterMs } from './http.ts';
import { HttpFault } from './http-fault.ts';
import { nodeSender } from './node-sender.ts';
import type { Sender, SendOptions } from './send.ts';

const senders: Record<string, (options?: SendOptions) => Sender> = {
  'node:http': nodeSender,
  fetch: (options) => ({ send: guardedFetch(options), close: () => undefined }),
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serving(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe.each(Object.entries(senders))('sending by %s', (_name, senderOf) => {
  test.each([301, 302, 303, 307, 308])('does not follow a redirect with status %i', async (status) => {
    let asked = 0;
    const elsewhere = await serving((_, response) => {
      asked += 1;
      response.end();
    });
    const url = await serving((_, response) => response.writeHead(status, { location: elsewhere }).end());
    await expect(
      senderOf().send(url, { headers: { 'api-key': 'secret' }, method: 'POST', body: '{}' }),
    ).rejects.toMatchObject({ kind: 'redirect', status });
    expect(asked).toBe(0);
  });

  test('refuses a body that says it is too large, that is, and that unpacks to be', async () => {
    const { send } = senderOf({ maxResponseBytes: 1_000 });
    const announced = await serving((_, response) =>
      response.writeHead(200, { 'content-length': '5000' }).end('x'.repeat(5_000)),
    );
    await expect(send(announced).then((response) => response.text())).rejects.toMatchObject({ kind: 'too-large' });
    const chunked = await serving((_, response) => {
      for (let i = 0; i < 50; i++) response.write('x'.repeat(100));
      response.end();
    });
    await expect(send(chunked).then((response) => response.text())).rejects.toMatchObject({ kind: 'too-large' });
    const packed = await serving((_, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(100_000))),
    );
    await expect(send(packed).then((response) => response.text())).rejects.toMatchObject({ kind: 'too-large' });
  });

  test('passes on what is within the bound, packed or not', async () => {
    const { send } = senderOf({ maxResponseBytes: 1_000 });
    const body = JSON.stringify({ result: 'x'.repeat(900) });
    const packed = await serving((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(body)),
    );
    expect(await readJson(await send(packed))).toEqual(JSON.parse(body));
    const plain = await serving((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(body),
    );
    expect(await readJson(await send(plain))).toEqual(JSON.parse(body));
  });

  test('sends method, headers and bytes as they are, and says how many', async () => {
    let seen: unknown;
    const url = await serving(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { 'content-length': length, 'api-key': key, 'transfer-encoding': chunked } = request.headers;
      seen = [request.method, request.url, key, length, chunked, Buffer.concat(chunks).toString()];
      response.end('ok');
    });
    const body = new TextEncoder().encode('{"é":1}');
    const answer = await senderOf().send(`${url}a%20b?c=d`, { method: 'PUT', headers: { 'api-key': 'k' }, body });
    expect([answer.status, await answer.text()]).toEqual([200, 'ok']);
    expect(seen).toEqual(['PUT', '/a%20b?c=d', 'k', '8', undefined, '{"é":1}']);
    await (await senderOf().send(url)).text();
    expect(seen).toEqual(['GET', '/', undefined, undefined, undefined, '']);
  });

  test('an abort before, while waiting and while reading is an abort', async () => {
    const aborted = AbortSignal.abort();
    const url = await serving((_, response) => response.writeHead(200, { 'content-length': '100' }).write('x'));
    const silent = await serving(() => undefined);
    const outcome = async (address: string, signal: AbortSignal) =>
      classifyHttp(
        await senderOf()
          .send(address, { signal })
          .then((response) => response.text())
          .catch((error: unknown) => error),
      )?.code;
    expect(await outcome(url, aborted)).toBe('Aborted');
    for (const address of [silent, url]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 50);
      expect(await outcome(address, controller.signal)).toBe('Aborted');
    }
  });

  test('a connection that ends in the middle is an incomplete answer', async () => {
    const url = await serving((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"a":', () => request.socket.destroy());
    });
    await expect(senderOf().send(url).then(readJson)).rejects.toMatchObject({ kind: 'incomplete' });
  });

  test('a refused connection had certainly no effect, a broken one perhaps', async () => {
    const url = await serving((request) => request.socket.resetAndDestroy());
    const broken: unknown = await senderOf()
      .send(url)
      .catch((error: unknown) => error);
    expect(classifyHttp(broken)).toMatchObject({ code: 'Unavailable', applied: 'unknown' });
    await new Promise<void>((resolve) => servers.at(-1)!.close(() => resolve()));
    const refused: unknown = await senderOf()
      .send(url)
      .catch((error: unknown) => error);
    expect(classifyHttp(refused)).toMatchObject({ code: 'Unavailable', applied: 'no' });
    const unknown: unknown = await senderOf()
      .send('http://no-such-host.invalid/')
      .catch((error: unknown) => error);
    expect(classifyHttp(unknown)).toMatchObject({ code: 'Unavailable', applied: 'no' });
  });

  test('TLS towards a server that speaks none will not mend itself', async () => {
    const url = (await serving((_, response) => response.end())).replace('http:', 'https:');
    const error: unknown = await senderOf()
      .send(url)
      .catch((fault: unknown) => fault);
    expect(classifyHttp(error)).toMatchObject({ code: 'Unavailable', retryable: false });
  });
});

describe('readJson', () => {
  const answering = (body: string, type: string | null) =>
    new Response(body, { headers: type === null ? {} : { 'content-type': type } });

  test.each(['application/json', 'application/json; charset=utf-8', 'application/problem+json', 'APPLICATION/JSON'])(
    'takes %s',
    async (type) => {
      expect(await readJson(answering('{"a":1}', type))).toEqual({ a: 1 });
    },
  );

  test.each(['text/html', 'text/plain', 'application/jsonp', 'image/png'])('refuses %s', async (type) => {
    await expect(readJson(answering('{"a":1}', type))).rejects.toMatchObject({
      kind: 'not-json',
      message: expect.stringContaining(type),
    });
  });

  test('text that is no JSON is refused, and not quoted', async () => {
    const error: unknown = await readJson(answering('{"secret": 123', 'application/json')).catch(
      (fault: unknown) => fault,
    );
    expect(error).toBeInstanceOf(HttpFault);
    expect((error as HttpFault).message).not.toContain('secret');
  });
});

describe('retryAfterMs', () => {
  const now = Date.UTC(2026, 0, 1);
  test.each<[string | undefined, number | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['0', 0],
    ['60', 60_000],
    ['1.5', 1_500],
    ['999999999999', 999_999_999_999_000],
    [new Date(now + 30_000).toUTCString(), 30_000],
    [new Date(now - 30_000).toUTCString(), 0],
    ['soon', undefined],
    ['-5', undefined],
    ['Infinity', undefined],
    ['1e9', undefined],
    ['Wed, 99 Foo 2026', undefined],
  ])('%j is %j', (value, expected) => {
    expect(retryAfterMs(new Headers(value === undefined ? {} : { 'retry-after': value }), now)).toBe(expected);
  });
});

describe('what errors mean', () => {
  test.each<[number, string, 'no' | 'unknown']>([
    [400, 'InvalidArgument', 'no'],
    [401, 'Unauthenticated', 'no'],
    [403, 'PermissionDenied', 'no'],
    [404, 'NotFound', 'no'],
    [408, 'Timeout', 'unknown'],
    [409, 'Conflict', 'no'],
    [413, 'InvalidArgument', 'no'],
    [422, 'InvalidArgument', 'no'],
    [425, 'RateLimited', 'no'],
    [429, 'RateLimited', 'no'],
    [500, 'Unavailable', 'unknown'],
    [501, 'Unsupported', 'no'],
    [502, 'Unavailable', 'unknown'],
    [503, 'Unavailable', 'unknown'],
    [504, 'Unavailable', 'unknown'],
  ])('status %i is %s, applied: %s', (status, code, applied) => {
    expect(classifyStatus(status, 'said')).toMatchObject({ code, applied, message: 'said' });
  });

  test('a defect of ours is not an error of the network', () => {
    expect(classifyHttp(new TypeError('x is not a function'))).toBeUndefined();
    expect(classifyHttp('text')).toBeUndefined();
  });
});

test('redactor takes every secret out of a text, and leaves short strings alone', () => {
  expect(redactor(['abcd-key', undefined, 'x'])('the abcd-key of x is abcd-key')).toBe('the *** of x is ***');
});
