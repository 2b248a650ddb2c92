import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';

import { runCli } from '../../test/support/run-cli.ts';
import { connect } from '../connect.ts';
import { serve } from '../server/index.ts';

const loader = new URL('../../test/support/typescript-loader.mjs', import.meta.url).href;
const cli = new URL('./index.ts', import.meta.url).pathname;
const records = 400;

let directory: string;
let source: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-migrate-cli-'));
  source = `native:${join(directory, 'source')}`;
  const db = await connect(source);
  const articles = await db.createCollection('articles', {
    dimension: 4,
    metric: 'cosine',
    fields: { lang: 'keyword' },
  });
  const rows = Array.from({ length: records }, (_, i) => ({
    id: `a${i}`,
    vector: [Math.sin(i), Math.cos(i), i / 7, 1],
    payload: { lang: i % 4 === 0 ? 'de' : 'en', nested: { deep: [null, i, 'ü'] } },
  }));
  await articles.upsert(rows);
  await articles.namespace('tenant, 1').upsert(rows.slice(0, 50));
  const notes = await db.createCollection('notes', { dimension: 2, metric: 'euclidean' });
  await notes.upsert([{ id: 'n', vector: [3, 4], payload: {} }]);
  await db.close();
}, 60_000);

const children: ChildProcess[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

let runs = 0;
/** A target of its own, with a directory for the checkpoint. */
function fresh(provider = 'native') {
  const name = `run-${runs++}`;
  const path = join(directory, name);
  return { path, url: `${provider}:${path}`, state: ['--state', join(directory, `${name}-state`)] };
}

const total = records + 51;

it('copies, verifies, exits with 0; the same again is refused with 1, and says what can be done', async () => {
  const { url, state } = fresh();
  const first = await runCli(['migrate', '--from', source, '--to', url, ...state]);
  expect(first).toMatchObject({ code: 0, out: expect.stringContaining(`${total} records read, ${total} written`) });
  expect(first.out).toMatch(/result {3}validated: both sides agree in everything \(full/);
  const again = await runCli(['migrate', '--from', source, '--to', url, ...state]);
  expect([again.code, again.out]).toEqual([1, '']);
  expect(again.err).toMatch(/nothing was written.*collection-exists.*--resume.*--append/s);
});

it('prints one JSON object with --json, and writes the same with --report', async () => {
  const { path, url, state } = fresh('jsonl');
  const file = `${path}.json`;
  const { code, out } = await runCli([
    ...['migrate', '--from', source, '--to', url, '--json', '--report', file],
    ...state,
  ]);
  expect(code).toBe(0);
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  const report = JSON.parse(out);
  expect(report).toMatchObject({
    ok: true,
    copy: { read: total, written: total, leftOut: [] },
    verification: { state: 'validated', collections: [{ validated: records + 50, differences: [] }, { validated: 1 }] },
  });
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(report);
});

it('a dry run writes nothing at all', async () => {
  const before = await readdir(directory);
  for (const provider of ['native', 'jsonl', 'hnswlib']) {
    const { path, url, state } = fresh(provider);
    const { code, out } = await runCli(['migrate', '--from', source, '--to', url, '--dry-run', ...state]);
    expect([code, existsSync(path)]).toEqual([0, false]);
    expect(out).toMatch(/451 records.*nothing stands against it/s);
  }
  expect(await readdir(directory)).toEqual(before);
});

it('exits with 1 and names the record where the sides differ', async () => {
  const { url, state } = fresh();
  await runCli(['migrate', '--from', source, '--to', url, ...state]);
  const db = await connect(url);
  const articles = await db.collection('articles');
  await articles.setPayload(['a7'], { lang: 'fr' });
  await articles.delete(['a8']);
  await db.close();
  const { code, out } = await runCli(['migrate', '--from', source, '--to', url, '--verify-only', '--seed', '7']);
  expect([code, out]).toEqual([2, '']);
  const checked = await runCli(['migrate', '--from', source, '--to', url, '--verify-only']);
  expect(checked.code).toBe(1);
  expect(checked.out).toMatch(/448 validated, 1 mismatched, 1 missing/);
  expect(checked.out).toMatch(/payload +"a7"/);
  expect(checked.out).toMatch(/missing +"a8"/);
  expect(checked.out).toContain('MISMATCHED');

  const repaired = await runCli(['migrate', '--from', source, '--to', url, '--repair', ...state]);
  expect(repaired.out).toContain('2 written, 449 found at the target already');
  expect(repaired.code).toBe(0);
});

it.each<[string, string[], number, RegExp]>([
  ['no target', ['--from', 'native:./x'], 2, /say --from URL and --to URL/],
  ['a source that is not there', ['--from', 'native:./not-there', '--to', 'native:'], 1, /there is no \.\/not-there/],
  ['a filter that is no JSON', ['--where', '{lang'], 2, /--where takes a JSON object/],
  ['an unknown operator', ['--where', '{"a":{"$like":"x"}}'], 2, /unknown operator "\$like"/],
  ['an unknown collection', ['--collection', 'artikles'], 1, /no collection "artikles"; it has articles, notes/],
  ['two collections into one', ['--collection', 'articles=x,notes=x'], 2, /two would become "x"/],
  ['a rate of nothing', ['--rate', '0'], 2, /--rate takes a whole number from 1/],
  ['a module that is not there', ['--map', './none.mjs'], 2, /cannot read \.\/none\.mjs/],
  ['an unknown way to verify', ['--verify', 'some'], 2, /--verify takes full, sample or none/],
  ['a code that no finding has', ['--allow', 'everything'], 2, /--allow takes none, or some of vector-rounding/],
  ['an unknown metric', ['--metric', 'l2'], 2, /--metric takes cosine, dot or euclidean/],
  ['nothing to resume', ['--resume'], 1, /holds no checkpoint to resume/],
  ['a misspelt option', ['--collections', 'articles'], 2, /Unknown option '--collections'/],
  ['another word', ['articles'], 2, /what is "articles"\?/],
])('refuses %s in one line', async (_, words, code, problem) => {
  const { path, url, state } = fresh('jsonl');
  const ends = words.includes('--from') ? [] : ['--from', source, '--to', url];
  const given = await runCli(['migrate', ...ends, ...words, ...state]);
  expect([given.code, given.out]).toEqual([code, '']);
  expect(given.err).toMatch(problem);
  expect(given.err.trimEnd().split('\n')).toHaveLength(1);
  expect(existsSync(path)).toBe(false);
});

it('says which side is away, and refuses a collection as its own target', async () => {
  const { state } = fresh();
  const away = await runCli(['migrate', '--from', source, '--to', 'qdrant://127.0.0.1:1', ...state]);
  expect(away.code).toBe(1);
  expect(away.err).toContain('the target qdrant://127.0.0.1:1: ');
  const itself = await runCli(['migrate', '--from', source, '--to', `${source}/`, ...state]);
  expect(itself.code).toBe(2);
  expect(itself.err).toContain('copied onto itself');
}, 20_000);

it('renames within one database', async () => {
  const { path, url, state } = fresh();
  await runCli(['migrate', '--from', source, '--to', url, '--collection', 'notes', ...state]);
  const inside = ['migrate', '--from', url, '--to', url, '--collection', 'notes=notes-2', '--state', `${path}-2`];
  expect(await runCli(inside)).toMatchObject({ code: 0, out: expect.stringContaining('notes → notes-2: 1 validated') });
});

it('takes part of it by --where, --collection and --namespace, under other names', async () => {
  const { url, state } = fresh();
  const part = ['--collection', 'articles=essays', '--namespace', '{"":"main","tenant, 1":"tenant-1"}'];
  const { code, out } = await runCli([
    ...['migrate', '--from', source, '--to', url, '--where', '{"lang":"de"}', ...part],
    ...state,
  ]);
  expect(code).toBe(0);
  expect(out).toContain('articles → essays: 113 validated');
  const db = await connect(url);
  const essays = await db.collection('essays');
  expect((await essays.listNamespaces()).toSorted()).toEqual(['main', 'tenant-1']);
  expect(await essays.namespace('main').count()).toBe(100);
  await db.close();

  const misspelt = ['--dry-run', '--collection', 'articles', '--namespace', '"",tenant-1'];
  const noted = await runCli(['migrate', '--from', source, '--to', 'native:', ...misspelt]);
  expect(noted.err).toContain('no such record in the namespace "tenant-1"');
  expect(noted.out).toContain('400 records');
});

it('embeds anew with --map and --dimension, and refuses a resumed run with another module', async () => {
  const { path, url, state } = fresh();
  const map = `${path}.mjs`;
  await writeFile(
    map,
    'export default ({ id, payload }) => ({ id, payload, vector: [payload.nested.deep[1], 1, 2] });',
  );
  const words = ['migrate', '--from', source, '--to', url, '--collection', 'articles', '--map', map, ...state];
  const { code, out } = await runCli([...words, '--dimension', '3', '--metric', 'dot']);
  expect([code, out]).toEqual([0, expect.stringContaining('450 validated')]);
  await writeFile(
    map,
    'export default ({ id, payload }) => ({ id, payload, vector: [payload.nested.deep[1], 1, 3] });',
  );
  const other = await runCli([...words, '--dimension', '3', '--metric', 'dot', '--resume']);
  expect(other.code).toBe(1);
});

it('copies to a server whose key is in a file, and prints it nowhere', async () => {
  const key = 'canary-5f1c';
  vi.stubEnv('CANARY', key);
  vi.stubEnv('DEBUG', '1');
  const server = await serve({ dialect: 'qdrant', apiKey: key });
  try {
    const { path, state } = fresh();
    const config = `${path}.json`;
    await writeFile(
      config,
      JSON.stringify({ profiles: { next: { provider: 'qdrant', url: server.url, apiKey: { env: 'CANARY' } } } }),
    );
    const report = `${path}-report.json`;
    const given = await runCli([
      ...['migrate', '--from', source, '--to', '@next', '--config', config, '--report', report],
      ...state,
    ]);
    expect(given.code, given.err + given.out).toBe(0);
    const checkpoint = await readFile(join(state[1]!, 'checkpoint.json'), 'utf8');
    expect(given.out + given.err + checkpoint + (await readFile(report, 'utf8'))).not.toContain(key);
  } finally {
    await server.close();
  }
});

it.each(['jsonl', 'parquet'])('export to .%s and import again give back the collection', async (extension) => {
  const { path, url, state } = fresh();
  const file = `${path}.${extension}`;
  const unnamed = await runCli(['export', source, file, ...state]);
  expect(unnamed).toMatchObject({ code: 2, err: expect.stringContaining('--collection with one of articles, notes') });
  expect(await runCli(['export', source, file, '--collection', 'articles', ...state])).toMatchObject({ code: 0 });
  const importing = ['import', file, url, '--collection', 'articles', '--state', `${path}-import`];
  expect(await runCli(importing)).toMatchObject({ code: 0 });
  const compared = await runCli([
    'migrate',
    '--from',
    source,
    '--to',
    url,
    '--collection',
    'articles',
    '--verify-only',
  ]);
  expect(compared).toMatchObject({ code: 0, out: expect.stringContaining('450 validated') });
});

it('export to .npy writes a matrix and its lines, compares them, and leaves out nothing that nobody agreed to', async () => {
  const { path } = fresh();
  const file = `${path}.npy`;
  const given = (...words: string[]) => runCli(['export', source, file, '--collection', 'articles', ...words]);
  const several = await given();
  expect(several).toMatchObject({ code: 1, err: expect.stringContaining('"", "tenant, 1"') });
  expect(existsSync(file)).toBe(false);
  expect(await given('--namespace', '', '--dry-run')).toMatchObject({ code: 0 });
  expect(existsSync(file)).toBe(false);
  const one = await given('--namespace', '{"tenant, 1":"tenant, 1"}', '--where', '{"lang":"en"}');
  expect(one, one.err).toMatchObject({
    code: 0,
    out: expect.stringMatching(/37 rows.*37 validated.*validated: both/s),
  });
  expect(await given('--namespace', '{"tenant, 1":""}')).toMatchObject({
    code: 1,
    err: expect.stringContaining('is there'),
  });
  const back = await connect(`npy:${file}?metric=cosine`);
  const [name] = (await back.listCollections()).map((info) => info.name);
  const store = await back.collection(name!);
  const original = await connect(source);
  const wanted = (await original.collection('articles')).namespace('tenant, 1');
  expect(await store.count()).toBe(37);
  for await (const record of store.scan()) expect(record).toEqual(await wanted.get(record.id));
  await back.close();
  await original.close();

  const lacking = `native:${path}-lacking`;
  const db = await connect(lacking);
  const notes = await db.createCollection('notes', { dimension: 2, metric: 'dot' });
  await notes.upsert([
    { id: 'a', vector: [1, 2] },
    { id: 'b', vector: null },
  ]);
  await db.close();
  const refused = await runCli(['export', lacking, `${path}-2.npy`]);
  expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('--allow null-vector') });
  expect(existsSync(`${path}-2.npy`) || existsSync(`${path}-2.npy.tmp`)).toBe(false);
  const agreed = await runCli(['export', lacking, `${path}-2.npy`, '--allow', 'null-vector']);
  expect(agreed, agreed.err).toMatchObject({
    code: 0,
    out: expect.stringMatching(/1 rows.*left out "b".*1 validated/s),
  });
});

