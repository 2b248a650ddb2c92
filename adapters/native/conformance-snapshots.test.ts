import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { smallBudget } from '../../conformance/backends/budget.ts';
import { runConformance } from '../../conformance/index.ts';
import { EngineDriver } from '../../src/engine/driver.ts';
import { flatProvider } from '../../src/engine/index/flat.ts';
import { DatabaseDirectory } from '../../src/engine/storage/database-directory.ts';
import { nodeFileSystem } from '../../src/engine/storage/node-filesystem.ts';
import { createDatabase } from '../../src/portable/database.ts';

const paths: string[] = [];

/** A snapshot after nearly every write: most of what is asked for is in its file. */
async function open(path: string) {
  const directory = await DatabaseDirectory.open(nodeFileSystem, path, { originals: 'disk', snapshotAfterBytes: 64 });
  return createDatabase(new EngineDriver({ provider: 'native', indexes: flatProvider, directory }));
}

await runConformance({
  runner: { describe, it, beforeAll, afterAll },
  harness: {
    name: 'native (directory, always in a snapshot)',
    budget: smallBudget,
    async open() {
      paths.push(await mkdtemp(join(tmpdir(), 'anyvec-snapshots-')));
      return open(paths.at(-1)!);
    },
    reopen: () => open(paths.at(-1)!),
    close: async () => {
      await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true })));
    },
  },
});
