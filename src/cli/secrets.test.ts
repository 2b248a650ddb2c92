import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';

import { runCli } from '../../test/support/run-cli.ts';
import { type RunningServer, serve } from '../server/index.ts';
import { commands } from './commands.ts';

const canary = 'canary-e09d';
const secret = `milvus://root:${canary}@127.0.0.1:1`;
let directory: string;
let server: RunningServer;
let config: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-secrets-'));
  server = await serve({ dialect: 'qdrant', apiKey: canary });
  config = join(directory, 'connections.json');
  const connection = { provider: 'qdrant', url: server.url, attempts: 1 };
  const profiles = {
    right: { ...connection, apiKey: { env: 'CANARY' } },
    wrong: { ...connection, apiKey: `not-${canary}` },
  };
  await writeFile(config, JSON.stringify({ profiles }));
  vi.stubEnv('CANARY', canary);
  vi.stubEnv('DEBUG', '1');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

/** How each command is told of a database; `state` is a folder that it may write in. */
const naming: { readonly [command: string]: (url: string, state: string) => string[] } = {
  inspect: (url) => [url],
  search: (url) => [url, 'articles', '--id', 'x'],
  bench: (url) => [url, 'articles', '--seconds', '1'],
  doctor: (url) => [url, '--timeout', '2'],
  migrate: (url, state) => ['--from', url, '--to', 'native:', '--state', state],
  export: (url, state) => [url, `jsonl:${join(state, 'out')}`, '--state', state],
  import: (url, state) => [join(state, 'none.jsonl'), url, '--state', state],
  docs: (url) => ['what', '--url', url, '--dir', directory],
  serve: (url) => ['qdrant', '--port', '0', '--store', url],
  conformance: (url) => ['--url', url, '--only', 'get: '],
};

it('every command that connects is tested here', () => {
  expect(Object.keys(naming).toSorted()).toEqual([...commands.keys()].toSorted());
});

it.each(Object.entries(naming))(
  '%s refuses a password on the command line, and repeats it nowhere',
  async (name, words) => {
    const { code, out, err } = await runCli([name, ...words(secret, directory)]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('no user or password in the URL');
    expect(err + out).not.toContain(canary);
  },
);

// The two that do more than ask: a server that is started, and an index that is made only for a project with packages.
const asking = Object.entries(naming).filter(([name]) => !['serve', 'docs', 'import'].includes(name));
it.each(asking)(
  '%s finds its key in a file, and prints no key, be it right or wrong',
  async (name, words) => {
    const wrong = await runCli([name, ...words('@wrong', directory), '--config', config]);
    expect(wrong.code).toBe(1);
    expect(wrong.out + wrong.err).toContain('Unauthenticated');
    const right = await runCli([name, ...words('@right', directory), '--config', config]);
    expect(right.out + right.err).not.toContain('Unauthenticated');
    for (const { out, err } of [wrong, right]) expect(out + err).not.toContain(canary);
  },
  60_000,
);
