import { afterEach, describe, expect, test, vi } from 'vitest';
import { VectorStoreError } from '../../src/index.ts';
import { config, fromUrl } from './config.ts';
import { dialectOf } from './dialect.ts';

const ofUrl = (url: string) => config.parse(fromUrl(url));

describe('a URL says', () => {
  test.each([
    ['milvus://localhost', { address: 'localhost:19530', tls: false }],
    ['milvus://db.example:1234', { address: 'db.example:1234', tls: false }],
    ['milvus://db.example:80', { address: 'db.example:80', tls: false }],
    ['milvus://db.example/shop?tls=true', { address: 'db.example:19530', tls: true, database: 'shop' }],
    ['milvus://db.example:443?tls=true', { address: 'db.example:443', tls: true }],
    ['milvus://ro%40ot:p%2Fw%3A@h', { address: 'h:19530', username: 'ro@ot', password: 'p/w:' }],
    ['milvus://h?token=a%26b&timeoutMs=5', { address: 'h:19530', token: 'a&b', timeoutMs: 5 }],
    ['milvus://[::1]:5', { address: '[::1]:5' }],
  ])('%s', (url, expected) => {
    expect(ofUrl(url)).toMatchObject(expected);
  });

  test.each(['milvus:', 'milvus://', 'milvus://h?apiKey=x', 'milvus://h?tls=yes', 'milvus://h:99999'])(
    'nothing that is left out in silence: %s',
    (url) => {
      expect(() => ofUrl(url)).toThrow();
    },
  );
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('an object says', () => {
  test('$MILVUS_TOKEN is the token where no other credentials are given', () => {
    vi.stubEnv('MILVUS_TOKEN', 'from-the-environment');
    const tokenOf = (settings: object) => config.parse({ provider: 'milvus', ...settings }).token;
    expect(tokenOf({})).toBe('from-the-environment');
    expect(tokenOf({ token: 'given' })).toBe('given');
    expect(tokenOf({ username: 'root', password: 'x' })).toBeUndefined();
    expect(ofUrl('milvus://h').token).toBe('from-the-environment');
  });

  test('a URL with or without TLS and its usual ports', () => {
    const address = (url: string) => config.parse({ provider: 'milvus', url });
    expect(address('http://h')).toMatchObject({ address: 'h:19530', tls: false });
    expect(address('http://h:80')).toMatchObject({ address: 'h:80', tls: false });
    expect(address('https://h')).toMatchObject({ address: 'h:443', tls: true });
    expect(address('https://h:19530')).toMatchObject({ address: 'h:19530', tls: true });
    expect(config.parse({ provider: 'milvus' })).toMatchObject({ address: 'localhost:19530', timeoutMs: 60_000 });
  });

  test.each([
    { url: 'milvus://h' },
    { url: 'h:19530' },
    { token: 'secret-1', username: 'secret-2', password: 'x' },
    { username: 'secret-1' },
    { password: 'secret-1' },
    { apiKey: 'secret-1' },
    { tls: { cert: 'secret-1' } },
    { client: {} },
    { timeoutMs: 0 },
  ])('%j is refused, without its secrets in the message', (settings) => {
    const { error } = config.safeParse({ provider: 'milvus', ...settings });
    expect(error).toBeDefined();
    expect(String(error?.message)).not.toMatch(/secret-\d/);
  });
});

test('a secret in a bad URL stays out of the message', () => {
  for (const url of ['milvus://user:canary@h?x=1', 'milvus://user:canary@h:99999']) {
    try {
      ofUrl(url);
      expect.unreachable();
    } catch (error) {
      expect(VectorStoreError.is(error, 'InvalidArgument')).toBe(true);
      expect(String(error)).not.toContain('canary');
    }
  }
});

test.each([
  ['v2.3.5-lite', 'milvus-2.3'],
  ['v2.2.16', 'milvus-2.3'],
  ['v2.4.0', 'milvus'],
  ['2.6.8', 'milvus'],
  ['v3.0.1', 'milvus'],
  ['milvus_lite-3.2.2', 'milvus-lite'],
])('version %s is the dialect %s', (version, dialect) => {
  expect(dialectOf(version).name).toBe(dialect);
});
