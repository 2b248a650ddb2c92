/**
 * Benchmarks, against the built package: `node scripts/bench.mjs overhead`, or `npm run bench:overhead`.
 * Further arguments go to the benchmark.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { buildIfStale } from './build.mjs';
import { root } from './lib/paths.mjs';
import { exitWith, SetupError } from './lib/report.mjs';
import { run } from './lib/run.mjs';
import { prepareServers } from './servers.mjs';
import { setup } from './setup.mjs';

const loader = join(root, 'test/support/typescript-loader.mjs');

/** @param {readonly string[]} args */
async function bench([name = '', ...args]) {
  const entry = join(root, 'bench', name, 'main.ts');
  if (name === '' || !existsSync(entry)) throw new SetupError('usage: node scripts/bench.mjs overhead [qdrant …]');
  await setup({ requireAddons: false });
  await prepareServers();
  await buildIfStale();
  const { ok } = await run(process.execPath, ['--expose-gc', '--import', loader, entry, ...args], {
    cwd: root,
    inherit: true,
    timeoutMs: 3_600_000,
  });
  if (!ok) process.exitCode = 1;
}

await bench(process.argv.slice(2)).catch(exitWith);