/** The command in a process of its own, slow enough to be met under way. */
function start(words: readonly string[]) {
  const child = spawn(process.execPath, ['--import', loader, cli, 'migrate', '--from', source, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => {
    text.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    text.err += String(chunk);
  });
  return { child, text, ended: once(child, 'close') };
}

it.each(['SIGINT', 'SIGKILL'] as const)(
  'goes on after %s with --resume, and ends with all',
  async (name) => {
    const { url, path, state } = fresh();
    const { child, text, ended } = start(['--to', url, '--rate', '100', '--batch-size', '20', ...state]);
    while (!existsSync(join(path, 'c_articles'))) await wait(20);
    await wait(300);
    child.kill(name);
    const [code, signal] = await ended;
    if (name === 'SIGKILL') expect(signal).toBe('SIGKILL');
    else {
      expect([code, text.out], text.err).toEqual([130, '']);
      expect(text.err).toMatch(/stopped; the same command with --resume goes on from the checkpoint in .*-state\n$/);
    }
    const without = await runCli(['migrate', '--from', source, '--to', url, ...state]);
    expect(without).toMatchObject({ code: 1, err: expect.stringContaining('give --resume, or another --state') });
    const other = await runCli([
      'migrate',
      '--from',
      source,
      '--to',
      url,
      '--collection',
      'notes',
      '--resume',
      ...state,
    ]);
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('belongs to a migration from') });
    const { code: finished, out } = await runCli(['migrate', '--from', source, '--to', url, '--resume', ...state]);
    expect([finished, out]).toEqual([
      0,
      expect.stringMatching(/resumed: 451 records read, \d+ written.*validated: both/s),
    ]);
    if (name === 'SIGINT') expect(Number(/, (\d+) written/.exec(out)?.[1])).toBeLessThan(total);
  },
  30_000,
);
