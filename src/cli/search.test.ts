import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { runCli } from '../../test/support/run-cli.ts';
import { isSupported } from '../capabilities.ts';
import { connect } from '../connect.ts';
import { cacheDirectory } from '../docs-search/cache-directory.ts';
import { openEmbedder } from '../docs-search/embedder.ts';
import { ensureModel } from '../docs-search/model.ts';
import { type RunningServer, serve } from '../server/index.ts';

let directory: string;
let url: string;
let server: RunningServer;
let served: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-search-'));
  url = `native:${join(directory, 'data')}`;
  server = await serve({ dialect: 'qdrant' });
  served = `qdrant://${new URL(server.url).host}`;
  await fill(url);
  await fill(served);
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

const records = [
  { id: 'a', vector: [1, 0], payload: { title: 'retry a failed request', lang: 'en' } },
  { id: 'b', vector: [0.8, 0.2], payload: { title: 'bake bread', lang: 'de' } },
  { id: 'c', vector: [0, 1], payload: { title: 'retry', lang: 'en' } },
  { id: 'none', vector: null, payload: { title: 'no vector yet', lang: 'en' } },
];

async function fill(at: string) {
  const db = await connect(at);
  const store = await db.createCollection('articles', { dimension: 2, metric: 'cosine', fields: { title: 'text' } });
  const isHeld = isSupported(db.capabilities.options.nullVector);
  await store.upsert(records.filter(({ vector }) => vector !== null || isHeld));
  await store.namespace('tenant').upsert([{ id: 'x', vector: [1, 0], payload: { title: 'another' } }]);
  await db.close();
}

const ids = (out: string) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line): string => JSON.parse(line).id);
const search = (...args: string[]) => runCli(['search', url, 'articles', ...args]);

it('finds the nearest to a vector from the command line, a file and standard input, on a directory and a server', async () => {
  const file = join(directory, 'query.json');
  await writeFile(file, ' [1, 0.1]\n');
  for (const at of [url, served]) {
    for (const [vector, stdin] of [['[1, 0.1]'], [file], ['-', '[1,0.1]']] as const) {
      const { code, out, err } = await runCli(
        ['search', at, 'articles', '--vector', vector, '--json', '-k', '2'],
        stdin,
      );
      expect([code, err, ids(out)]).toEqual([0, '', ['a', 'b']]);
    }
  }
});

it('finds what is like a record, without the record', async () => {
  for (const at of [url, served]) {
    const { out } = await runCli(['search', at, 'articles', '--id', 'a', '-k', '1', '--json']);
    const hit = JSON.parse(out);
    expect(hit).toMatchObject({ id: 'b', payload: { title: 'bake bread', lang: 'de' } });
    expect(hit.score).toBeCloseTo(0.97, 2);
    expect(hit.distance).toBe(1 - hit.score);
  }
});

