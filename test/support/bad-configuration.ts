import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import type { VectorDatabase } from '../../src/database.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { type RunningServer, serve } from '../../src/server/index.ts';

/** A backend that is reached by HTTP. */
export interface ConfiguredBackend {
  readonly provider: 'qdrant' | 'pinecone';
  /** The setting that says where the server is. */
  readonly address: string;
  /** What an answer of something else must be called. */
  readonly notOurs: RegExp;
}

const key = 'secret-key-of-the-test';

/** Registers tests that a wrong configuration gives the right code and a message that says what to do. */
export function describeBadConfiguration({ provider, address, notOurs }: ConfiguredBackend): void {
  let open: RunningServer;
  let locked: RunningServer;
  const others: Server[] = [];

  beforeAll(async () => {
    open = await serve({ dialect: provider });
    locked = await serve({ dialect: provider, apiKey: key });
  });
  afterAll(async () => {
    await open.close();
    await locked.close();
    for (const server of others) {
      server.closeAllConnections();
      server.close();
    }
  });

  const at = (url: string, more: object = {}) =>
    connect({ provider, [address]: url, attempts: 1, apiKey: 'any-key', ...more } as never);

  /** Every call that a program may begin with fails in the same way. */
  async function expectAll(database: () => Promise<VectorDatabase>, code: string | RegExp, message: RegExp) {
    const firsts: readonly ((db: VectorDatabase) => Promise<unknown>)[] = [
      (db) => db.hasCollection('books'),
      (db) => db.collection('books'),
      (db) => db.createCollection('books', { dimension: 2, metric: 'dot' }),
    ];
    for (const first of firsts) {
      const error: unknown = await database()
        .then(async (db) => {
          await using closing = db;
          return await first(closing);
        })
        .then(
          () => 'nothing was thrown',
          (thrown: unknown) => thrown,
        );
      if (!VectorStoreError.is(error)) throw new Error(`not one of our errors: ${String(error)}`);
      expect(error.code).toMatch(code);
      expect(error.message).toMatch(message);
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(key);
    }
  }

  async function another(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    others.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  describe('the address', () => {
    test.each(['localhost:6333', 'ftp://localhost', 'http://', 'not an address'])(
      '%j is none: says which setting, and what one looks like',
      async (url) => {
        await expectAll(() => at(url), /^InvalidArgument$/, new RegExp(`http://localhost:\\d+[^]*\\b${address}\\b`));
      },
    );

    test('where nobody listens: says to look whether the server runs, and at host and port', async () => {
      const gone = await serve({ dialect: provider });
      await gone.close();
      await expectAll(() => at(gone.url), /^Unavailable$/, /ECONNREFUSED.*is the server running.*host and port/);
    });

    test('of a host that does not exist: the same', async () => {
      await expectAll(() => at('http://no-such-host.invalid'), /^Unavailable$/, /(ENOTFOUND|EAI_AGAIN).*host and port/);
    });

    test('with https where http is spoken: says to look at that', async () => {
      await expectAll(
        () => at(open.url.replace('http:', 'https:')),
        /^Unavailable$/,
        /TLS connection failed.*https\/http/,
      );
    });

    test('of a web page: asks whether the address is right', async () => {
      const url = await another((_, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Welcome</html>'),
      );
      await expectAll(() => at(url), /^(Unavailable|Internal)$/, /is that the address of/);
    });

    test('of another program that speaks JSON: asks whether the address is right', async () => {
      const url = await another((_, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"hello":"world"}'),
      );
      await expectAll(() => at(url), /^(Unavailable|Internal)$/, notOurs);
    });
  });

  describe('the key', () => {
    test('missing or wrong: Unauthenticated, and the message says that it is about the key', async () => {
      await expectAll(() => at(locked.url, { apiKey: undefined }), /^Unauthenticated$/, /API key/);
      await expectAll(() => at(locked.url, { apiKey: 'wrong' }), /^Unauthenticated$/, /API key/);
      await using db = await at(locked.url, { apiKey: key });
      expect(await db.hasCollection('books')).toBe(false);
    });

    test('that may not do this: PermissionDenied, in the words of the server', async () => {
      const url = await another((_, response) =>
        response
          .writeHead(403, { 'content-type': 'application/json' })
          .end('{"message":"read only","status":{"error":"read only"}}'),
      );
      await expectAll(() => at(url), /^PermissionDenied$/, /read only/);
    });
  });

  describe('a collection that exists with another dimension', () => {
    test('is a Conflict that names both; vectors of another length are refused before anything is sent', async () => {
      await using db = await at(open.url);
      const store = await db.createCollection('narrow', { dimension: 2, metric: 'dot' });
      await expect(
        db.createCollection('narrow', { dimension: 3, metric: 'dot' }, { ifExists: 'open' }),
      ).rejects.toMatchObject({ code: 'Conflict', message: expect.stringMatching(/dimension 2, not 3.*recreate it/) });
      await expect(db.createCollection('narrow', { dimension: 3, metric: 'dot' })).rejects.toMatchObject({
        code: 'AlreadyExists',
        message: expect.stringContaining('exists'),
      });
      for (const call of [() => store.upsert({ id: 'a', vector: [1, 2, 3] }), () => store.search([1, 2, 3])]) {
        await expect(call()).rejects.toMatchObject({
          code: 'InvalidArgument',
          message: expect.stringMatching(/dimension is 2, the vector has 3/),
        });
      }
    });
  });
}
