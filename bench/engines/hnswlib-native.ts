import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeHeadersRoot } from '../../scripts/addons/node-headers.mjs';
import { withLock } from '../../scripts/lib/lock.mjs';
import { excerpt, SetupError, seconds } from '../../scripts/lib/report.mjs';
import { npm } from '../../scripts/lib/run.mjs';
import { installedPackage } from '../lib/npm-package.ts';

/** A copy of hnswlib-node that was compiled for this very processor: the path of its directory. */
export async function nativeHnswlib(): Promise<string> {
  const directory = await installedPackage('hnswlib-node@3.0.0');
  const ready = join(directory, 'built-for-this-processor');
  await withLock(`${directory}.lock`, async () => {
    if (existsSync(ready)) return;
    const started = performance.now();
    const nodedir = nodeHeadersRoot();
    const { ok, output } = await npm(['rebuild', 'hnswlib-node', '--ignore-scripts=false', '--foreground-scripts'], {
      cwd: join(directory, '../..'),
      env: { CXXFLAGS: '-O3 -march=native', ...(nodedir !== undefined && { npm_config_nodedir: nodedir }) },
    });
    if (!ok) throw new SetupError(`${excerpt(output)}\nbench  hnswlib-node could not be built with -march=native`);
    writeFileSync(ready, '');
    console.log(`bench  hnswlib-node built with -O3 -march=native in ${seconds(performance.now() - started)}`);
  });
  return directory;
}
