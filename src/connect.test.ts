import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connect, openStore } from './index.ts';

afterEach(() => {
  delete process.env.ANYVEC_URL;
});

describe('connect', () => {
  it.each<[string, unknown, string]>([
    ['nothing, and no $ANYVEC_URL', undefined, 'ANYVEC_URL'],
    ['a number', 5, 'config'],
    ['null', null, 'ANYVEC_URL'],
    ['a text without provider', 'just words', 'native:./data'],
    ['an unknown provider', 'redis://secret@host', 'known are'],
    ['an object without provider', { path: './x' }, 'config.provider'],
    ['an unknown key', { provider: 'native', pathh: './x' }, 'pathh'],
    ['a path that is no text', { provider: 'native', path: 5 }, 'path'],
    ['an empty path', { provider: 'native', path: '' }, 'path'],
    ['a provider named like a method', { provider: 'constructor' }, 'known are'],
    ['a host where there is none', 'native://host/x', 'native:./relative'],
    ['a query', 'native:./x?y=1', '%3F'],
    ['a broken percent-encoding', 'native:./%zz', 'percent'],
  ])('%s is refused with what to do', async (_what, config, hint) => {
    const error = await connect(config as string).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'InvalidArgument', message: expect.stringContaining(hint) });
    expect(String(error)).not.toContain('secret');
  });

  it('takes a URL, a URL object, a config object, or $ANYVEC_URL', async () => {
    process.env.ANYVEC_URL = 'native:';
    for (const config of ['native:', 'NATIVE:', new URL('native:'), { provider: 'native' } as const, undefined]) {
      await using db = await connect(config);
      expect(db.provider).toBe('native');
      expect(db.capabilities.options.persistence).toHaveProperty('refused');
    }
  });

  it('takes relative, absolute and percent-encoded paths', async () => {
    const base = await mkdtemp(join(tmpdir(), 'anyvec-connect-'));
    try {
      for (const url of [`native:${base}/a`, `native://${base}/b%20c`, `native:${base}/d`]) {
        await using db = await connect(url);
        expect(db.capabilities.options.persistence).toBe('native');
      }
    } finally {
      await rm(base, { recursive: true });
    }
  });

  it('says what is wrong with a directory that is a file', async () => {
    await expect(connect({ provider: 'native', path: new URL(import.meta.url).pathname })).rejects.toMatchObject({
      provider: 'native',
      operation: 'connect',
    });
  });
});

describe('openStore', () => {
  it('creates the collection or opens it, and closes the connection with the store', async () => {
    const path = await mkdtemp(join(tmpdir(), 'anyvec-open-'));
    const payload = z.object({ lang: z.enum(['en', 'de']) });
    try {
      const config = {
        url: `native:${path}`,
        collection: 'kb',
        dimension: 2,
        metric: 'dot',
        payload,
        fields: { lang: 'keyword' },
      } as const;
      const created = await openStore(config);
      await created.upsert({ id: 'a', vector: [1, 2], payload: { lang: 'en' } });
      await created.close();
      await expect(created.count()).rejects.toMatchObject({ code: 'StoreClosed' });
      const opened = await openStore(config);
      expect(await opened.count({ lang: 'en' })).toBe(1);
      await opened.close();
      await using existing = await openStore({ provider: 'native', path, collection: 'kb' });
      expect(existing.dimension).toBe(2);
    } finally {
      await rm(path, { recursive: true });
    }
  });

  it('closes the connection if the collection cannot be opened', async () => {
    const path = await mkdtemp(join(tmpdir(), 'anyvec-open-'));
    try {
      for (let i = 0; i < 2; i++)
        await expect(openStore({ url: `native:${path}`, collection: 'nope' })).rejects.toMatchObject({
          code: 'NotFound',
        });
    } finally {
      await rm(path, { recursive: true });
    }
  });
});
