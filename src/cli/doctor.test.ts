import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { runCli } from '../../test/support/run-cli.ts';
import { connect } from '../connect.ts';
import { type RunningServer, serve } from '../server/index.ts';
import { checkPackages, type Finding, manifest } from './doctor-checks.ts';
import { satisfies } from './version-range.ts';

const canary = 'canary-77ab';
let directory: string;
let server: RunningServer;
let served: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-doctor-'));
  server = await serve({ dialect: 'qdrant', apiKey: canary });
  served = `qdrant://${new URL(server.url).host}`;
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true, force: true });
});
afterEach(() => vi.unstubAllEnvs());

const findingsOf = (out: string): Finding[] => JSON.parse(out).findings;
const find = (out: string, name: string) => findingsOf(out).find((finding) => finding.name === name);

it('says what is installed and loads, with exit code 0 where no database was asked for', async () => {
  vi.stubEnv('ANYVEC_URL', '');
  const { code, out, err } = await runCli(['doctor', '--json']);
  expect([code, err, out.indexOf('\n')]).toEqual([0, '', out.length - 1]);
  const { ok, version, node } = JSON.parse(out);
  expect([ok, version, node]).toEqual([true, manifest().version, process.versions.node]);
  for (const name of ['Node', 'WebAssembly SIMD', 'threads', 'native engine'])
    expect(find(out, name)?.state).toBe('ok');
  // All of them are development dependencies of this package.
  const packages = findingsOf(out).filter(({ section }) => section === 'packages');
  expect(packages.map(({ name }) => name)).toEqual(Object.keys(manifest().peerDependencies));
  for (const finding of packages) expect(finding, finding.name).toMatchObject({ state: 'ok' });
  expect(find(out, 'hnswlib-node')?.detail).toBe('3.0.0 (>=3 <4) for hnswlib: databases');
}, 60_000);

it('says which packages are missing, too old or broken, with the command that mends it', async () => {
  const modules = join(directory, 'node_modules');
  const manifests = { 'hnswlib-node': '2.9.9', 'fast-check': '4.0.0' };
  const findings = await checkPackages([modules]);
  for (const { name, state, fix } of findings) {
    expect([name, state, fix]).toEqual([name, 'missing', `npm install '${name}@${manifest().peerDependencies[name]}'`]);
  }
  const { mkdir } = await import('node:fs/promises');
  for (const [name, version] of Object.entries(manifests)) {
    await mkdir(join(modules, name), { recursive: true });
    await writeFile(join(modules, name, 'package.json'), JSON.stringify({ name, version }));
  }
  const again = await checkPackages([modules]);
  const old = again.find(({ name }) => name === 'hnswlib-node');
  expect(old).toMatchObject({
    state: 'warning',
    detail: '2.9.9 is not supported, >=3 <4 is',
    fix: "npm install 'hnswlib-node@>=3 <4'",
  });
}, 60_000);

it('reaches databases, and names the ones that it does not reach, and why', async () => {
  const data = join(directory, 'data');
  await (await connect(`native:${data}`)).close();
  vi.stubEnv('QDRANT_API_KEY', canary);
  const good = await runCli(['doctor', served, `native:${data}`, '--json']);
  expect(good.code).toBe(0);
  expect(find(good.out, served)).toMatchObject({
    state: 'ok',
    detail: expect.stringMatching(/0 collections, answers in [\d.]+ ms/),
  });

  const nowhere = join(directory, 'nowhere');
  const bad = await runCli(['doctor', 'qdrant://127.0.0.1:1', `native:${nowhere}`, served, '--json', '--timeout', '5']);
  expect(bad.code).toBe(1);
  expect(find(bad.out, 'qdrant://127.0.0.1:1')).toMatchObject({
    state: 'failed',
    fix: expect.stringContaining('server runs'),
  });
  expect(find(bad.out, `native:${nowhere}`)).toMatchObject({ state: 'failed', detail: `there is no ${nowhere}` });
  expect(find(bad.out, served)?.state).toBe('ok');
  expect(existsSync(nowhere)).toBe(false);
}, 60_000);

