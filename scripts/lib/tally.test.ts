import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { cacheDir, packageDir } from './paths.mjs';
import { run } from './run.mjs';
import { addCounts, countTests, summaryLine } from './tally.mjs';

const files = {
  'mixed.test.js': `
    import { describe, expect, test } from 'vitest';
    test('passes', () => {});
    test.each([1, 2])('passes with %d', () => {});
    test('fails', () => expect(1).toBe(2));
    test.skip('is skipped', () => {});
    test.todo('is to be written');`,
  'broken.test.js': `import './absent.js';`,
  'hook.test.js': `
    import { beforeAll, test } from 'vitest';
    beforeAll(() => { throw new Error('no server'); });
    test('never runs', () => {});`,
};

describe('a report that vitest itself has written', () => {
  let directory: string;

  beforeAll(async () => {
    // Below the repository, so that the files find vitest.
    mkdirSync(cacheDir, { recursive: true });
    directory = mkdtempSync(join(cacheDir, 'tally-'));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content);
    writeFileSync(join(directory, 'vitest.config.mjs'), 'export default {};');
    const args = ['run', '--reporter=json', '--outputFile=report.json'];
    await run(process.execPath, [join(packageDir('vitest'), 'vitest.mjs'), ...args], { cwd: directory });
  }, 60_000);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('is counted test by test, and a file that fails as a whole counts as one failure', () => {
    const counts = countTests(JSON.parse(readFileSync(join(directory, 'report.json'), 'utf8')));
    // Failed: one test, the file that cannot be loaded, the file whose hook throws.
    expect(counts).toEqual({ passed: 3, failed: 3, skipped: 3 });
  });
});

test.each([undefined, null, 'text', {}, { testResults: 3 }, { testResults: [] }])(
  'a report without a single test is a failure, never a success: %j',
  (report) => expect(countTests(report).failed).toBe(1),
);

test('the last line names skipped tests only where there are some', () => {
  const counts = { passed: 12, failed: 0, skipped: 0 };
  expect(summaryLine(counts)).toBe('12 passed, 0 failed');
  expect(summaryLine(addCounts(counts, { passed: 1, failed: 2, skipped: 3 }))).toBe('13 passed, 2 failed, 3 skipped');
});
