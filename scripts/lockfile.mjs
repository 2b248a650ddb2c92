/**
 * Keeps package-lock.json complete: `node scripts/lockfile.mjs` after every `npm install` of a new dependency.
 *
 * npm writes down the platform binaries of a package (its optional dependencies) only as far as the registry that it talked to
 * has them; a mirror may hold one platform's alone. `npm ci` then refuses the lockfile, on every platform. Their
 * versions are known all the same: the package pins them exactly. They are added here, without checksums.
 */
import { join } from 'node:path';

import { isMain } from './lib/main.mjs';
import { root } from './lib/paths.mjs';
import { readJson, writeJson } from './lib/stamp.mjs';

/**
 * @typedef {object} LockEntry
 * @property {string} [version]
 * @property {boolean} [dev]
 * @property {boolean} [optional]
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [devDependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [optionalDependencies]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 * @property {string[]} [libc]
 */

/** @typedef {{ packages: Record<string, LockEntry> }} Lockfile */

const lockfile = join(root, 'package-lock.json');
const operatingSystems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'ppc64', 'riscv64', 's390x', 'x64'];

/**
 * The entries that the lockfile lacks: optional dependencies of its packages that it resolves to nothing.
 * @param {Lockfile['packages']} packages
 * @returns {Record<string, LockEntry>}
 */
export function missingEntries(packages) {
  /** @type {Record<string, LockEntry>} */
  const missing = {};
  for (const [path, { dev, optionalDependencies = {} }] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      if (resolves(packages, path, name)) continue;
      const { os, cpu, libc } = platformOf(name);
      missing[`node_modules/${name}`] = { version, cpu, dev, libc, optional: true, os };
    }
  }
  return missing;
}

/**
 * Whether `name` is found from the package at `path`, by Node's rule: in its own node_modules, then upwards.
 * @param {Lockfile['packages']} packages
 * @param {string} path
 * @param {string} name
 * @returns {boolean}
 */
function resolves(packages, path, name) {
  if (packages[`${path === '' ? '' : `${path}/`}node_modules/${name}`] !== undefined) return true;
  if (path === '') return false;
  return resolves(packages, path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/'))), name);
}

/**
 * The platform that a binary package is named after: `binding-linux-x64-musl`.
 * @param {string} name
 */
export function platformOf(name) {
  const words = name.split('/').at(-1)?.split('-') ?? [];
  const os = words.find((word) => operatingSystems.includes(word));
  const cpu = words.find((word) => processors.includes(word));
  if (os === undefined || cpu === undefined) throw new Error(`${name} does not name a platform: add it by hand`);
  const libc = os === 'linux' && cpu !== 'arm' ? [words.includes('musl') ? 'musl' : 'glibc'] : undefined;
  return { os: [os], cpu: [cpu], libc };
}

/** What is wrong with package-lock.json, in words; empty when `npm ci` will accept it. */
export function lockfileProblems() {
  const { packages } = readLockfile();
  const missing = Object.keys(missingEntries(packages)).map((path) => `${path} is missing: node scripts/lockfile.mjs`);
  const manifest = /** @type {LockEntry} */ (readJson(join(root, 'package.json')));
  const fields = /** @type {const} */ (['dependencies', 'devDependencies', 'peerDependencies']);
  const outdated = fields.filter((field) => sorted(manifest[field]) !== sorted(packages['']?.[field]));
  return [...missing, ...outdated.map((field) => `${field} differ from package.json: npm install`)];
}

/** @param {Record<string, string> | undefined} ranges */
const sorted = (ranges = {}) => JSON.stringify(Object.entries(ranges).sort());

const readLockfile = () => /** @type {Lockfile} */ (readJson(lockfile));

if (isMain(import.meta.filename)) {
  const content = readLockfile();
  const missing = missingEntries(content.packages);
  const entries = Object.entries({ ...content.packages, ...missing }).sort(([a], [b]) => a.localeCompare(b, 'en'));
  writeJson(lockfile, { ...content, packages: Object.fromEntries(entries) });
  console.log(`lockfile  ${Object.keys(missing).length} entries added`);
}
