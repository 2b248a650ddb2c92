import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { cacheDir, packageDir, root } from './paths.mjs';
import { run } from './run.mjs';

const files = {
  'mixed.test.js': `
    import { describe, expect, test } from 'vitest';
    test('passes', () => {});
    describe('a group', () => { test('fails', () => expect('what came').toBe('what was awaited')); });`,
  'broken.test.js': `import './absent.js';`,
  'hook.test.js': `
    import { beforeAll, describe, test } from 'vitest';
    describe('with a hook', () => {
      beforeAll(() => { throw new Error('no server'); });
      test('never runs', () => {});
    });`,
  'stray.test.js': `
    import { test } from 'vitest';
    test('leaves a promise behind', () => { Promise.reject(new Error('nobody waits for this')); });`,
};

let directory: string;

beforeAll(() => {
  // Below the repository, so that the files find vitest.
  mkdirSync(cacheDir, { recursive: true });
  directory = mkdtempSync(join(cacheDir, 'failures-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
  writeFileSync(join(directory, 'vitest.config.mjs'), 'export default {};');
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('every failure is written down with its message: of a test, a hook, a file, and of no test', async () => {
  const list = join(directory, 'failures.txt');
  const args = ['run', `--reporter=${join(root, 'scripts/lib/failures-reporter.mjs')}`];
  await run(process.execPath, [join(packageDir('vitest'), 'vitest.mjs'), ...args], {
    cwd: directory,
    env: { ANYVEC_FAILURES: list },
  });
  const text = readFileSync(list, 'utf8');
  expect(text.match(/^FAILED .*/gm)?.sort()).toEqual([
    'FAILED broken.test.js',
    'FAILED hook.test.js > with a hook',
    'FAILED mixed.test.js > a group > fails',
    'FAILED outside of any test',
  ]);
  for (const words of ['absent.js', 'no server', 'what was awaited', 'nobody waits for this'])
    expect(text).toContain(words);
}, 60_000);
