/**
 * Benchmarks, against the built package: `npm run bench` compares the engine with its peers, `npm run bench:overhead` the adapters with
 * the raw clients, `npm run bench -- migration` a migration with reading and writing alone. Further arguments go to the benchmark: `npm run bench -- --quick`.
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

/** The longest that a benchmark may take. */
const timeoutMs = 12 * 3_600_000;

/** @param {readonly string[]} args */
async function bench(args) {
  const name = args[0]?.startsWith('-') ? undefined : args[0];
  const entry = join(root, 'bench', name ?? '', 'main.ts');
  if (!existsSync(entry))
    throw new SetupError(
      'usage: node scripts/bench.mjs [--quick], or overhead [qdrant …], or migration, indexes, originals, event-loop',
    );
  await setup({ requireAddons: name === undefined });
  if (name === 'overhead') await prepareServers();
  await buildIfStale();
  const { ok } = await run(process.execPath, ['--expose-gc', '--import', loader, entry, ...args.slice(name ? 1 : 0)], {
    cwd: root,
    inherit: true,
    timeoutMs,
  });
  if (!ok) process.exitCode = 1;
}

await bench(process.argv.slice(2)).catch(exitWith);
