/**
 * The native addons behind `anyvec/hnswlib` and `anyvec/faiss`: found, taken from the cache, or built; then tried with a
 * real search in a process of their own. `node scripts/addons.mjs` does only this part of the set-up.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { faiss } from './addons/faiss.mjs';
import { hnswlib } from './addons/hnswlib.mjs';
import { canInstallPackages, installCommand, installPackages, missingPackages } from './addons/system-packages.mjs';
import { dependenciesKey } from './dependencies.mjs';
import { isMain } from './lib/main.mjs';
import { cacheDir, packageDir, root } from './lib/paths.mjs';
import { excerpt, seconds } from './lib/report.mjs';
import { run } from './lib/run.mjs';
import { readJson, writeJson } from './lib/stamp.mjs';

/**
 * @typedef {object} Addon
 * @property {'hnswlib' | 'faiss'} name The adapter's name.
 * @property {string} packageName The npm package.
 * @property {string} binary Its binary, relative to the package's directory.
 * @property {string} builtFrom What else the binary depends on, as part of the cache key.
 * @property {readonly string[]} systemPackages Debian packages that building it needs.
 * @property {boolean} canBuildHere
 * @property {string} commandElsewhere What to type where the set-up can't build it.
 * @property {() => Promise<{ ok: boolean, output: string }>} build Leaves the binary in its place.
 */

/**
 * @typedef {{ available: true } | { available: false, reason: string, command: string }} AddonState
 * `command` is the one command that the user has to run; it is a suggestion, never run by itself.
 * @typedef {Record<'hnswlib' | 'faiss', AddonState>} AddonStates
 */

const addons = [hnswlib, faiss];
const stampFile = join(root, 'node_modules', '.anyvec-addons.json');

/**
 * Makes each addon loadable if that is possible here.
 * @returns {Promise<AddonStates>}
 */
export async function prepareAddons() {
  if (isStamped()) return { hnswlib: { available: true }, faiss: { available: true } };
  const absent = [];
  for (const addon of addons) if (!(await isUsable(addon))) absent.push(addon);
  await installMissingPackages(absent);
  /** @type {AddonStates} */
  const states = { hnswlib: { available: true }, faiss: { available: true } };
  for (const addon of absent) states[addon.name] = await restoreOrBuild(addon);
  if (Object.values(states).every(({ available }) => available)) writeStamp();
  return states;
}

/** @param {readonly Addon[]} absent */
async function installMissingPackages(absent) {
  if (!canInstallPackages()) return;
  const wanted = absent.filter((addon) => !existsSync(cachedBinary(addon))).flatMap((addon) => addon.systemPackages);
  const missing = await missingPackages([...new Set(wanted)]);
  if (missing.length > 0) await installPackages(missing);
}

/**
 * @param {Addon} addon
 * @returns {Promise<AddonState>}
 */
async function restoreOrBuild(addon) {
  if (existsSync(cachedBinary(addon))) {
    copyAtomically(cachedBinary(addon), installedBinary(addon));
    if (await isUsable(addon)) return { available: true };
  }
  const missing = await missingPackages(addon.systemPackages);
  if (!addon.canBuildHere) return unavailable(addon, 'no ready binary for this platform', addon.commandElsewhere);
  if (missing.length > 0) return unavailable(addon, `${missing.join(', ')} not installed`, installCommand(missing));
  return build(addon);
}

/**
 * @param {Addon} addon
 * @returns {Promise<AddonState>}
 */
async function build(addon) {
  console.log(`setup  building ${addon.packageName}`);
  const started = performance.now();
  const { ok, output } = await addon.build();
  const problem = ok ? await probe(addon) : output;
  if (problem !== undefined) {
    console.error(excerpt(problem));
    return unavailable(addon, 'its build failed', addon.commandElsewhere);
  }
  copyAtomically(installedBinary(addon), cachedBinary(addon));
  console.log(`setup  ${addon.packageName} built and tried in ${seconds(performance.now() - started)}`);
  return { available: true };
}

/**
 * @param {Addon} addon
 * @param {string} reason
 * @param {string} command
 * @returns {AddonState}
 */
function unavailable(addon, reason, command) {
  return { available: false, reason: `${addon.packageName}: ${reason}`, command };
}

/** @param {Addon} addon */
const isUsable = async (addon) => existsSync(packageDir(addon.packageName)) && (await probe(addon)) === undefined;

/**
 * Loads the addon and searches with it, in a child process; what went wrong, or `undefined`.
 * @param {Addon} addon
 */
async function probe(addon) {
  const script = join(root, 'scripts/addons/probe.cjs');
  const result = await run(process.execPath, [script, addon.name], { timeoutMs: 30_000 });
  return result.ok ? undefined : result.output;
}

/** @param {Addon} addon */
const installedBinary = (addon) => join(packageDir(addon.packageName), addon.binary);

/**
 * Where the built binary is kept: by everything that it was built from.
 * @param {Addon} addon
 */
function cachedBinary(addon) {
  const { version } = JSON.parse(readFileSync(join(packageDir(addon.packageName), 'package.json'), 'utf8'));
  const platform = `${process.platform}-${process.arch}-abi${process.versions.modules}`;
  const key = [addon.packageName, version, addon.builtFrom, platform].filter((part) => part !== '').join('-');
  return join(cacheDir, 'addons', key, 'addon.node');
}

/**
 * @param {string} from
 * @param {string} to
 */
function copyAtomically(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}.tmp`;
  copyFileSync(from, temporary);
  renameSync(temporary, to);
}

/** Says which binaries were tried, by size and time: a changed one is tried again. */
function stamp() {
  const binaries = addons.map((addon) => {
    const { size, mtimeMs } = statSync(installedBinary(addon));
    return `${addon.name} ${size} ${mtimeMs}`;
  });
  return { key: dependenciesKey(), binaries };
}

function isStamped() {
  try {
    return JSON.stringify(stamp()) === JSON.stringify(readJson(stampFile));
  } catch {
    return false;
  }
}

const writeStamp = () => writeJson(stampFile, stamp());

if (isMain(import.meta.filename)) console.log(await prepareAddons());
