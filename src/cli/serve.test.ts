import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { QdrantClient } from '@qdrant/js-client-rest';
import { afterEach, beforeEach, expect, it } from 'vitest';

const loader = new URL('../../test/support/typescript-loader.mjs', import.meta.url).href;
const cli = new URL('./index.ts', import.meta.url).pathname;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-serve-'));
});
const children: ChildProcess[] = [];
afterEach(async () => {
  // A test that failed leaves its server behind.
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** The command in a process of its own, as a person runs it. */
async function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, ['--import', loader, cli, 'serve', ...args, '--json', '--port', '0'], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { url, pid } = JSON.parse(line);
  expect(pid).toBe(child.pid);
  return {
    url: String(url),
    async stop(signal: NodeJS.Signals): Promise<number | null> {
      child.kill(signal);
      const [code] = await once(child, 'exit');
      return code;
    },
  };
}

const clientOf = (url: string, apiKey?: string) =>
  new QdrantClient({ url, checkCompatibility: false, ...(apiKey !== undefined && { apiKey }) });

it('serves a store in a directory to the official client, keeps it over a restart, ends in order on both signals', async () => {
  const store = `native:${join(directory, 'data')}`;
  const first = await start(['qdrant', '--store', store]);
  const client = clientOf(first.url);
  await client.createCollection('articles', { vectors: { size: 2, distance: 'Cosine' } });
  await client.upsert('articles', { wait: true, points: [{ id: 1, vector: [1, 0], payload: { title: 'one' } }] });
  expect(await first.stop('SIGTERM')).toBe(0);

  const second = await start(['qdrant', '--store', store]);
  const { points } = await clientOf(second.url).query('articles', { query: [1, 0], limit: 1, with_payload: true });
  expect(points[0]).toMatchObject({ id: 1, score: 1, payload: { title: 'one' } });
  expect(await second.stop('SIGINT')).toBe(0);
}, 60_000);

it('asks for the key in $ANYVEC_SERVER_API_KEY', async () => {
  const server = await start(['qdrant'], { ANYVEC_SERVER_API_KEY: 'key-of-the-test' });
  await expect(clientOf(server.url).getCollections()).rejects.toMatchObject({ status: 401 });
  expect(await clientOf(server.url, 'key-of-the-test').getCollections()).toEqual({ collections: [] });
  expect(await server.stop('SIGTERM')).toBe(0);
}, 60_000);
