import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';

import { runCli } from '../../test/support/run-cli.ts';
import { connect } from '../connect.ts';
import { uniform } from '../random.ts';
import { type RunningServer, serve } from '../server/index.ts';
import type { Match, SearchOptions } from '../types.ts';
import { drawQuestions } from './bench-questions.ts';
import { percentile, rowOf } from './bench-report.ts';
import { runBench } from './bench-run.ts';

let directory: string;
let url: string;
let server: RunningServer;
let served: string;
const dimension = 16;
const count = 3_000;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-bench-'));
  url = `native:${join(directory, 'data')}`;
  server = await serve({ dialect: 'qdrant' });
  served = `qdrant://${new URL(server.url).host}`;
  for (const at of [url, served]) {
    const db = await connect(at);
    const random = uniform(7);
    const store = await db.createCollection('articles', {
      dimension,
      metric: 'euclidean',
      index: { type: 'hnsw', m: 4, efConstruction: 16, ef: 10 },
    });
    await store.upsert(
      Array.from({ length: count }, (_, n) => ({
        id: `r${n}`,
        vector: Float32Array.from({ length: dimension }, () => random() - 0.5),
        payload: { even: n % 2 === 0 },
      })),
    );
    await db.close();
  }
}, 60_000);
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

it('measures recall that rises with ef, latencies in order and rates, and changes nothing', async () => {
  const args = ['--seconds', '3', '--queries', '50', '--ef', '400,10', '--json'];
  const { code, out, err } = await runCli(['bench', url, 'articles', ...args]);
  expect(code).toBe(0);
  expect(err).toMatch(/^articles, seconds of searching: 3\narticles, seconds of searching: done in /);
  expect(out.indexOf('\n')).toBe(out.length - 1);
  const { rows, records, questions, seconds, remarks } = JSON.parse(out);
  expect(records).toBe(count);
  expect(remarks).toEqual([]);
  expect(questions).toBe('50 stored vectors, drawn from 3,000 records (seed 1), each left out of its own answer');
  expect(seconds).toBeGreaterThan(1);
  expect(seconds).toBeLessThan(10);
  expect(rows.map(({ search }: { search: string }) => search)).toEqual(['exact', 'default', 'ef 10', 'ef 400']);
  const [exact, , low, high] = rows;
  expect([exact.recall, exact.n, exact.recallOf]).toEqual([1, 50, 50]);
  // So loose a graph with so short a candidate list misses some.
  expect(low.recall).toBeLessThan(0.995);
  expect(high.recall).toBeGreaterThan(low.recall);
  for (const { p50, p95, p99, n, perSecond } of [low, high]) {
    expect(n).toBeGreaterThanOrEqual(100);
    expect([p50, p95, p99]).toEqual([p50, p95, p99].toSorted((a, b) => a - b));
    // One at a time: the mean latency cannot be longer than the time between two.
    expect(perSecond * p50).toBeLessThan(2_000);
  }
  const { out: stats } = await runCli(['inspect', url, '--json']);
  expect(JSON.parse(stats).collections).toHaveLength(1);
  expect(JSON.parse(stats).collections[0].stats.count).toBe(count);
}, 60_000);

it('takes questions from a file, and shows a table', async () => {
  const file = join(directory, 'questions.jsonl');
  const random = uniform(99);
  const lines = Array.from({ length: 30 }, () =>
    JSON.stringify(Array.from({ length: dimension }, () => random() - 0.5)),
  );
  await writeFile(file, `${lines.join('\n')}\n\n`);
  const { code, out } = await runCli([
    'bench',
    served,
    'articles',
    '--from',
    file,
    '--seconds',
    '2',
    '--concurrency',
    '4',
    '-k',
    '5',
    '--ef',
    '64',
  ]);
  expect(code).toBe(0);
  expect(out).toMatch(
    /^articles\nqdrant:.*: 3,000 records, 16 dimensions, euclidean, \S+\nquestions: 30 of .*; 4 at a time\n\n/s,
  );
  expect(out).toMatch(/\nSEARCH +RECALL@5 +PER SECOND +P50 ms +P95 ms +P99 ms +n\nexact +1\.000 .* – +30\n/);
  expect(out).toMatch(/\nef 64 +(1\.000|0\.\d{3}) +[\d,.]+ +[\d.]+ /);
  expect(await readFile(file, 'utf8')).toContain(lines[0]!);
}, 60_000);

