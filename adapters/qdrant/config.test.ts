import { afterEach, describe, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import type { VectorStoreError } from '../../src/errors.ts';
import { type RunningServer, serve } from '../../src/server/index.ts';
import { FaultProxy } from '../../test/support/fault-proxy.ts';
import { openConnection } from './client.ts';
import { configSchema, fromUrl, readAddress } from './config.ts';
import { adapter } from './index.ts';

describe('the address', () => {
  test.each<[string, object | undefined]>([
    ['http://localhost', { secure: false, host: 'localhost', port: 6333, prefix: '' }],
    ['qdrant://localhost:7000', { secure: false, host: 'localhost', port: 7000, prefix: '' }],
    ['https://x.cloud', { secure: true, host: 'x.cloud', port: 6333, prefix: '' }],
    // URL drops the default port of the scheme, and the official client then takes 6333.
    ['https://x.cloud:443', { secure: true, host: 'x.cloud', port: 443, prefix: '' }],
    ['http://x.cloud:80/', { secure: false, host: 'x.cloud', port: 80, prefix: '' }],
    ['https://x.cloud:443/db/one/', { secure: true, host: 'x.cloud', port: 443, prefix: '/db/one' }],
    ['http://[::1]:6333', { secure: false, host: '[::1]', port: 6333, prefix: '' }],
    ['localhost:6333', undefined],
    ['http://user:key@host', undefined],
    ['http://host:99999', undefined],
    ['http://host?x=1', undefined],
    ['ftp://host', undefined],
    ['http://', undefined],
  ])('%s', (url, expected) => {
    expect(readAddress(url)).toEqual(expected);
  });
});

describe('a URL as configuration', () => {
  test.each<[string, object]>([
    ['qdrant://localhost:6333', { provider: 'qdrant', url: 'http://localhost:6333' }],
    ['qdrant:', { provider: 'qdrant' }],
    ['qdrant://h:443/p?tls=true&vectorName=text', { provider: 'qdrant', url: 'https://h:443/p', vectorName: 'text' }],
    ['qdrant://h?timeoutMs=100&attempts=2', { provider: 'qdrant', url: 'http://h', timeoutMs: 100, attempts: 2 }],
  ])('%s', (url, expected) => {
    expect(fromUrl(url)).toEqual(expected);
    expect(configSchema.safeParse(expected).success).toBe(true);
  });

  test.each([
    'qdrant://key@host',
    'qdrant://:secret-value@host',
    'qdrant://host?apiKey=secret-value',
    'qdrant://host?nope=1',
    'qdrant://host?tls=yes',
  ])('%s is refused, and not quoted where it holds a key', async (url) => {
    const error = (await connect(url).catch((thrown: unknown) => thrown)) as VectorStoreError;
    expect(error.code).toBe('InvalidArgument');
    expect(error.message).not.toContain('secret-value');
  });

  test('what an object may hold is checked, and keys are not quoted', async () => {
    for (const wrong of [
      { url: 'nope' },
      { apiKey: '' },
      { attempts: 0 },
      { timeoutMs: -1 },
      { url: 'http://h', extra: 'secret-value' },
    ]) {
      const error = (await connect({ provider: 'qdrant', ...wrong } as never).catch(
        (thrown: unknown) => thrown,
      )) as VectorStoreError;
      expect([error.code, error.message.includes('secret-value')]).toEqual(['InvalidArgument', false]);
    }
  });
});

describe('the key', () => {
  let server: RunningServer | undefined;
  afterEach(async () => {
    delete process.env.QDRANT_API_KEY;
    await server?.close();
  });

  test('comes from the configuration, or from the environment', async () => {
    server = await serve({ dialect: 'qdrant', apiKey: 'sesame-open' });
    await using given = await connect({ provider: 'qdrant', url: server.url, apiKey: 'sesame-open' });
    expect(await given.hasCollection('x')).toBe(false);
    process.env.QDRANT_API_KEY = 'sesame-open';
    await using found = await connect(server.url.replace('http:', 'qdrant:'));
    expect(await found.hasCollection('x')).toBe(false);
  });
});

test('the prefix and the headers are on every request, of the client and of our own', async () => {
  await using server = await serve({ dialect: 'qdrant' });
  const proxy = await FaultProxy.open(server.url);
  const paths: string[] = [];
  proxy.reset((path) => {
    paths.push(path);
    return { kind: 'status', status: 503 };
  });
  const driver = await adapter.open({ provider: 'qdrant', url: `${proxy.url}/behind/proxy`, attempts: 1 });
  await driver.hasCollection('c', { signal: new AbortController().signal }).catch(() => undefined);
  const connection = await openConnection({ provider: 'qdrant', url: `${proxy.url}/behind/proxy` });
  await connection.points('count', 'a/b', '{}', { signal: new AbortController().signal }).catch(() => undefined);
  expect(paths).toEqual(['/behind/proxy/collections/c/exists', '/behind/proxy/collections/a%2Fb/points/count']);
  await proxy.close();
});
