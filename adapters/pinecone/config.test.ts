import { Pinecone } from '@pinecone-database/pinecone';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { config, fromUrl } from './config.ts';

const parsed = (settings: object) => config.parse({ provider: 'pinecone', ...settings });

beforeEach(() => vi.stubEnv('PINECONE_API_KEY', 'from-environment'));
afterEach(() => vi.unstubAllEnvs());

describe('the configuration', () => {
  it('needs nothing but a key, which may stand in the environment', () => {
    expect(parsed({})).toMatchObject({
      apiKey: 'from-environment',
      controllerHost: 'https://api.pinecone.io',
      cloud: 'aws',
      region: 'us-east-1',
    });
    expect(parsed({ apiKey: 'given' }).apiKey).toBe('given');
  });

  it('without a key says where to put one; a server on this machine needs none', () => {
    vi.stubEnv('PINECONE_API_KEY', '');
    expect(config.safeParse({ provider: 'pinecone' }).error?.issues[0]?.message).toContain('$PINECONE_API_KEY');
    for (const controllerHost of ['http://localhost:5080', 'http://127.0.0.1:1', 'http://[::1]:5080'])
      expect(parsed({ controllerHost }).apiKey).toBe('local');
    expect(config.safeParse({ provider: 'pinecone', controllerHost: 'https://pinecone.example' }).success).toBe(false);
  });

  it('takes key and address of a ready client', () => {
    const client = new Pinecone({ apiKey: 'of-client', controllerHostUrl: 'http://localhost:1' });
    expect(parsed({ client })).toMatchObject({ apiKey: 'of-client', controllerHost: 'http://localhost:1', client });
    expect(config.safeParse({ provider: 'pinecone', client: {} }).success).toBe(false);
  });

  it.each([
    { apiKey: '' },
    { controllerHost: 'localhost:5080' },
    { controllerHost: 'ftp://x' },
    { timeoutMs: 0 },
    { attempts: 0 },
    { unknown: 1 },
  ])('refuses %j', (settings) => {
    expect(config.safeParse({ provider: 'pinecone', ...settings }).success).toBe(false);
  });
});

describe('a URL', () => {
  it.each<[string, object]>([
    ['pinecone:', {}],
    ['pinecone://', {}],
    ['pinecone:?cloud=gcp&region=us-central1', { cloud: 'gcp', region: 'us-central1' }],
    ['pinecone://?timeoutMs=5000', { timeoutMs: 5_000 }],
    ['pinecone://localhost:5080', { controllerHost: 'http://localhost:5080' }],
    [
      'pinecone://127.0.0.1:5080/?freshnessTimeoutMs=10',
      { controllerHost: 'http://127.0.0.1:5080', freshnessTimeoutMs: 10 },
    ],
    ['pinecone://pinecone.example', { controllerHost: 'https://pinecone.example' }],
    ['pinecone://pinecone.example:8080?tls=false', { controllerHost: 'http://pinecone.example:8080' }],
    ['pinecone://localhost?tls=true', { controllerHost: 'https://localhost' }],
  ])('%s', (url, settings) => {
    expect(fromUrl(url)).toEqual({ provider: 'pinecone', ...settings });
  });

  it.each([
    'pinecone://key@host',
    'pinecone://:key@host',
    'pinecone://host?apiKey=key',
    'pinecone://host?tls=yes',
    'pinecone://host/path',
    'pinecone:./path',
    'pinecone://host#x',
  ])('%s is refused, and the message repeats no key', (url) => {
    expect(() => fromUrl(url)).toThrow(
      expect.objectContaining({ code: 'InvalidArgument', message: expect.not.stringMatching(/:key@|=key/) }),
    );
  });
});
