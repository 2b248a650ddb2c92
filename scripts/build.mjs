/**
 * Compiles and bundles the package to dist/. `node scripts/build.mjs` always builds; `buildIfStale()` only after a change of the sources.
 * Built aside and then swapped in: dist never holds files of an earlier build, and a failed build leaves the old one alone.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { bundle } from './lib/bundle.mjs';
import { isMain } from './lib/main.mjs';
import { cacheDir, packageDir, root } from './lib/paths.mjs';
import { exitWith, SetupError, seconds } from './lib/report.mjs';
import { run } from './lib/run.mjs';
import { readJson, sha256, writeJson } from './lib/stamp.mjs';

const dist = join(root, 'dist');
const stampFile = join(cacheDir, 'build.json');
const sourceFolders = ['src', 'adapters', 'conformance'];
const configFiles = ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];

/**
 * Compiles into a directory of the repository's root, from where relative paths are the same as from dist.
 * @param {string} name
 */
export async function compileInto(name) {
  const directory = join(root, name);
  rmSync(directory, { recursive: true, force: true });
  const tsc = join(packageDir('typescript'), 'bin/tsc');
  const result = await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', name], { cwd: root });
  if (result.ok) await bundle(directory);
  const command = join(directory, 'src/cli/index.js');
  if (existsSync(command)) chmodSync(command, 0o755);
  return { ...result, directory };
}

/** Builds dist from scratch. */
export async function build() {
  const key = sourcesKey();
  const { ok, output, directory } = await compileInto(`.build-${process.pid}`);
  try {
    if (!ok) throw new SetupError(`${output.trimEnd()}\nbuild  failed`);
    rmSync(dist, { recursive: true, force: true });
    renameSync(directory, dist);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  writeJson(stampFile, { key });
}

/** Builds dist unless it was built from these very sources. */
export async function buildIfStale() {
  const stamp = readJson(stampFile);
  const builtFrom = typeof stamp === 'object' && stamp !== null && 'key' in stamp ? stamp.key : undefined;
  if (!existsSync(dist) || builtFrom !== sourcesKey()) await build();
}

/** Names the state of everything that a build reads. */
function sourcesKey() {
  const sources = sourceFolders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => join(folder, path)),
  );
  return sha256([...sources.sort(), ...configFiles].map((path) => `${path} ${hashOf(path)}`).join('\n'));
}

/** @param {string} path */
const hashOf = (path) => sha256(readFileSync(join(root, path)));

if (isMain(import.meta.filename)) {
  const started = performance.now();
  try {
    await build();
    console.log(`build  dist is ready (${seconds(performance.now() - started)})`);
  } catch (error) {
    exitWith(error);
  }
}
