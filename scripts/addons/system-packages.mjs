/** What addons and tests need from the system: what is missing, and how it gets there. */
import { existsSync } from 'node:fs';

import { seconds } from '../lib/report.mjs';
import { hasCommand, run } from '../lib/run.mjs';

/** @type {Record<string, () => boolean | Promise<boolean>>} The Debian package names, and how to see that each is there. */
const presence = {
  'g++': () => hasCommand('g++'),
  make: () => hasCommand('make'),
  python3: () => hasCommand('python3'),
  chromium: () => hasCommand('chromium'),
  'libfaiss-dev': async () =>
    existsSync('/usr/include/faiss/Index.h') && (await linkerFinds('libfaiss.a', 'libfaiss.so')),
  'libopenblas-dev': () => linkerFinds('libopenblas.so', 'libopenblas.a'),
};

/** @param {readonly string[]} libraries Any of them will do. */
async function linkerFinds(...libraries) {
  if (!hasCommand('g++')) return false;
  const answers = await Promise.all(libraries.map((library) => run('g++', [`-print-file-name=${library}`])));
  return answers.some(({ stdout }) => stdout.trim().startsWith('/'));
}

/**
 * Those of the given packages that are not on this system.
 * @param {readonly string[]} packages
 */
export async function missingPackages(packages) {
  const present = await Promise.all(packages.map((name) => presence[name]?.()));
  return packages.filter((_, position) => !present[position]);
}

/** @param {readonly string[]} packages */
export const installCommand = (packages) => `sudo apt-get install -y ${packages.join(' ')}`;

/** Whether this process may install system packages by itself: root on Debian or Ubuntu. */
export const canInstallPackages = () => process.getuid?.() === 0 && hasCommand('apt-get');

/**
 * Installs with apt-get, with a refresh of the package lists where they turn out to be absent or out of date.
 * @param {readonly string[]} packages
 */
export async function installPackages(packages) {
  console.log(`setup  installing system packages: ${packages.join(' ')}`);
  const started = performance.now();
  const result = await aptInstall(packages);
  if (!result.ok) {
    await aptGet(['update']);
    if (!(await aptInstall(packages)).ok) return false;
  }
  console.log(`setup  system packages installed in ${seconds(performance.now() - started)}`);
  return true;
}

/** @param {readonly string[]} packages */
const aptInstall = (packages) => aptGet(['install', '-y', '--no-install-recommends', ...packages]);

/** @param {readonly string[]} args */
const aptGet = (args) => run('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' } });
