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

/** Milvus takes a fifth of a core even when nobody asks it: it runs only as long as it is needed. */
const runs = [['unit', 'conformance', 'types', 'packaging'], ['servers']];
const oneFailure = { passed: 0, failed: 1, skipped: 0 };

/** @param {readonly string[]} args */
async function main(args) {
  const env = { ANYVEC_DEEP: args.includes('--deep') ? '1' : process.env.ANYVEC_DEEP };
  let counts = oneFailure;
  if (await isSetUp()) {
    counts = await checks();
    for (const projects of runs) counts = addCounts(counts, await tests(projects, env));
  }
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

/**
 * @param {readonly string[]} projects
 * @param {Record<string, string | undefined>} env
 */
async function tests(projects, env) {
  const reportFile = join(cacheDir, 'test', `${projects[0]}.json`);
  rmSync(reportFile, { force: true });
  const vitest = join(packageDir('vitest'), 'vitest.mjs');
  const chosen = projects.map((project) => `--project=${project}`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`];
  const result = await run(process.execPath, [vitest, 'run', ...chosen, ...reporters], {
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
