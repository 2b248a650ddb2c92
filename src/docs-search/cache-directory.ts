/** Node only. Where downloaded models, embeddings and documentation indexes are kept between runs. */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { basename, join, resolve } from 'node:path';

/** The variables that decide; by default those of this process. */
export type Environment = { readonly [name: string]: string | undefined };

/** `$ANYVEC_CACHE`, else `$XDG_CACHE_HOME/anyvec`, else `~/.cache/anyvec`; absolute, not created. */
export function cacheDirectory(env: Environment = process.env): string {
  if (env.ANYVEC_CACHE) return resolve(env.ANYVEC_CACHE);
  // The XDG specification says to ignore a relative path.
  if (env.XDG_CACHE_HOME?.startsWith('/')) return join(env.XDG_CACHE_HOME, 'anyvec');
  return join(homedir(), '.cache', 'anyvec');
}

/** One folder per project, readable by its name and told apart by its path. */
export function projectCacheDirectory(cacheDir: string, projectDir: string): string {
  const path = resolve(projectDir);
  const name = basename(path).replaceAll(/[^\w.-]+/g, '-') || 'root';
  const hash = createHash('sha256').update(path).digest('hex').slice(0, 8);
  return join(cacheDir, 'docs', `${name}-${hash}`);
}
