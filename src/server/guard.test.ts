import { request } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningServer, serve } from './index.ts';

const apiKey = 'the-key';
let open: RunningServer;
let locked: RunningServer;

beforeAll(async () => {
  open = await serve({ dialect: 'qdrant' });
  locked = await serve({ dialect: 'qdrant', apiKey });
});
afterAll(async () => {
  await open.close();
  await locked.close();
});

interface Ask {
  readonly server?: RunningServer;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** With any headers: `fetch` would not let us set Host, Origin or Sec-Fetch-Site. */
function ask({
  server = open,
  method = 'GET',
  path = '/collections',
  headers = {},
  body,
}: Ask): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, headers: answer.headers }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const json = { 'content-type': 'application/json' };

describe('who may ask', () => {
  test.each(['evil.example', 'evil.example:80', '127.0.0.1.evil.example', '169.254.169.254', 'localhost.evil.example'])(
    'a Host of %j is refused',
    async (host) => {
      expect((await ask({ headers: { host } })).status).toBe(421);
    },
  );

  test.each(['localhost', 'LOCALHOST:1234', '127.0.0.1', '[::1]:80'])('a Host of %j is ours', async (host) => {
    expect((await ask({ headers: { host } })).status).toBe(200);
  });

  test('names that were allowed are ours too', async () => {
    await using server = await serve({ dialect: 'qdrant', allowedHosts: ['qdrant.test'] });
    expect((await ask({ server, headers: { host: 'qdrant.test:6333' } })).status).toBe(200);
  });

  test.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])(
    '%s of a page of another origin is refused, and told nothing by CORS',
    async (method) => {
      for (const headers of [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ]) {
        const answer = await ask({ method, headers: headers as unknown as Record<string, string> });
        expect(answer.status).toBe(403);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    },
  );

  test('a page of the same origin may ask', async () => {
    expect((await ask({ headers: { origin: open.url, 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
  });

  test.each([
    {},
    { 'api-key': 'wrong' },
    { 'api-key': `${apiKey} ` },
    { authorization: 'Bearer nope' },
    { authorization: apiKey },
  ])('without the key: %j', async (headers) => {
    const expected = headers['api-key']?.trim() === apiKey ? 200 : 401;
    expect((await ask({ server: locked, headers: headers as unknown as Record<string, string> })).status).toBe(
      expected,
    );
  });

  test('with the key, as header or as bearer', async () => {
    expect((await ask({ server: locked, headers: { 'api-key': apiKey } })).status).toBe(200);
    expect((await ask({ server: locked, headers: { authorization: `Bearer ${apiKey}` } })).status).toBe(200);
  });

  test('a request without the key is answered before its body is read', async () => {
    const { hostname, port } = new URL(locked.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connectSocket(Number(port), hostname, () => {
        // A body is announced and never sent.
        socket.write(
          `PUT /collections/x HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n`,
        );
      });
      socket.setTimeout(5_000, () => reject(new Error('no answer')));
      socket.on('data', (chunk) => resolve(chunk.toString()));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 401/);
  });

  test('listening for others needs a key', async () => {
    await expect(serve({ dialect: 'qdrant', host: '0.0.0.0' })).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(serve({ dialect: 'qdrant', apiKey: '' })).rejects.toMatchObject({ code: 'InvalidArgument' });
  });
});

describe('what may be sent', () => {
  const put = (body: string, headers: Record<string, string> = json) =>
    ask({ method: 'PUT', path: '/collections/sent', headers, body });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    '',
  ])('a body of type %j is refused', async (type) => {
    expect((await put('{}', type === '' ? {} : { 'content-type': type })).status).toBe(415);
  });

  test('a charset after the type is fine', async () => {
    expect(
      (await put('{"vectors":{"size":2,"distance":"Dot"}}', { 'content-type': 'application/json; charset=utf-8' }))
        .status,
    ).toBe(200);
  });

  test.each(['{', '{"a":}', '[1,', 'nul', '\u0000'])('a body of %j is refused', async (body) => {
    expect((await put(body)).status).toBe(400);
  });

  test('bytes that are no UTF-8 are refused', async () => {
    const answer = await fetch(`${open.url}/collections/x`, {
      method: 'PUT',
      headers: json,
      body: new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]),
    });
    expect(answer.status).toBe(400);
  });

  test('deep nesting is refused, however deep', async () => {
    for (const depth of [200, 2_000_000]) {
      const answer = await put(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('recursion limit');
    }
  });

  test('a body that is too large is refused, announced or in pieces', async () => {
    expect(
      (await put('{}', { ...json, 'content-length': String(64 * 2 ** 20) }).catch(() => ({ status: 400 }))).status,
    ).toBe(400);
    const chunk = new Uint8Array(2 ** 20).fill(0x20);
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent++ < 64) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const answer = await fetch(`${open.url}/collections/x`, {
      method: 'PUT',
      headers: json,
      body: endless,
      duplex: 'half',
    } as RequestInit).catch(() => undefined);
    // A sender that goes on may see its connection closed instead.
    if (answer !== undefined) expect(answer.status).toBe(400);
  });

  test('the server still answers afterwards', async () => {
    expect((await ask({})).status).toBe(200);
  });
});

test('what the dialect does not cover is 501 with a message, never a success', async () => {
  for (const [method, path] of [
    ['POST', '/snapshots'],
    ['PUT', '/collections/x/shards'],
    ['GET', '/collections/x/optimizations'],
    ['POST', '/collections/x/snapshots'],
  ] as const) {
    const answer = await ask({ method, path, headers: json, ...(method !== 'GET' && { body: '{}' }) });
    expect(answer.status).toBe(501);
    expect(answer.text).toContain('does not cover');
  }
});
