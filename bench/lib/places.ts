import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, root } from '../../scripts/lib/paths.mjs';

/** What is costly to fetch or to make: data sets, packages of the peers, indexes. Survives `npm ci`, not in git. */
export const benchCache = join(cacheDir, 'bench');

/** Measurements, tables and plots. Not in git. */
export const resultsDir = join(root, 'bench', 'results');

/** A directory of the cache, made. */
export function cachePlace(...parts: string[]): string {
  const directory = join(benchCache, ...parts);
  mkdirSync(directory, { recursive: true });
  return directory;
}
