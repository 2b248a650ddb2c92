/**
 * Makes a fresh clone ready: dependencies, the engine's kernels, the native addons of the hnswlib and faiss adapters.
 * `node scripts/setup.mjs`, or `import { setup } from './setup.mjs'`. Quick when there is nothing to do.
 */
import { join } from 'node:path';

import { prepareAddons } from './addons.mjs';
import { installDependencies } from './dependencies.mjs';
import { compileKernels } from './kernels.mjs';
import { withLock } from './lib/lock.mjs';
import { isMain } from './lib/main.mjs';
import { cacheDir } from './lib/paths.mjs';
import { exitWith, SetupError, seconds } from './lib/report.mjs';

const oldestNode = [20, 19];

/**
 * @typedef {object} SetupResult
 * @property {import('./addons.mjs').AddonStates} addons Which addons work here and, for one that doesn't, why and what to type.
 */

/**
 * Sets this checkout up. Prints one line for each thing it had to do.
 * @param {object} [options]
 * @param {boolean} [options.requireAddons] Default true: an addon that can't be had ends the set-up with the one command
 *   that is missing. With false the result says which addons are available, for callers that can do without.
 * @returns {Promise<SetupResult>}
 * @throws {SetupError} Its message is all that the user needs.
 */
export async function setup({ requireAddons = true } = {}) {
  assertNodeVersion();
  return withLock(join(cacheDir, 'setup.lock'), async () => {
    await installDependencies();
    await compileKernels();
    const addons = await prepareAddons();
    if (requireAddons) assertAvailable(addons);
    return { addons };
  });
}

function assertNodeVersion() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new SetupError(`setup  Node ${oldestNode.join('.')} or newer is needed, this is ${process.versions.node}`);
}

/** @param {import('./addons.mjs').AddonStates} addons */
function assertAvailable(addons) {
  const missing = Object.values(addons).filter((state) => !state.available);
  if (missing.length === 0) return;
  const reasons = missing.map(({ reason }) => reason).join('; ');
  throw new SetupError(`setup  stopped (${reasons}); run: ${mergeCommands(missing.map(({ command }) => command))}`);
}

/**
 * One command line out of several: apt-get calls become one call.
 * @param {readonly string[]} commands
 */
export function mergeCommands(commands) {
  const apt = 'sudo apt-get install -y ';
  const packages = commands.filter((line) => line.startsWith(apt)).flatMap((line) => line.slice(apt.length).split(' '));
  const others = commands.filter((line) => !line.startsWith(apt));
  const merged = packages.length > 0 ? [apt + [...new Set(packages)].join(' ')] : [];
  return [...merged, ...new Set(others)].join(' && ');
}

if (isMain(import.meta.filename)) {
  const started = performance.now();
  try {
    await setup();
    console.log(`setup  ready (${seconds(performance.now() - started)})`);
  } catch (error) {
    exitWith(error);
  }
}
