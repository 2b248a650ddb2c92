import { join } from 'node:path';
import { expect, test } from 'vitest';

import { root } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { mergeCommands, setup } from './setup.mjs';

test('a second set-up has nothing to do: no output, in less than half a second', async () => {
  await setup();
  const durations: number[] = [];
  // The best of some: other tests may be keeping the cores busy.
  for (let i = 0; i < 20 && !durations.some((ms) => ms < 500); i++) {
    const result = await run(process.execPath, [join(root, 'scripts/setup.mjs')]);
    expect(result.output).toMatch(/^setup {2}ready \(\d+\.\d s\)\n$/);
    durations.push(result.ms);
  }
  expect(Math.min(...durations)).toBeLessThan(500);
});

test.each(['hnswlib', 'faiss'])('the addon %s finds the nearest point in a process of its own', async (name) => {
  const result = await run(process.execPath, [join(root, 'scripts/addons/probe.cjs'), name]);
  expect(result).toMatchObject({ ok: true, output: '' });
});

test('several missing packages are one command', () => {
  expect(mergeCommands(['sudo apt-get install -y g++ make', 'sudo apt-get install -y g++ libfaiss-dev'])).toBe(
    'sudo apt-get install -y g++ make libfaiss-dev',
  );
  expect(mergeCommands(['npm rebuild faiss-node', 'sudo apt-get install -y make', 'npm rebuild faiss-node'])).toBe(
    'sudo apt-get install -y make && npm rebuild faiss-node',
  );
});
