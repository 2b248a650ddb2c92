/** Installs the dependencies exactly as package-lock.json says, and only when they are not there already. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './lib/paths.mjs';
import { excerpt, SetupError, seconds } from './lib/report.mjs';
import { npm } from './lib/run.mjs';
import { readJson, sha256, writeJson } from './lib/stamp.mjs';

/** @typedef {{ version?: string, optional?: boolean, link?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry */
/** @typedef {Record<string, LockEntry>} LockEntries */

const lockfile = join(root, 'package-lock.json');
const installedLockfile = join(root, 'node_modules', '.package-lock.json');
const stampFile = join(root, 'node_modules', '.anyvec-dependencies.json');

/** Names a state of node_modules: the lockfile's content, the platform and the ABI of this Node. */
export const dependenciesKey = () =>
  sha256(`${readFileSync(lockfile)}\n${process.platform}-${process.arch}-${process.versions.modules}`);

/** Runs `npm ci --ignore-scripts` unless node_modules already holds what the lockfile asks for. */
export async function installDependencies() {
  const key = dependenciesKey();
  if (stampedKey() === key) return;
  if (!matchesLockfile(lockEntries(lockfile), lockEntries(installedLockfile))) await cleanInstall();
  writeJson(stampFile, { key });
}

async function cleanInstall() {
  console.log('setup  installing dependencies (npm ci)');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const result = await npm(args, { cwd: root });
  if (!result.ok) throw new SetupError(`${excerpt(result.output)}\nsetup  failed: npm ${args.join(' ')}`);
  console.log(`setup  dependencies installed in ${seconds(result.ms)}`);
}

/**
 * Whether every package that this platform needs is installed in the version that the lockfile asks for.
 * @param {LockEntries} wanted
 * @param {LockEntries} installed
 * @param {(path: string) => boolean} [exists]
 */
export function matchesLockfile(wanted, installed, exists = (path) => existsSync(join(root, path))) {
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link === true) return true;
    if (installed[path]?.version === entry.version && exists(path)) return true;
    return entry.optional === true && !isNeededHere(entry);
  });
}

/**
 * Optional packages are mostly binaries for one platform each: this platform's own ones must be there.
 * @param {LockEntry} entry
 */
function isNeededHere({ os, cpu, libc }) {
  if (os === undefined && cpu === undefined) return false;
  return allows(os, process.platform) && allows(cpu, process.arch) && allows(libc, libcFamily());
}

/**
 * @param {string[] | undefined} list Names, or names to exclude written as `!name`.
 * @param {string} value
 */
function allows(list, value) {
  if (list === undefined) return true;
  return list.some((name) => name.startsWith('!')) ? !list.includes(`!${value}`) : list.includes(value);
}

function libcFamily() {
  return existsSync(`/lib/ld-musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1`) ? 'musl' : 'glibc';
}

function stampedKey() {
  const stamp = readJson(stampFile);
  return typeof stamp === 'object' && stamp !== null && 'key' in stamp ? stamp.key : undefined;
}

/**
 * @param {string} file
 * @returns {LockEntries}
 */
function lockEntries(file) {
  const parsed = readJson(file);
  if (typeof parsed !== 'object' || parsed === null || !('packages' in parsed)) return {};
  return /** @type {LockEntries} */ (parsed.packages);
}
