/**
 * Everything that CI runs: set-up, checks with the build, all tests. `npm test`, or `npm run test:deep` for larger samples.
 * The last line says `N passed, N failed` (with `, N skipped` if any): tests as vitest counted them, and every step that
 * failed beside them.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { check } from './check.mjs';
import { cacheDir, packageDir, root } from './lib/paths.mjs';
import { exitWith } from './lib/report.mjs';
import { run } from './lib/run.mjs';
import { readJson } from './lib/stamp.mjs';
import { addCounts, countTests, summaryLine } from './lib/tally.mjs';
import { setup } from './setup.mjs';

/** Milvus takes a fifth of a core even when nobody asks it: it runs only as long as it is needed. */
const runs = [['unit', 'conformance', 'types', 'packaging'], ['servers']];
const failuresFile = join(cacheDir, 'test', 'failures.txt');
/** Of one run of vitest, in milliseconds: one that hangs must end. */
const limits = { usual: 3_600_000, deep: 12 * 3_600_000 };
const oneFailure = { passed: 0, failed: 1, skipped: 0 };

/** @param {readonly string[]} args */
async function main(args) {
  const env = { ANYVEC_DEEP: args.includes('--deep') ? '1' : process.env.ANYVEC_DEEP };
  let counts = oneFailure;
  rmSync(failuresFile, { force: true });
  if (await isSetUp()) {
    counts = await checks();
    for (const projects of runs) counts = addCounts(counts, await tests(projects, env));
    // Said once more here: the lines in which it was first said may be thousands of lines above.
    if (existsSync(failuresFile)) console.log(readFileSync(failuresFile, 'utf8').trimEnd());
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
  for (const name of failed) noteFailure(`check ${name}`);
  return { passed: 0, failed: failed.length, skipped: 0 };
}

/**
 * @param {readonly string[]} projects
 * @param {Record<string, string | undefined>} env
 */
async function tests(projects, env) {
  const report = join(cacheDir, 'test', `${projects[0]}.json`);
  rmSync(report, { force: true });
  const vitest = join(packageDir('vitest'), 'vitest.mjs');
  const chosen = projects.map((project) => `--project=${project}`);
  const reporters = ['default', 'json', join(root, 'scripts', 'lib', 'failures-reporter.mjs')].map(
    (name) => `--reporter=${name}`,
  );
  const result = await run(process.execPath, [vitest, 'run', ...chosen, ...reporters, `--outputFile.json=${report}`], {
    cwd: root,
    env: { ...env, ANYVEC_FAILURES: failuresFile },
    inherit: true,
    timeoutMs: env.ANYVEC_DEEP === '1' ? limits.deep : limits.usual,
  });
  const counts = countTests(readJson(report));
  // Vitest also fails for what is no test of its own: an unhandled rejection, a crash of a worker.
  if (result.ok || counts.failed > 0) return counts;
  noteFailure(`vitest ${chosen.join(' ')}`);
  return addCounts(counts, oneFailure);
}

/** @param {string} what */
function noteFailure(what) {
  mkdirSync(dirname(failuresFile), { recursive: true });
  appendFileSync(failuresFile, `FAILED ${what}\n`);
}

await main(process.argv.slice(2));
