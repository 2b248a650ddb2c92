/**
 * Everything about the code that can be checked without running it: `npm run check`. All steps run, also after a failure.
 * `node scripts/check.mjs types lint` runs only those.
 */
import { build } from './build.mjs';
import { isMain } from './lib/main.mjs';
import { packageDir, root } from './lib/paths.mjs';
import { seconds } from './lib/report.mjs';
import { run } from './lib/run.mjs';
import { lockfileProblems } from './lockfile.mjs';
import { pack } from './pack.mjs';

/** @typedef {{ ok: boolean, output: string }} StepResult */
/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} what
 * @property {boolean} [needsBuild] Left out where the build has failed just before.
 * @property {() => Promise<StepResult>} work
 */

/** @type {Step[]} */
const steps = [
  { name: 'lockfile', what: 'complete', work: async () => verdict(lockfileProblems()) },
  { name: 'types', what: 'tsc', work: () => tool('typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.json') },
  {
    name: 'page',
    what: "tsc with the browser's types",
    work: () => tool('typescript/bin/tsc', '--noEmit', '-p', 'examples/semantic-search/web/tsconfig.json'),
  },
  { name: 'lint', what: 'biome', work: () => tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.') },
  {
    name: 'unused',
    what: 'knip',
    work: () => tool('knip/bin/knip.js', '--no-progress', '--treat-config-hints-as-errors'),
  },
  { name: 'build', what: 'tsc to dist/', work: () => settled(build) },
  { name: 'package', what: 'publint', needsBuild: true, work: () => onTarball('publint/src/cli.js', '--strict') },
  {
    name: 'exports',
    what: 'attw',
    needsBuild: true,
    work: () => onTarball('@arethetypeswrong/cli/dist/index.js', '--profile', 'esm-only'),
  },
];

/**
 * Runs the steps one after another and prints a line for each, with the output of those that fail.
 * @param {readonly string[]} [names] Default all.
 * @returns {Promise<string[]>} The names of the failed steps.
 */
export async function check(names = steps.map(({ name }) => name)) {
  /** @type {string[]} */
  const failed = [];
  for (const { name, what, needsBuild, work } of steps.filter((step) => names.includes(step.name))) {
    if (needsBuild && failed.includes('build')) continue;
    const started = performance.now();
    const { ok, output } = await work();
    const duration = seconds(performance.now() - started);
    console.log(`check  ${name.padEnd(8)} ${ok ? 'ok' : 'FAILED'} (${what}, ${duration})`);
    if (ok) continue;
    console.log(output.trimEnd());
    failed.push(name);
  }
  return failed;
}

/** @param {readonly string[]} problems */
const verdict = (problems) => ({ ok: problems.length === 0, output: problems.join('\n') });

/**
 * @param {string} script Below node_modules.
 * @param {readonly string[]} args
 */
function tool(script, ...args) {
  return run(process.execPath, [packageDir(script), ...args], { cwd: root });
}

/**
 * Runs a tool on the package as it would be published.
 * @param {string} script
 * @param {readonly string[]} args
 */
function onTarball(script, ...args) {
  return settled(async () => {
    const { tarball } = await pack();
    return tool(script, tarball, ...args);
  });
}

/**
 * @param {() => Promise<StepResult | void>} work
 * @returns {Promise<StepResult>}
 */
async function settled(work) {
  try {
    return (await work()) ?? { ok: true, output: '' };
  } catch (error) {
    return { ok: false, output: error instanceof Error ? error.message : String(error) };
  }
}

if (isMain(import.meta.filename)) {
  const names = process.argv.slice(2);
  const failed = await check(names.length > 0 ? names : undefined);
  if (failed.length > 0) process.exitCode = 1;
}
