import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from '../../scripts/lib/lock.mjs';
import { excerpt, SetupError, seconds } from '../../scripts/lib/report.mjs';
import { npm } from '../../scripts/lib/run.mjs';
import { benchCache, cachePlace } from './places.ts';

/**
 * A package that only the benchmark needs, installed in the cache without running its scripts: the path of its directory.
 *
 * @param spec Name and exact version, as `usearch@2.25.3`.
 */
export async function installedPackage(spec: string): Promise<string> {
  const name = spec.slice(0, spec.lastIndexOf('@'));
  const place = join(benchCache, 'npm', spec.replaceAll('/', '+'));
  const directory = join(place, 'node_modules', name);
  const ready = join(place, 'ready');
  if (existsSync(ready)) return directory;
  await withLock(`${place}.lock`, async () => {
    if (existsSync(ready)) return;
    const started = performance.now();
    cachePlace('npm', spec.replaceAll('/', '+'));
    writeFileSync(join(place, 'package.json'), '{ "private": true }\n');
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    const { ok, output } = await npm(['install', ...flags, spec], { cwd: place });
    if (!ok) throw new SetupError(`${excerpt(output)}\nbench  ${spec} could not be installed from the npm registry`);
    writeFileSync(ready, '');
    console.log(`bench  ${spec} installed in ${seconds(performance.now() - started)}`);
  });
  return directory;
}
