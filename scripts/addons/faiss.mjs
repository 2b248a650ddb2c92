/**
 * faiss-node: its install script downloads a prebuilt binary or clones faiss from GitHub. Here the single source file that
 * the package ships is compiled against the system's libfaiss instead (Debian 12: 1.7.3, Ubuntu 24.04: 1.7.4).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { cacheDir, packageDir } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { nodeHeadersRoot } from './node-headers.mjs';

// faiss before 1.7.4 knows the index type only as faiss::Index::idx_t; repeating the later definition is harmless.
const idxTypeHeader = '#include <cstdint>\nnamespace faiss { using idx_t = int64_t; }\n';

/** @type {import('../addons.mjs').Addon} */
export const faiss = {
  name: 'faiss',
  packageName: 'faiss-node',
  binary: 'build/Release/faiss-node.node',
  get builtFrom() {
    return `libfaiss-${systemFaissVersion() ?? 'none'}`;
  },
  systemPackages: ['g++', 'libfaiss-dev', 'libopenblas-dev'],
  canBuildHere: process.platform === 'linux',
  commandElsewhere: 'npm rebuild faiss-node --ignore-scripts=false',
  async build() {
    const headers = nodeHeadersRoot();
    if (headers === undefined) return { ok: false, output: 'node_api.h not found: run `npx node-gyp install`' };
    const directory = packageDir('faiss-node');
    const forcedInclude = join(cacheDir, 'addons', 'faiss-idx-type.h');
    const output = join(directory, faiss.binary);
    mkdirSync(dirname(forcedInclude), { recursive: true });
    mkdirSync(dirname(output), { recursive: true });
    writeFileSync(forcedInclude, idxTypeHeader);
    return run('g++', [
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-fopenmp', '-DNAPI_VERSION=6'],
      ...['-include', forcedInclude, `-I${join(headers, 'include/node')}`, `-I${nodeAddonApi(directory)}`],
      ...[join(directory, 'src/faiss.cc'), '-o', output, '-lfaiss', '-lopenblas'],
    ]);
  },
};

/** @param {string} directory */
function nodeAddonApi(directory) {
  return dirname(createRequire(join(directory, 'package.json')).resolve('node-addon-api/package.json'));
}

/** The version of the installed libfaiss, read from its header; `undefined` where it is not installed. */
function systemFaissVersion() {
  try {
    const header = readFileSync('/usr/include/faiss/Index.h', 'utf8');
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map((part) => header.match(`FAISS_VERSION_${part} (\\d+)`)?.[1]);
    return parts.join('.');
  } catch {
    return undefined;
  }
}
