/**
 * Node only. Native indexes are read and written through files in the temporary directory: the addons either know nothing else, or leak
 * the memory of every buffer they are given.
 */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VectorStoreError } from '../../../errors.ts';

/** Room left beside the file. */
const margin = 16 * 2 ** 20;

/**
 * Runs `use` with the path of a file that does not exist yet, in a directory of its own that only this user can read; both are gone
 * afterwards.
 *
 * @param bytes The file's size, or an upper bound: native code does not survive a full disk, so the room is checked first.
 * @throws `Unavailable` where there is no temporary directory or not enough room in it.
 */
export function withTemporaryFile<T>(bytes: number, use: (path: string) => T): T {
  const directory = makeDirectory();
  try {
    requireRoom(directory, bytes);
    return use(join(directory, 'index'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function makeDirectory(): string {
  try {
    return mkdtempSync(join(tmpdir(), 'anyvec-'));
  } catch (cause) {
    throw new VectorStoreError(
      'Unavailable',
      'a native index needs a writable temporary directory: set TMPDIR to one',
      { cause },
    );
  }
}

function requireRoom(directory: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(directory);
  const free = bavail * bsize;
  if (free >= bytes + margin) return;
  const megabytes = (amount: number) => `${Math.ceil(amount / 2 ** 20)} MiB`;
  throw new VectorStoreError(
    'Unavailable',
    `a native index needs ${megabytes(bytes + margin)} in the temporary directory, ${megabytes(free)} are free: make room or set TMPDIR`,
  );
}