it('finds by text, fused with a vector where one is given', async () => {
  expect(ids((await search('--text', 'RETRY', '--json')).out)).toEqual(['c', 'a']);
  const fused = await search('--text', 'request', '--id', 'c');
  expect(fused.out).toMatch(/^ *SCORE +BY VECTOR +BY TEXT +ID +PAYLOAD\n/);
  expect(fused.out).toMatch(/\n[\d.]+ +[\d.]+ +[\d.]+ +a +\{/);
});

it('finds by text on a server too', async () => {
  const { code, out, err } = await runCli(['search', served, 'articles', '--text', 'RETRY', '--json']);
  expect([code, err, ids(out)]).toEqual([0, '', ['c', 'a']]);
});

it('embeds a text with the model of the documentation search', { timeout: 180_000 }, async () => {
  vi.stubEnv('ANYVEC_CACHE', join(import.meta.dirname, '../../.cache'));
  const embedder = await openEmbedder(await ensureModel({ cacheDir: cacheDirectory() }));
  const texts = ['How to bake bread', 'Retry a failed request'];
  const vectors = await embedder.embed(texts);
  await embedder.close();
  const db = await connect(url);
  const store = await db.createCollection('embedded', { dimension: 384, metric: 'cosine' });
  await store.upsert(texts.map((text, at) => ({ id: text, vector: vectors[at]!, payload: {} })));
  await db.close();
  const { code, out } = await runCli(['search', url, 'embedded', '--embed', '--text', 'a recipe for a loaf', '--json']);
  vi.unstubAllEnvs();
  expect([code, ids(out)]).toEqual([0, texts]);
});

it('narrows by filter and namespace, and brings the parts asked for', async () => {
  expect(ids((await search('--vector', '[1,0]', '--filter', '{"lang":"de"}', '--json')).out)).toEqual(['b']);
  expect(ids((await search('--vector', '[1,0]', '--namespace', 'tenant', '--json')).out)).toEqual(['x']);
  const vectors = await search('--vector', '[1,0]', '-k', '2', '--include', 'vector', '--json', '--exact');
  expect(vectors.out).toMatch(
    /^\{"id":"a","score":1,"distance":0,"vector":\[1,0\]\}\n\{"id":"b",[^\n]+"vector":\[0\.8,0\.2\]\}\n$/,
  );
  expect(Object.keys(JSON.parse((await search('--id', 'a', '-k', '1', '--include', 'none', '--json')).out))).toEqual([
    'id',
    'score',
    'distance',
  ]);
});

it('explains how a search was answered, instead of its matches', async () => {
  const text = await search('--id', 'a', '--filter', '{"lang":"en"}', '--explain', '--exact');
  expect(text.code).toBe(0);
  expect(text.out).toMatch(/^strategy +exact-scan\nbecause +\w/);
  expect(text.out).toMatch(/\nrecords +4, of which 3 pass the filter, of which 2 have a vector\n/);
  const plan = JSON.parse((await search('--vector', '[1,0]', '--explain', '--json')).out);
  expect(plan).toMatchObject({ total: 4, matching: 4, candidates: 3 });
  expect((await runCli(['search', served, 'articles', '--id', 'a', '--explain'])).err).toContain('[Unsupported]');
});

it('takes the URL from $ANYVEC_URL, and says on standard error that nothing matches', async () => {
  vi.stubEnv('ANYVEC_URL', url);
  const { code, out, err } = await runCli(['search', 'articles', '--vector', '[1,0]', '--filter', '{"lang":"it"}']);
  vi.unstubAllEnvs();
  expect([code, out, err]).toEqual([0, '', 'no record matches\n']);
});

it.each([
  [['--vector', '[1,0]', '--id', 'a'], 2, 'either --vector or --id'],
  [[], 2, 'what to look for?'],
  [['--text', 'x', '--explain'], 2, '--explain is about searches by vector'],
  [['--embed', '--id', 'a'], 2, '--embed takes --text'],
  [['--text', 'x', '--embed'], 2, '--embed makes 384 numbers of a text, the collection holds vectors of 2'],
  [['--vector', '{"a":1}'], 2, 'cannot read "{'],
  [['--vector', '[1,"x"]'], 2, 'no JSON array of numbers'],
  [['--vector', '[1,2,3]'], 2, "the collection's dimension is 2"],
  [['--vector', '[1,0]', '-k', '0'], 2, '-k takes a whole number from 1 to 10000'],
  [['--vector', '[1,0]', '--filter', '[]'], 2, '--filter takes a JSON object'],
  [['--vector', '[1,0]', '--filter', '{"a":{"$nope":1}}'], 2, '$nope'],
  [['--vector', '[1,0]', '--include', 'all'], 2, '--include takes payload, vector'],
  [['--vector', '[1,0]', '--vektor', 'x'], 2, "Unknown option '--vektor'"],
  [['more', '--vector', '[1,0]'], 2, 'what is "more"?'],
  [['--vector', '[1,0]', '--nprobe', '3'], 1, 'params.nprobe is not supported here'],
  [['--id', 'nope'], 1, 'there is no record "nope"'],
  [['--id', 'none'], 1, 'no vector in the record "none"'],
])('refuses %j with exit code %i', async (args, code, problem) => {
  const refused = await search(...args);
  expect([refused.code, refused.out]).toEqual([code, '']);
  expect(refused.err).toContain(problem);
});

it('asks for the collection where only a URL is given', async () => {
  const { code, err } = await runCli(['search', url, '--id', 'a']);
  expect(code).toBe(2);
  expect(err).toContain('name the collection');
});
