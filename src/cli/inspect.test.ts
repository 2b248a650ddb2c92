import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import { runCli } from '../../test/support/run-cli.ts';
import { connect } from '../connect.ts';
import { type RunningServer, serve } from '../server/index.ts';
import { bytes } from './inspect-report.ts';

const canary = 'canary-4471';
let directory: string;
let url: string;
let server: RunningServer;
let served: string;
let config: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-inspect-'));
  url = `native:${join(directory, 'data')}`;
  server = await serve({ dialect: 'qdrant', apiKey: canary });
  served = `qdrant://${new URL(server.url).host}`;
  config = join(directory, 'connections.json');
  const profile = { provider: 'qdrant', url: server.url, apiKey: { env: 'CANARY' } };
  const attempts = 1;
  await writeFile(
    config,
    JSON.stringify({ profiles: { served: profile, wrong: { ...profile, apiKey: `not-${canary}`, attempts } } }),
  );
  vi.stubEnv('CANARY', canary);
  await fill(url);
  vi.stubEnv('QDRANT_API_KEY', canary);
  await fill(served);
  vi.stubEnv('QDRANT_API_KEY', '');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(directory, { recursive: true, force: true });
});
afterEach(() => vi.restoreAllMocks());

async function fill(at: string) {
  const db = await connect(at);
  const spec = {
    dimension: 3,
    metric: 'cosine',
    fields: { lang: 'keyword' },
    index: { type: 'hnsw', m: 8, nlist: 7 },
  } as const;
  const store = await db.createCollection('articles', spec);
  await store.upsert([
    { id: 'a\u001B[2J', vector: [1, 0.1, 0], payload: { lang: 'en', text: '\u001B]0;title\u0007\nnext' } },
    { id: 'b', vector: [0, 1, 0], payload: { lang: 'de' } },
  ]);
  await store.namespace('tenant-7').upsert([{ id: 'c', vector: [0, 0, 1], payload: { lang: 'fr' } }]);
  await db.createCollection('empty', { dimension: 2, metric: 'euclidean' });
  await db.close();
}

it('lists all collections with their figures, from a directory and from a server', async () => {
  const { code, out, err } = await runCli(['inspect', url]);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain(url);
  expect(out).toMatch(/\nCOLLECTION +DIMENSION +METRIC +RECORDS +NAMESPACES +INDEX +ON DISK\n/);
  expect(out).toMatch(/\narticles +3 +cosine +3 +2 +hnsw +[\d.]+ k?B\n/);
  expect(out).toMatch(/\nempty +2 +euclidean +0 +0 +hnsw/);
  expect((await runCli(['inspect', '@served', '--config', config])).out).toMatch(/\narticles +3 +cosine +3 +2 +hnsw/);
});

it('shows fields, namespaces, sizes, ignored settings and records of one collection, and steers no terminal', async () => {
  const { code, out } = await runCli(['inspect', url, 'articles', '--sample', '1']);
  expect(code).toBe(0);
  expect(out).toMatch(/records +3 in 2 namespaces\n/);
  expect(out).toMatch(/fields +lang: keyword\n/);
  expect(out).toMatch(/index +hnsw m 8 /);
  expect(out).toMatch(/ignored hints +index\.nlist\n/);
  expect(out).toMatch(/recovery +nothing to mend\n/);
  expect(out).toMatch(/\n\(default\) +2\ntenant-7 +1\n/);
  expect(out).toMatch(/\nID +VECTOR +PAYLOAD\n/);
  expect(out).toContain('a\\u001b[2J  [1 0.1 0]  {"lang":"en"');
  expect(out).not.toContain('\u001B');
  expect((await runCli(['inspect', url, 'articles', '--namespace', 'tenant-7'])).out).toContain('c   [0 0 1]');
});

