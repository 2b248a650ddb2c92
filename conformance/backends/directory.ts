import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/connect.ts';
import type { Harness } from '../harness.ts';

/**
 * An embedded backend on directories of its own, each connection a fresh one, removed at the end.
 *
 * @param createOptions The index of every collection.
 * @param more Further members of the harness.
 */
export function directoryHarness(
  provider: 'native' | 'hnswlib' | 'faiss' | 'jsonl' | 'parquet',
  createOptions?: Harness['createOptions'],
  more: Pick<Harness, 'indexSpecs' | 'budget'> = {},
): Harness {
  const directories: string[] = [];
  return {
    name: `${provider} (directory${createOptions?.index === undefined ? '' : `, ${createOptions.index.type}`})`,
    async open() {
      const path = await mkdtemp(join(tmpdir(), `anyvec-${provider}-`));
      directories.push(path);
      return connect({ provider, path });
    },
    reopen: () => connect({ provider, path: directories.at(-1)! }),
    ...(createOptions && { createOptions }),
    ...more,
    close: async () => {
      await Promise.all(directories.map((path) => rm(path, { recursive: true, force: true })));
    },
  };
}
