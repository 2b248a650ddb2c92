import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startMilvus, type TestServer } from '../../conformance/backends/milvus.ts';
import { connect, type VectorDatabase, VectorStoreError } from '../../src/index.ts';

/** The user that every Milvus begins with. */
const root = { username: 'root', password: 'Milvus' } as const;

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'succeeded';
  } catch (error) {
    return VectorStoreError.is(error) ? error.code : String(error);
  }
}

async function use(db: VectorDatabase, name: string): Promise<number> {
  await using store = await db.createCollection(name, { dimension: 2, metric: 'cosine' }, { ifExists: 'recreate' });
  await store.upsert({ id: 'a', vector: [1, 0] });
  return store.count();
}

describe('a server that wants credentials', () => {
  let server: TestServer;
  let url: string;

  beforeAll(async () => {
    server = await startMilvus('milvus', { 'common.security.authorizationEnabled': 'true' });
    url = `http://127.0.0.1:${server.port}`;
  }, 60_000);

  afterAll(() => server?.stop());

  test.each([
    ['user and password', root],
    ['a token', { token: 'root:Milvus' }],
  ])('serves those who have them: %s', async (_name, credentials) => {
    await using db = await connect({ provider: 'milvus', url, ...credentials });
    expect(await use(db, 'allowed')).toBe(1);
  });

  test('by URL too', async () => {
    await using db = await connect(`milvus://root:Milvus@127.0.0.1:${server.port}`);
    expect(await use(db, 'allowed')).toBe(1);
  });

  test.each([
    ['none', {}],
    ['a wrong password', { ...root, password: 'canary-pass' }],
    ['a wrong token', { token: 'canary-token' }],
  ])('says Unauthenticated to others: %s', async (_name, credentials) => {
    const attempt = async () => {
      await using db = await connect({ provider: 'milvus', url, ...credentials });
      await use(db, 'refused');
    };
    expect(await codeOf(attempt())).toBe('Unauthenticated');
    await attempt().catch((error: unknown) => {
      expect(String(error)).toMatch(/check token, or username and password/);
      expect(JSON.stringify([error, String((error as Error).stack), String((error as Error).cause)])).not.toContain(
        'canary',
      );
    });
  });
});

describe('a server with TLS', () => {
  let server: TestServer;
  let directory: string;
  const file = (name: string) => join(directory, name);

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'anyvec-tls-'));
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
        ...[
          '-addext',
          'subjectAltName=DNS:localhost,IP:127.0.0.1',
          '-keyout',
          file('key.pem'),
          '-out',
          file('cert.pem'),
        ],
      ],
      { stdio: 'ignore' },
    );
    server = await startMilvus('milvus', {
      'common.security.tlsMode': 1,
      'tls.serverPemPath': file('cert.pem'),
      'tls.serverKeyPath': file('key.pem'),
    });
  }, 60_000);

  afterAll(async () => {
    await server?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  test('serves a client that trusts its certificate', async () => {
    await using db = await connect({
      provider: 'milvus',
      url: `https://localhost:${server.port}`,
      tls: { rootCertPath: file('cert.pem') },
    });
    expect(await use(db, 'secured')).toBe(1);
  });

  test.each([
    ['does not trust it', 'https'],
    ['speaks plainly', 'http'],
  ])('is unavailable to a client that %s', async (_name, scheme) => {
    const attempt = connect({
      provider: 'milvus',
      url: `${scheme}://localhost:${server.port}`,
      connectTimeoutMs: 3_000,
    });
    expect(['Unavailable', 'Timeout']).toContain(await codeOf(attempt));
  });
});