it('takes $ANYVEC_URL for what was asked for', async () => {
  vi.stubEnv('ANYVEC_URL', `native:${join(directory, 'nowhere')}`);
  const { code, out } = await runCli(['doctor']);
  expect(code).toBe(1);
  expect(out).toMatch(/\n {2}FAILED +native:.*nowhere +there is no/);
  expect(out).toMatch(/\n1 failed\n$/);
}, 60_000);

it('does not wait longer than it is told for a server that never answers', async () => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const url = `qdrant://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  const began = performance.now();
  const { code, out } = await runCli(['doctor', url, '--timeout', '1', '--json']);
  silent.close();
  expect(code).toBe(1);
  expect(find(out, url)).toMatchObject({ state: 'failed', detail: expect.stringContaining('[Timeout]') });
  expect(performance.now() - began).toBeLessThan(15_000);
}, 60_000);

it('names variables, never values, also where a key is wrong', async () => {
  const config = join(directory, 'connections.json');
  const profile = { provider: 'qdrant', url: server.url, attempts: 1 };
  await writeFile(config, JSON.stringify({ profiles: { prod: { ...profile, apiKey: { env: 'CANARY' } } } }));
  vi.stubEnv('CANARY', `wrong-${canary}`);
  for (const name of ['QDRANT_API_KEY', 'PINECONE_API_KEY', 'MILVUS_TOKEN']) vi.stubEnv(name, canary);
  vi.stubEnv('ANYVEC_URL', `milvus://root:${canary}@127.0.0.1:1`);
  const unauthenticated = await runCli(['doctor', '@prod', '--config', config]);
  const unreachable = await runCli(['doctor', '--timeout', '1', '--json']);
  expect([unauthenticated.code, unreachable.code]).toEqual([1, 1]);
  expect(unauthenticated.out).toMatch(/FAILED .*\[Unauthenticated\]\n +check the key in \$QDRANT_API_KEY/);
  expect(find(unreachable.out, '$MILVUS_TOKEN')?.detail).toMatch(/^set: /);
  expect(find(unreachable.out, 'milvus://127.0.0.1:1')?.state).toBe('failed');
  for (const { out, err } of [unauthenticated, unreachable]) expect(out + err).not.toContain(canary);
}, 60_000);

it('exits with its code from a process of its own', () => {
  const loader = new URL('../../test/support/typescript-loader.mjs', import.meta.url).href;
  const cli = new URL('./index.ts', import.meta.url).pathname;
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', loader, cli, ...args], {
      encoding: 'utf8',
      env: { ...process.env, ANYVEC_URL: '' },
    });
  expect(run('doctor', `native:${join(directory, 'nowhere')}`).status).toBe(1);
  expect(run('doctor', '--nope').status).toBe(2);
}, 60_000);

describe('versions', () => {
  it.each([
    ['3.0.0', '>=3 <4', true],
    ['4.0.0', '>=3 <4', false],
    ['2.99.9', '>=3 <4', false],
    ['0.5.1', '>=0.5.1 <0.6', true],
    ['0.5.0', '>=0.5.1 <0.6', false],
    ['20.19.0', '>=20.19', true],
    ['20.9.0', '>=20.19', false],
    ['1.20.0-dev.20240101', '>=1.20 <2', true],
  ])('%s in %s: %s', (version, range, expected) => {
    expect(satisfies(version, range)).toBe(expected);
  });

  it('are compared with every range of the manifest, and with no form that would be misread', () => {
    const { engines, peerDependencies } = manifest();
    for (const range of [engines.node, ...Object.values(peerDependencies)])
      expect(() => satisfies('1.0.0', range)).not.toThrow();
    for (const range of ['^1.2.3', '~1', '1.x', '*', '>=1 || >=3'])
      expect(() => satisfies('1.0.0', range)).toThrow(TypeError);
  });
});
