import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { smallBudget } from '../../conformance/backends/budget.ts';
import { runConformance } from '../../conformance/index.ts';
import { openMirror } from '../../src/middleware/mirror/index.ts';

const directories: string[] = [];

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: {
    name: 'a mirror of two native backends',
    budget: smallBudget,
    async open() {
      const directory = await mkdtemp(join(tmpdir(), 'anyvec-mirror-'));
      directories.push(directory);
      return (await openMirror('native:', 'native:', { directory, shadow: { fraction: 0.2 } })).database;
    },
    async close() {
      await Promise.all(directories.map((path) => rm(path, { recursive: true, force: true })));
    },
  },
});
