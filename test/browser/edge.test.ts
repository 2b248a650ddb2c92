import { readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { VectorDatabase, VectorStore } from 'anyvec';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleDatabase } from '../../examples/edge/articles.ts';
import { searchService } from '../../examples/edge/search.ts';
import { openSnapshot, takeSnapshot } from '../../examples/edge/snapshot.ts';
import { prepareBrowser } from '../../scripts/browser.mjs';
import { bundleDirectory, bundleExamples } from '../support/bundle-example.ts';

const questions = [
  '/similar?id=a7&k=5',
  '/similar?id=a7&k=3&filter={"lang":"de"}',
  '/search?q=bread&k=4',
  '/similar?id=nobody',
  '/similar?id=a7&filter={"lang":null}',
];
/** No script but the site's own, no `eval`; WebAssembly may be compiled. */
const policy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; img-src data:";
const bundled = bundleDirectory('edge');
const files = new Map<string, { type: string; bytes: Uint8Array }>();
let server: Server;
let url: string;
let browser: Browser;
let articles: VectorDatabase;

beforeAll(async () => {
  const executablePath = await prepareBrowser();
  articles = await exampleDatabase(1_000);
  const programs = ['examples/edge/search.ts', 'examples/edge/worker.ts'];
  for (const file of await bundleExamples(programs, bundled, 'browser'))
    files.set(`/${basename(file)}`, { type: 'text/javascript', bytes: readFileSync(file) });
  files.set('/articles.bin', { type: 'application/octet-stream', bytes: await takeSnapshot(articles, 'articles') });
  const page = '<!doctype html><html lang="en"><title>edge</title><link rel="icon" href="data:,"></html>';
  files.set('/', { type: 'text/html', bytes: Buffer.from(page) });
  server = createServer(({ url = '' }, response) => {
    const file = files.get(url);
    response.setHeader('content-security-policy', policy);
    if (file === undefined) return void response.writeHead(404).end();
    response.setHeader('content-type', file.type).end(file.bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await chromium.launch({ executablePath, headless: true });
}, 600_000);

afterAll(async () => {
  await browser?.close();
  await articles?.close();
  server?.closeAllConnections();
  server?.close();
  rmSync(bundled, { recursive: true, force: true });
});

/** What the service answers in this process, in which the bundles have no part. */
async function answersHere(): Promise<unknown[]> {
  const search = searchService(async () => files.get('/articles.bin')!.bytes);
  return Promise.all(
    questions.map(async (question) => {
      const response = await search(new Request(new URL(question, url)));
      return [response.status, await response.json()];
    }),
  );
}

test('a page and a web worker answer from the snapshot as Node does, under a strict policy, with nothing of Node', async () => {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on(
    'console',
    (message) => void (['error', 'warning'].includes(message.type()) && complaints.push(message.text())),
  );
  page.on('pageerror', (error) => complaints.push(String(error)));
  const asked: string[] = [];
  page.on('request', (request) => {
    asked.push(new URL(request.url()).pathname);
    if (!request.url().startsWith(url)) complaints.push(request.url());
  });
  await page.goto(url);

  const inPage: unknown = await page.evaluate(`(async () => {
    const { searchService } = await import('/search.mjs');
    const search = searchService(async () => new Uint8Array(await (await fetch('/articles.bin')).arrayBuffer()));
    return Promise.all(${JSON.stringify(questions)}.map(async (question) => {
      const response = await search(new Request(new URL(question, location.href)));
      return [response.status, await response.json()];
    }));
  })()`);
  const loaded = new Set(asked.filter((file) => /\.m?js$/.test(file)));
  const inWorker: unknown = await page.evaluate(`new Promise((resolve, reject) => {
    const questions = ${JSON.stringify(questions)};
    const answers = new Map();
    const worker = new Worker('/worker.mjs', { type: 'module' });
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data: [question, ...answer] }) => {
      answers.set(question, answer);
      if (answers.size === questions.length) resolve(questions.map((question) => answers.get(question)));
    };
    for (const question of questions) worker.postMessage(question);
  })`);

  const expected = await answersHere();
  expect(expected).toMatchObject([
    [200, { hits: Array(5).fill({ payload: { title: expect.stringContaining('tuning guitars') } }) }],
    [200, { hits: Array(3).fill({ payload: { title: expect.stringContaining('tuning guitars'), lang: 'de' } }) }],
    [200, { hits: Array(4).fill({ payload: { title: expect.stringContaining('baking bread') } }) }],
    [404, { error: { code: 'NotFound' } }],
    [400, { error: { code: 'InvalidArgument' } }],
  ]);
  expect(inPage).toEqual(expected);
  expect(inWorker).toEqual(expected);
  expect(complaints).toEqual([]);
  const total = [...loaded].reduce((sum, file) => sum + gzipSync(files.get(file)!.bytes).length, 0);
  console.log(
    `Chromium ${browser.version()}: the page loaded ${loaded.size} scripts, ${Math.round(total / 1_000)} kB with gzip`,
  );
}, 60_000);

test('a snapshot gives back every record, its vector bit for bit', async () => {
  const all = async (store: VectorStore) => {
    const records = new Map<string, unknown>();
    for await (const record of store.scan({ include: { payload: true, vector: true } })) records.set(record.id, record);
    return records;
  };
  const opened = await openSnapshot(files.get('/articles.bin')!.bytes);
  expect(await all(opened)).toEqual(await all(await articles.collection('articles')));
});

test('a snapshot that is cut short, or is none, is Corruption', async () => {
  const bytes = files.get('/articles.bin')!.bytes;
  for (const part of [bytes.subarray(0, 3), bytes.subarray(0, 100), bytes.subarray(0, -1), new Uint8Array(64)])
    await expect(openSnapshot(part)).rejects.toMatchObject({ code: 'Corruption' });
});
