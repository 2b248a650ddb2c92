/**
 * The conformance suite. `npm run conformance -- --backend qdrant --url http://localhost:6333` runs it against one backend
 * (`--help` has the options); without arguments it runs against every backend that needs nothing but this machine, and writes what
 * they can do into docs/backends.md.
 */
import { join } from 'node:path';

import { buildIfStale } from './build.mjs';
import { packageDir, root } from './lib/paths.mjs';
import { exitWith } from './lib/report.mjs';
import { run } from './lib/run.mjs';
import { setup } from './setup.mjs';

/** @param {readonly string[]} args */
async function conformance(args) {
  await setup({ requireAddons: args.length === 0 });
  if (args.length > 0) await buildIfStale();
  const command =
    args.length > 0
      ? [join(root, 'dist/src/cli/index.js'), 'conformance', ...args]
      : [
          join(packageDir('vitest'), 'vitest.mjs'),
          'run',
          '--project',
          'conformance',
          '--project',
          'servers',
          '--update',
        ];
  const { ok } = await run(process.execPath, command, { cwd: root, inherit: true, timeoutMs: 24 * 3_600_000 });
  if (!ok) process.exitCode = 1;
}

await conformance(process.argv.slice(2)).catch(exitWith);
