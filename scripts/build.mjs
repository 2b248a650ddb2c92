/**
 * Compiles the package to dist/. `node scripts/build.mjs` always builds; `buildIfStale()` only after a change of the sources.
 * Built aside and then swapped in: dist never holds files of an earlier build, and a failed build leaves the old one alone.
 */
import { chmodSync, existsSync, globSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { isMain } from './lib/main.mjs';
import { cacheDir, packageDir, root } from './lib/paths.mjs';
import { exitWith, SetupError, seconds } from './lib/report.mjs';
import { run } from './lib/run.mjs';
import { readJson, sha256, writeJson } from './lib/stamp.mjs';

const dist = join(root, 'dist');
const stampFile = join(cacheDir, 'build.json');
const sourceFolders = ['src', 'adapters', 'conformance'];
const configFiles = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