it('prints one line of JSON with everything, vectors as the shortest decimals', async () => {
  for (const [at, ...more] of [[url], ['@served', '--config', config]]) {
    const { out } = await runCli(['inspect', at!, 'articles', '--json', '--capabilities', ...more]);
    expect(out.indexOf('\n')).toBe(out.length - 1);
    const { health, collection, capabilities } = JSON.parse(out);
    expect(health.ok).toBe(true);
    expect(capabilities.operations.search).toBe('native');
    expect(collection).toMatchObject({ name: 'articles', dimension: 3, metric: 'cosine', fields: { lang: 'keyword' } });
    expect(collection.stats.count).toBe(3);
    expect(collection.namespaceCounts).toEqual([
      { name: '', count: 2 },
      { name: 'tenant-7', count: 1 },
    ]);
    const b = collection.samples.find(({ id }: { id: string }) => id === 'b');
    expect(b).toEqual({ id: 'b', vector: [0, 1, 0], payload: { lang: 'de' } });
    expect(collection.samples).toHaveLength(2);
  }
});

it('shows what the backend can do', async () => {
  const { out } = await runCli(['inspect', url, '--capabilities']);
  expect(out).toMatch(/\n {2}searchHybrid +native\n/);
  expect(out).toMatch(/\n {2}ttl +refused +records of the engine do not expire\n/);
});

it('makes nothing where there is nothing, and changes nothing where there is something', async () => {
  const nowhere = join(directory, 'nowhere');
  const missing = await runCli(['inspect', `native:${nowhere}`]);
  expect(missing).toMatchObject({ code: 1, out: '' });
  expect(missing.err).toContain(`there is no ${nowhere}`);
  expect(existsSync(nowhere)).toBe(false);
  const before = await readdir(join(directory, 'data'), { recursive: true });
  await runCli(['inspect', url, 'articles']);
  expect(await readdir(join(directory, 'data'), { recursive: true })).toEqual(before);
});

it('shows a collection that something else made, and one that cannot be opened beside those that can', async () => {
  const client = new QdrantClient({ url: server.url, apiKey: canary, checkCompatibility: false });
  await client.createCollection('foreign', { vectors: { size: 2, distance: 'Cosine' } });
  await client.upsert('foreign', { wait: true, points: [{ id: 7, vector: [1, 0], payload: { lang: 'en' } }] });
  const one = await runCli(['inspect', '@served', 'foreign', '--config', config]);
  expect(one).toMatchObject({ code: 0, err: '' });
  expect(one.out).toMatch(/records +1\n/);
  expect(one.out).toMatch(/made by +something else\n/);
  expect(one.out).toContain('7   [1 0]   {"lang":"en"}');
  await client.deleteCollection('foreign');

  const broken = join(directory, 'broken');
  await fill(`native:${broken}`);
  await writeFile(join(broken, 'c_empty', 'records-1.log'), 'anything but a log, and longer than its head');
  const { code, out } = await runCli(['inspect', `native:${broken}`]);
  expect(code).toBe(1);
  expect(out).toMatch(/\narticles +3 +cosine +3 +2 +hnsw/);
  expect(out).toMatch(/\nempty +2 +euclidean +– +– +unreadable/);
  expect(out).toMatch(/\n\nempty: .*records-1\.log.*\[Corruption\]\n$/s);
  const [, empty] = JSON.parse((await runCli(['inspect', `native:${broken}`, '--json'])).out).collections;
  expect(empty.problem).toContain('[Corruption]');
});

it('names the collections there are where one is misspelt', async () => {
  const { code, err } = await runCli(['inspect', url, 'article']);
  expect(code).toBe(1);
  expect(err).toContain('there is no collection "article"; there are: articles, empty [NotFound]');
});

it('takes keys from a file or the environment and never prints them, not even when they are wrong', async () => {
  vi.stubEnv('DEBUG', '1');
  const runs = [
    await runCli(['inspect', '@served', '--config', config, '--json']),
    await runCli(['inspect', '@wrong', '--config', config]),
    await runCli(['inspect', `milvus://root:${canary}@localhost:1`]),
    await runCli(['inspect', `qdrant://localhost:1?apiKey=${canary}`]),
  ];
  vi.stubEnv('DEBUG', '');
  expect(runs.map(({ code }) => code)).toEqual([0, 1, 2, 2]);
  expect(runs[1]?.err).toContain('[Unauthenticated]');
  for (const { out, err } of runs) expect(out + err).not.toContain(canary);
});

it('writes sizes in the unit that fits', () => {
  expect([0, 999, 1_000, 893_196, 1.2e9].map(bytes)).toEqual(['0 B', '999 B', '1.0 kB', '893.2 kB', '1.2 GB']);
});
