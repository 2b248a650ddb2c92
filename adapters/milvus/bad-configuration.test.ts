import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { GrpcProxy } from '../../test/support/grpc-proxy.ts';

const token = 'secret-token-of-the-test';
const open: { close(): unknown }[] = [];
afterAll(() => Promise.all(open.map((server) => server.close())));

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(server);
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

const web = (listener: RequestListener) => listening(createServer(listener));

async function expectRefusal(url: string, code: RegExp, message: RegExp, settings: object = {}): Promise<void> {
  const error: unknown = await connect({ provider: 'milvus', url, token, connectTimeoutMs: 1_000, ...settings }).then(
    () => 'nothing was thrown',
    (thrown: unknown) => thrown,
  );
  if (!VectorStoreError.is(error)) throw new Error(`not one of our errors: ${String(error)}`);
  expect(error.code).toMatch(code);
  expect(error.message).toMatch(message);
  expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(token);
}

describe('the address', () => {
  test.each(['localhost:19530', 'ftp://localhost', 'http://', 'not an address'])(
    '%j is none: says which setting, and what one looks like',
    (url) => expectRefusal(url, /^InvalidArgument$/, /http:\/\/localhost:19530.*url/s),
  );

  test('where nobody listens: names it and says what to look at', async () => {
    const server = createTcpServer();
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    await expectRefusal(url, /^Unavailable$/, /Milvus at 127\.0\.0\.1:\d+ .*ECONNREFUSED.*is it up.*address right/s);
  });

  test('of a host that does not exist: the same', () =>
    expectRefusal('http://no-such-host.invalid', /^(Unavailable|Timeout)$/, /no-such-host\.invalid.*is it up/s));

  test('with https where none is spoken: names TLS', () =>
    expectRefusal(`https://127.0.0.1:${inject('milvusPorts')['milvus-lite']}`, /^(Unavailable|Timeout)$/, /TLS/));

  test('of a web server: is unavailable, in bounded time', async () =>
    expectRefusal(
      await web((_, response) => response.end('<html>Welcome</html>')),
      /^(Unavailable|Timeout)$/,
      /is it up/,
    ));

  test('of something that says nothing: Timeout, after connectTimeoutMs', async () =>
    expectRefusal(await listening(createTcpServer()), /^(Timeout|Unavailable)$/, /is it up/));
});

describe('the credentials', () => {
  /** A server that refuses whoever comes. */
  async function refusing(status: number): Promise<string> {
    const proxy = await GrpcProxy.start(inject('milvusPorts')['milvus-lite']);
    open.push(proxy);
    proxy.faultOf = () => ({ status });
    return `http://127.0.0.1:${proxy.port}`;
  }

  test.each([
    [16, /^Unauthenticated$/],
    [7, /^PermissionDenied$/],
  ])('gRPC status %i: says to check token, or username and password', async (status, code) =>
    expectRefusal(await refusing(status), code, /refused the credentials; check token, or username and password/),
  );

  test('by token and by user at once are refused before anything is sent', () =>
    expectRefusal('http://127.0.0.1:1', /^InvalidArgument$/, /token/, { username: 'root', password: 'x' }));
});

test('a collection that exists with another dimension is a Conflict that names both', async () => {
  await using db = await connect(`milvus://127.0.0.1:${inject('milvusPorts')['milvus-lite']}`);
  const store = await db.createCollection('narrow', { dimension: 2, metric: 'dot' });
  await expect(
    db.createCollection('narrow', { dimension: 3, metric: 'dot' }, { ifExists: 'open' }),
  ).rejects.toMatchObject({ code: 'Conflict', message: expect.stringMatching(/dimension 2, not 3.*recreate it/) });
  await expect(db.createCollection('narrow', { dimension: 3, metric: 'dot' })).rejects.toMatchObject({
    code: 'AlreadyExists',
    message: expect.stringMatching(/ifExists/),
  });
  await expect(store.upsert({ id: 'a', vector: [1, 2, 3] })).rejects.toMatchObject({ code: 'InvalidArgument' });
  await db.dropCollection('narrow');
});

test('a collection of another application is told apart from none, and stays as it is', async () => {
  await using db = await connect(`milvus://127.0.0.1:${inject('milvusPorts').milvus}`);
  const sdk = db.unwrap() as import('@zilliz/milvus2-sdk-node').MilvusClient;
  const fields = [
    { name: 'id', data_type: 'Int64', is_primary_key: true },
    { name: 'vector', data_type: 'FloatVector', dim: 2 },
  ] as const;
  await sdk.createCollection({ collection_name: 'their_own', fields: [...fields] } as never);
  await expect(db.collection('their_own')).rejects.toMatchObject({
    code: 'Unsupported',
    message: expect.stringMatching(/not created by this library/),
  });
  // The name that ours would be stored under.
  await expect(db.collection('their-own')).rejects.toMatchObject({ code: 'NotFound' });
  expect(await db.dropCollection('their-own')).toBe(false);
  await expect(db.createCollection('their-own', { dimension: 2, metric: 'dot' })).rejects.toMatchObject({
    code: 'AlreadyExists',
  });
  expect(Boolean((await sdk.hasCollection({ collection_name: 'their_own' })).value)).toBe(true);
  await sdk.dropCollection({ collection_name: 'their_own' });
});
