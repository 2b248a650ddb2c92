import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

import { cacheDirectory, projectCacheDirectory } from './cache-directory.ts';

describe('cacheDirectory', () => {
  it('prefers ANYVEC_CACHE, then an absolute XDG_CACHE_HOME, then ~/.cache', () => {
    expect(cacheDirectory({ ANYVEC_CACHE: '/a', XDG_CACHE_HOME: '/x' })).toBe('/a');
    expect(cacheDirectory({ XDG_CACHE_HOME: '/x' })).toBe('/x/anyvec');
    const home = join(homedir(), '.cache', 'anyvec');
    for (const env of [{ XDG_CACHE_HOME: 'relative' }, { ANYVEC_CACHE: '' }, {}])
      expect(cacheDirectory(env)).toBe(home);
  });
});

describe('projectCacheDirectory', () => {
  it('tells projects of equal names apart, and makes no odd file names', () => {
    const directories = ['/a/my app', '/b/my app', '/'].map((path) => projectCacheDirectory('/c', path));
    expect(new Set(directories).size).toBe(3);
    for (const directory of directories) expect(directory).toMatch(/^\/c\/docs\/[\w.-]+-[0-9a-f]{8}$/);
  });
});
