// Node, Bun and Deno only: loaded when a directory is opened, never in browsers.
import * as fs from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FileHandle, FileSystem } from './filesystem.ts';

/** Directories that this very process holds: a lock file with our own id is a leftover unless it is in here. */
const held = new Set<string>();
const lockName = 'LOCK';

/** Real files. */
export const nodeFileSystem: FileSystem = {
  open: async (path, { create }) => handleOn(await openFile(path, create)),
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.rm(path, { force: true }),
  removeTree: (path) => fs.rm(path, { recursive: true, force: true }),
  makeDirectory: async (path) => void (await fs.mkdir(path, { recursive: true })),
  list: (path) => fs.readdir(path).catch((error: unknown) => (hasCode(error, 'ENOENT') ? [] : Promise.reject(error))),
  syncDirectory,
  lock,
};

/** Whether an error is the system's of this code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

async function openFile(path: string, create: boolean): Promise<fs.FileHandle> {
  try {
    return await fs.open(path, 'r+');
  } catch (error) {
    if (!create || !hasCode(error, 'ENOENT')) throw error;
    return fs.open(path, 'w+');
  }
}

function handleOn(file: fs.FileHandle): FileHandle {
  return {
    size: async () => (await file.stat()).size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    },
    async write(offset, bytes) {
      for (let done = 0; done < bytes.byteLength; ) {
        done += (await file.write(bytes, done, bytes.byteLength - done, offset + done)).bytesWritten;
      }
    },
    truncate: (size) => file.truncate(size),
    sync: () => file.sync(),
    close: () => file.close(),
  };
}

async function syncDirectory(path: string): Promise<void> {
  // Windows has no such thing, and makes names durable by itself.
  if (process.platform === 'win32') return;
  const directory = await fs.open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function lock(path: string): Promise<{ release(): Promise<void> } | { heldBy: number }> {
  const directory = resolve(path);
  const file = `${directory}/${lockName}`;
  if (held.has(directory)) return { heldBy: process.pid };
  held.add(directory);
  try {
    const holder = await takeLock(file);
    if (holder !== undefined) {
      held.delete(directory);
      return { heldBy: holder };
    }
  } catch (error) {
    held.delete(directory);
    throw error;
  }
  return {
    async release() {
      await fs.rm(file, { force: true });
      held.delete(directory);
    },
  };
}

/** Undefined once the lock is ours; else its holder. */
async function takeLock(file: string): Promise<number | undefined> {
  for (;;) {
    try {
      await fs.writeFile(file, `${process.pid}\n`, { flag: 'wx' });
      return undefined;
    } catch (error) {
      if (!hasCode(error, 'EEXIST')) throw error;
    }
    const holder = Number.parseInt(await fs.readFile(file, 'utf8').catch(() => ''), 10);
    if (holder !== process.pid && isRunning(holder)) return holder;
    // Left behind by a process that died (or by an earlier one that had our id).
    await fs.rm(file, { force: true });
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
