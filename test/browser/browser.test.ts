import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { prepareBrowser } from '../../scripts/browser.mjs';
import { buildIfStale } from '../../scripts/build.mjs';
import { packageDir, root } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { entryPoints } from '../packaging/entry-points.ts';
import { type PageServer, servePage } from './serve.ts';

const here = join(root, 'test/browser');
let server: PageServer;
let browser: Browser;

beforeAll(async () => {
  const executablePath = await prepareBrowser();
  await buildIfStale();
  server = await servePage(importMap(), { anyvec: root, zod: packageDir('zod'), test: here });
  browser = await chromium.launch({ executablePath, headless: true });
}, 600_000);

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** The package as it was built and its one dependency, from where Node finds them. */
function importMap(): Record<string, string> {
  const zod = relative(packageDir('zod'), fileURLToPath(import.meta.resolve('zod')));
  const own = entryPoints.map(({ specifier, code }) => [specifier, `/anyvec/${code}`]);
  return { ...Object.fromEntries(own), zod: `/zod/${zod.split(sep).join('/')}` };
}

/** A page, and everything that it complains of. */
async function openPage(): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.stack ?? error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('response', (response) => {
    if (!response.ok()) complaints.push(`${response.url()}: ${response.status()}`);
  });
  await page.goto(server.url);
  return { page, complaints };
}

describe('memory mode in Chromium, from the built package', () => {
  test('gives the answers that it gives in Node, to the last bit, and the page complains of nothing', async () => {
    const { page, complaints } = await openPage();
    const began = performance.now();
    const script = "import('/test/scenario.mjs').then(async ({ run }) => JSON.stringify(await run()))";
    const text: unknown = await page.evaluate(script);
    const ms = performance.now() - began;
    expect(complaints).toEqual([]);
    const inBrowser: unknown = JSON.parse(String(text));
    expect(inBrowser).toEqual(await answersInNode());
    expect(inBrowser).toMatchObject({
      written: { count: 2_000, index: { type: 'hnsw', m: 12 }, hasIndex: true },
      changed: { count: 1_898 },
      rebuilt: { index: { type: 'hnsw', m: 24 } },
      flat: { index: { type: 'flat' } },
      refusals: ['InvalidArgument', 'InvalidArgument', 'Aborted', 'NotFound', 'StoreClosed'],
    });
    console.log(`Chromium ${browser.version()}: the scenario took ${Math.round(ms)} ms`);
    await page.close();
  });

  test('a database in a directory is refused, and says why', async () => {
    const { page, complaints } = await openPage();
    const script = `import('anyvec').then(({ connect }) => connect('native:./data')).then(
      () => 'connected',
      (error) => JSON.stringify([error.name, error.code, error.message]),
    )`;
    const refusal: unknown = JSON.parse(String(await page.evaluate(script)));
    expect(refusal).toEqual(['VectorStoreError', 'Unsupported', expect.stringContaining('directory')]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});

async function answersInNode(): Promise<unknown> {
  const file = JSON.stringify(join(here, 'scenario.mjs'));
  const code = `const { run } = await import(${file}); console.log(JSON.stringify(await run()));`;
  const result = await run(process.execPath, ['--input-type=module', '-e', code], { cwd: root });
  if (!result.ok) throw new Error(result.output);
  return JSON.parse(result.stdout);
}
