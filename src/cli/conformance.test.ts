import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { suites } from '../../conformance/suites.ts';
import { type RunningServer, serve } from '../server/index.ts';
import { main } from './main.ts';

let server: RunningServer;
let directory: string;
beforeAll(async () => {
  server = await serve({ dialect: 'qdrant' });
  directory = await mkdtemp(join(tmpdir(), 'anyvec-conformance-'));
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});
afterEach(() => {
  vi.restoreAllMocks();
});

async function run(...args: string[]) {
  const printed: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => printed.push(String(chunk)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  const code = await main(['conformance', ...args]);
  return { code, out: printed.join('') };
}

it('runs the cases asked for on a server, prints how each thing is done and the outcome last, writes the matrix', async () => {
  const report = join(directory, 'report.md');
  const { code, out } = await run('--backend', 'qdrant', '--url', server.url, '--only', 'get: ', '--report', report);
  expect(out).toMatch(/^conformance of qdrant: seed \d+/m);
  expect(out).toMatch(/\n {2}deleteByFilter +emulated +counts first/);
  expect(out).toMatch(/\n {2}explain +refused +the server does not say/);
  expect(out).toMatch(/\n[1-9]\d* passed, 0 failed[^\n]*\n$/);
  expect(code).toBe(0);
  expect(await readFile(report, 'utf8')).toContain('| `explain` | refused (');
});

it('exits with 1 and tells which law is broken and how', async () => {
  const [get] = suites.filter(({ name }) => name === 'get');
  vi.spyOn(get!, 'cases').mockReturnValue([
    { name: 'get: planted', needs: [], run: () => Promise.reject(new Error('two records\nwere expected')) },
  ]);
  const { code, out } = await run('--backend', 'native', '--only', 'get: ', '--seed', '7');
  expect(out).toContain('seed 7 ');
  expect(out).toContain('FAILED get: planted\n    two records\n    were expected\n');
  expect(out).toMatch(/\n0 passed, 1 failed\n$/);
  expect(code).toBe(1);
});

it('prints one JSON object with --json', async () => {
  const { out } = await run('--backend', 'native', '--only', 'get: ', '--json');
  const { provider, passed, failed, matrix } = JSON.parse(out);
  expect([provider, failed]).toEqual(['native', []]);
  expect(passed.length).toBeGreaterThan(5);
  expect(matrix.backends).toEqual(['native']);
});
