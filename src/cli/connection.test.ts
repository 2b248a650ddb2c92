import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { Config } from '../config.ts';
import { nameOf, readConnection, readConnections } from './connection.ts';
import { UsageError } from './errors.ts';

const canary = 'canary-8c1f';
let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-connection-'));
  file = join(directory, 'connections.json');
  vi.stubEnv('ANYVEC_URL', '');
  vi.stubEnv('ANYVEC_CONFIG', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

const write = (content: unknown) => writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
const prod = {
  provider: 'qdrant',
  url: 'https://host:6333',
  apiKey: { env: 'CANARY' },
  headers: { a: { env: 'CANARY' } },
};
const resolvedProd = { ...prod, apiKey: canary, headers: { a: canary } };

it('takes a URL as it is, and $ANYVEC_URL where there is none', async () => {
  expect(await readConnection('native:./data', undefined)).toBe('native:./data');
  vi.stubEnv('ANYVEC_URL', 'milvus://u:p@host');
  expect(await readConnection(undefined, undefined)).toBe('milvus://u:p@host');
});

it('finds profiles by name, with environment references replaced at any depth', async () => {
  vi.stubEnv('CANARY', canary);
  await write({ profiles: { prod, local: 'native:./data', default: { url: 'native:' } } });
  expect(await readConnection('@prod', file)).toEqual(resolvedProd);
  expect(await readConnection(undefined, file)).toBe('native:');
  expect(await readConnections(['@local', 'faiss:'], file)).toEqual(['native:./data', 'faiss:']);
  vi.stubEnv('ANYVEC_CONFIG', file);
  expect(await readConnection('@local', undefined)).toBe('native:./data');
});

it('takes a file of one connection as @, or without a name', async () => {
  vi.stubEnv('CANARY', canary);
  await write(prod);
  expect(await readConnection('@', file)).toEqual(resolvedProd);
  expect(await readConnection(undefined, file)).toEqual(resolvedProd);
  await expect(readConnection('@prod', file)).rejects.toThrow('single connection');
});

it.each<[string, unknown, string | undefined, string]>([
  ['an unknown profile', { profiles: { a: 'native:', b: 'native:' } }, '@c', 'no profile "c"; it has a, b'],
  ['a profile by an inherited name', { profiles: { a: 'native:' } }, '@constructor', 'no profile "constructor"'],
  ['no profile named default', { profiles: { a: 'native:', b: 'native:' } }, undefined, 'no profile "default"'],
  [
    'a missing variable',
    { provider: 'qdrant', apiKey: { env: 'NOT_SET_ANYWHERE' } },
    '@',
    '.apiKey: $NOT_SET_ANYWHERE is not',
  ],
  ['no provider', { apiKey: canary, url: 'qdrant://host' }, '@', 'a connection is a URL, or an object'],
  ['what is no connection', [canary], '@', 'a connection is a URL, or an object'],
  ['settings beside the profiles', { profiles: {}, apiKey: canary }, '@', '"apiKey" beside "profiles"'],
  ['broken JSON', `{"provider": "qdrant",\n"apiKey": "${canary}" oops}`, '@', 'not valid JSON'],
  ['broken JSON at once', canary, '@', 'not valid JSON'],
  ['a URL that does not use the file', prod, 'native:', '@profile'],
])('refuses %s without a value of the file in the message', async (_, content, target, problem) => {
  await write(content);
  const error: unknown = await readConnection(target, file).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UsageError);
  expect(String(error)).toContain(problem);
  expect(String(error)).not.toContain('canary');
});

it('refuses a missing file, a profile without a file, nothing at all, and a password in a URL', async () => {
  await expect(readConnection('@', join(directory, 'none'))).rejects.toThrow('ENOENT');
  await expect(readConnection('@a', undefined)).rejects.toThrow('--config FILE');
  await expect(readConnection(undefined, undefined)).rejects.toThrow('give a URL');
  await expect(readConnection(`milvus://root:${canary}@host`, undefined)).rejects.toThrow(
    /^(?!.*canary).*no user or password/,
  );
});

it('names a connection without its secrets', () => {
  expect(nameOf(`milvus://root:${canary}@host:19530/db?token=${canary}`)).toBe('milvus://host:19530/db');
  expect(nameOf(`milvus://root:${canary}/@@host`)).not.toContain('canary');
  expect(nameOf('native:./data')).toBe('native:./data');
  expect(nameOf(resolvedProd as unknown as Config)).toBe('qdrant https://host:6333');
  expect(nameOf({ provider: 'pinecone', apiKey: canary })).toBe('pinecone:');
  expect(nameOf({ provider: 'native', path: './data' })).toBe('native ./data');
});
