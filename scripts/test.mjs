/**
 * Everything that CI runs: set-up, checks with the build, all tests. `npm test`, or `npm run test:deep` for larger samples.
 * The last line says `N passed, N failed` (with `, N skipped` if any): tests as vitest counted them, and every step that
 * failed beside them.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { check } from './check.mjs';
import { cacheDir, packageDir, root } from './lib/paths.mjs';
import { exitWith } from './lib/report.mjs';
import { run } from './lib/run.mjs';
import { readJson } from './lib/stamp.mjs';
import { addCounts, countTests, summaryLine } from './lib/tally.mjs';
import { setup } from './setup.mjs';

const reportFile = join(cacheDir, 'test', 'vitest.json');
const oneFailure = { passed: 0, failed: 1, skipped: 0 };

/** @param {readonly string[]} args */
async function main(args) {
  const env = { ANYVEC_DEEP: args.includes('--deep') ? '1' : process.env.ANYVEC_DEEP };
  const counts = (await isSetUp()) ? addCounts(await checks(), await tests(env)) : oneFailure;
  if (counts.failed > 0) process.exitCode = 1;
  console.log(summaryLine(counts));
}

async function isSetUp() {
  try {
    await setup();
    return true;
  } catch (error) {
    exitWith(error);
    return false;
  }
}

async function checks() {
  const failed = await check();
  return { passed: 0, failed: failed.length, skipped: 0 };
}

/** @param {Record<string, string | undefined>} env */
async function tests(env) {
  rmSync(reportFile, { force: true });
  const vitest = join(packageDir('vitest'), 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const result = await run(process.execPath, [vitest, 'run', ...reporters], {
    cwd: root,
    env,
    inherit: true,
    timeoutMs: 3_600_000,
  });
  const counts = countTests(readJson(reportFile));
  // Vitest also fails for what is no test of its own: an unhandled rejection, a crash of a worker.
  return result.ok || counts.failed > 0 ? counts : addCounts(counts, oneFailure);
}

await main(process.argv.slice(2));