it('counts as recall what the exact answer holds, of a store that hides every other match', async () => {
  const db = await connect(url);
  const store = await db.collection('articles');
  const blind = Object.create(store, {
    search: {
      async value(vector: Float32Array, options: SearchOptions): Promise<Match[]> {
        const { signal, k = 10, exact = false } = options;
        const all = await store.search(vector, { k, exact: true, ...(signal && { signal }) });
        return exact ? all : all.filter(({ id }, at) => at === 0 || at % 2 === 1 || id === '');
      },
    },
  });
  const { questions } = await drawQuestions(store, { most: 20, seed: 5, deadline: Number.POSITIVE_INFINITY }, {});
  const measured = await runBench({
    store: blind,
    questions,
    k: 10,
    ladder: [],
    exact: true,
    concurrency: 1,
    budgetMs: 200,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  await db.close();
  // Of the record itself and ten others, places 1, 3, 5, 7 and 9 are left, and the record is not counted.
  expect(measured.map(({ search, recall }) => [search, recall])).toEqual([
    ['exact', 1],
    ['default', 0.5],
  ]);
}, 60_000);

it('draws stored vectors with equal chances, the same for the same seed', async () => {
  const db = await connect(url);
  const store = await db.collection('articles');
  const draw = async (seed: number) => {
    const { questions } = await drawQuestions(store, { most: 300, seed, deadline: Number.POSITIVE_INFINITY }, {});
    return questions.map(({ id }) => Number(id?.slice(1)));
  };
  const [first, again, other] = [await draw(1), await draw(1), await draw(2)];
  await db.close();
  expect(again).toEqual(first);
  expect(other).not.toEqual(first);
  expect(new Set(first).size).toBe(300);
  // The mean of 300 of 3,000 has a standard error of 50.
  const mean = first.reduce((sum, n) => sum + n, 0) / first.length;
  expect(Math.abs(mean - count / 2)).toBeLessThan(250);
});

it('gives percentiles by nearest rank, and leaves out those that n does not bear', () => {
  const sorted = Array.from({ length: 100 }, (_, n) => n + 1);
  expect([0.5, 0.95, 0.99, 1].map((share) => percentile(sorted, share))).toEqual([50, 95, 99, 100]);
  const row = (n: number) =>
    rowOf({ search: 'x', params: {}, latencies: sorted.slice(0, n), perSecond: 1, recallOf: 0 });
  expect(row(19)).toEqual({ search: 'x', params: {}, recallOf: 0, perSecond: 1, p50: 10, n: 19 });
  expect(row(20)).toMatchObject({ p95: 19 });
  expect(Object.keys(row(99))).not.toContain('p99');
  expect(row(100)).toMatchObject({ p99: 99 });
});

it.each([
  [['articles', '--from', '/nonexistent.jsonl'], 2, 'cannot read /nonexistent.jsonl (ENOENT)'],
  [['articles', '--ef', '10,x'], 2, '--ef takes a whole number'],
  [['articles', '--seconds', '0'], 2, '--seconds takes a whole number'],
  [['articles', '--concurency', '3'], 2, "Unknown option '--concurency'"],
  [['nope'], 1, '[NotFound]'],
  [['articles', '--filter', '{"even":"neither"}'], 1, 'no record to measure with'],
])('refuses %j with exit code %i', async (args, code, problem) => {
  const refused = await runCli(['bench', url, ...args]);
  expect([refused.code, refused.out]).toEqual([code, '']);
  expect(refused.err).toContain(problem);
});

it('ends in order at Ctrl-C, with exit code 130 and the database closed', async () => {
  const loader = new URL('../../test/support/typescript-loader.mjs', import.meta.url).href;
  const cli = new URL('./index.ts', import.meta.url).pathname;
  const args = ['bench', url, 'articles', '--seconds', '600', '--queries', '10'];
  const child = spawn(process.execPath, ['--import', loader, cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exit = once(child, 'exit');
  let [out, err, isStopped] = ['', '', false];
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
    // Once: a second one kills.
    if (!isStopped && err.includes('seconds of searching: 600')) isStopped = child.kill('SIGINT');
  });
  const [code] = await exit;
  expect([code, out]).toEqual([130, '']);
  expect(err).toMatch(/\nanyvec: [^\n]*\[Aborted\]\n$/);
  await (await connect(url)).close();
}, 60_000);
