import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { run } from './run.mjs';

const lockModule = new URL('./lock.mjs', import.meta.url).href;
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'anyvec-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Starts a process that holds the lock for a while and writes down when it came in and went out. */
function holder(log: string, lock: string) {
  const code = `
    import { appendFileSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    import { withLock } from ${JSON.stringify(lockModule)};
    await withLock(process.argv[2], async () => {
      appendFileSync(process.argv[1], 'in ');
      await sleep(200);
      appendFileSync(process.argv[1], 'out ');
    });`;
  return run(process.execPath, ['--input-type=module', '-e', code, log, lock], { timeoutMs: 15_000 });
}

test('processes that want the lock at the same time hold it one after another', async () => {
  const log = join(directory, 'log');
  const results = await Promise.all([1, 2, 3].map(() => holder(log, join(directory, 'lock'))));
  expect(results.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(readFileSync(log, 'utf8')).toBe('in out in out in out ');
});

test('a lock whose owner has died is taken over', async () => {
  const dead = await run(process.execPath, ['-p', 'process.pid']);
  writeFileSync(join(directory, 'lock'), dead.stdout.trim());
  expect(await holder(join(directory, 'log'), join(directory, 'lock'))).toMatchObject({ ok: true });
});
