import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { hashingEmbedder } from '../embedders/hashing.ts';
import { listen } from './listen.ts';
import { openService } from './service.ts';

/** A service whose questions take a while to embed. */
async function slowService(ms: number, graceMs = 10_000) {
  const embedder = hashingEmbedder();
  let begun = 0;
  const slow = {
    ...embedder,
    async embed(texts: readonly string[]) {
      begun += 1;
      await sleep(ms);
      return embedder.embed(texts);
    },
  };
  const config = { port: 0, embedder: 'slow', backends: [{ name: 'native', url: 'native:' }], limits: { graceMs } };
  const service = await openService(config, { embedders: { slow }, page: false, env: {}, log: () => {} });
  return { listening: await listen(service), isBusy: (requests: number) => begun >= requests };
}

it('requests under way are answered, further ones are not taken, and the store is closed afterwards', async () => {
  const { listening, isBusy } = await slowService(400);
  const url = `${listening.url}/search?q=x&mode=dense`;
  const answers = Array.from({ length: 5 }, () => fetch(url));
  while (!isBusy(5)) await sleep(5);
  const closing = listening.close();
  await expect(fetch(url)).rejects.toThrow();
  for (const answer of answers) {
    const response = await answer;
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ hits: [] });
  }
  expect(await closing).toBe(true);
  expect(await listening.close()).toBe(true);
});

it('who takes too long is cut off when the time is over', async () => {
  const { listening, isBusy } = await slowService(2_000, 200);
  const answer = fetch(`${listening.url}/search?q=x&mode=dense`).then(
    () => 'answered',
    () => 'cut off',
  );
  while (!isBusy(1)) await sleep(5);
  const began = performance.now();
  expect(await listening.close()).toBe(false);
  expect(performance.now() - began).toBeLessThan(1_500);
  expect(await answer).toBe('cut off');
});

it('a connection that only waits, or never ends its request, does not hold up the end', async () => {
  const { listening } = await slowService(0, 300);
  const idle = connect(listening.port, '127.0.0.1');
  const half = connect(listening.port, '127.0.0.1');
  for (const socket of [idle, half]) socket.on('error', () => {});
  await Promise.all([once(idle, 'connect'), once(half, 'connect')]);
  half.write(
    'POST /documents HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"te',
  );
  await sleep(50);
  const began = performance.now();
  await listening.close();
  expect(performance.now() - began).toBeLessThan(2_000);
  idle.destroy();
  half.destroy();
});

it('the program reads its sources, serves them, and ends with 0 after SIGTERM; what it stored is there the next time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'search-'));
  try {
    await writeFile(join(folder, 'a.csv'), 'id,text,lang\n1,All about lions,en\n2,Alles über Löwen,de\n');
    const sources = [{ path: join(folder, 'a.csv'), prune: true }];
    const config = { port: 0, embedder: 'hashing', backends: [{ name: 'native', url: 'native:./data' }], sources };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const first = await run(folder);
    expect(first.found).toBe('1');
    expect(first.output).toContain('2 documents: 2 written, 0 unchanged');
    expect(first.code).toBe(0);
    const second = await run(folder);
    expect(second.output).toContain('2 documents: 0 written, 2 unchanged');
    expect(second.code).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);

/** Starts the program, asks it once, and ends it. */
async function run(folder: string): Promise<{ output: string; found: string | undefined; code: number | null }> {
  const loader = new URL('../../../test/support/typescript-loader.mjs', import.meta.url).href;
  const script = fileURLToPath(new URL('./main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', loader, script, 'config.json'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const line = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      };
      child.stderr.on('data', look);
      child.once('exit', () => reject(new Error(output)));
      look();
    });
  const url = await line(/listening at (\S+)/);
  await line(/(documents: .*)\n/);
  const answer = (await (await fetch(`${url}/search?q=lions&mode=bm25`)).json()) as { hits: { documentId: string }[] };
  child.kill('SIGTERM');
  const [code] = await ended;
  return { output, found: answer.hits[0]?.documentId, code };
}
