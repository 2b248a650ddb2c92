/**
 * The real servers that the conformance suite runs against, each in a Python virtual environment of its own under `.cache/servers`.
 * `node scripts/servers.mjs` does only this part of the set-up; quick when there is nothing to do.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { withLock } from './lib/lock.mjs';
import { isMain } from './lib/main.mjs';
import { cacheDir, root } from './lib/paths.mjs';
import { excerpt, exitWith, SetupError, seconds } from './lib/report.mjs';
import { hasCommand, run } from './lib/run.mjs';
import { readJson, writeJson } from './lib/stamp.mjs';

/**
 * @typedef {object} Server
 * @property {'milvus' | 'milvus-lite'} name
 * @property {readonly string[]} packages What pip installs, pinned. pymilvus brings milvus-lite the messages of the protocol.
 */

/** @type {readonly Server[]} */
const servers = [
  { name: 'milvus', packages: ['milvus==2.3.5'] },
  { name: 'milvus-lite', packages: ['milvus-lite==3.2.2', 'pymilvus==3.0.2'] },
];

const helper = join(root, 'conformance/backends/milvus_server.py');

/**
 * Installs what is missing.
 * @throws {SetupError} with the command to type.
 */
export async function prepareServers() {
  await withLock(join(cacheDir, 'servers.lock'), async () => {
    await Promise.all(servers.filter((server) => !isPrepared(server)).map(install));
  });
}

/** @param {Server} server */
async function install({ name, packages }) {
  const python = ['python3', 'python'].find(hasCommand);
  if (python === undefined)
    throw new SetupError('setup  stopped (no Python 3); run: sudo apt-get install -y python3-venv');
  console.log(`setup  installing ${packages[0]} for the conformance suite`);
  const started = performance.now();
  const directory = directoryOf(name);
  rmSync(directory, { recursive: true, force: true });
  await step(python, ['-m', 'venv', directory], 'sudo apt-get install -y python3-venv');
  const own = pythonOf(name);
  await step(
    own,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages],
    `${own} -m pip install ${packages.join(' ')}`,
  );
  await step(own, [helper, 'prepare', name], `node scripts/servers.mjs`);
  writeJson(join(directory, 'ready.json'), packages);
  console.log(`setup  ${packages[0]} installed in ${seconds(performance.now() - started)}`);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} remedy
 */
async function step(command, args, remedy) {
  const { ok, output } = await run(command, args);
  if (ok) return;
  console.error(excerpt(output));
  throw new SetupError(`setup  stopped (a server for the conformance suite could not be installed); run: ${remedy}`);
}

/** @param {Server} server */
function isPrepared({ name, packages }) {
  const ready = readJson(join(directoryOf(name), 'ready.json'));
  return JSON.stringify(ready) === JSON.stringify(packages) && existsSync(pythonOf(name));
}

/** @param {string} name */
const directoryOf = (name) => join(cacheDir, 'servers', name);

/** @param {string} name */
const pythonOf = (name) => join(directoryOf(name), process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');

if (isMain(import.meta.filename)) {
  try {
    await prepareServers();
  } catch (error) {
    exitWith(error);
  }
}
