// Node, Bun and Deno only: loaded when a directory is opened, never in browsers.
import { readSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type FileHandle, type FileSystem, hasCode } from './filesystem.ts';

/** Directories that this thread holds. */
const held = new Set<string>();
const lockName = 'LOCK';

/** Real files. */
export const nodeFileSystem: FileSystem = {
  open: async (path, { create }) => handleOn(await openFile(path, create)),
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.rm(path, { force: true }),
  removeTree: (path) => fs.rm(path, { recursive: true, force: true }),
  makeDirectory,
  list: (path) => fs.readdir(path).catch((error: unknown) => (hasCode(error, 'ENOENT') ? [] : Promise.reject(error))),
  syncDirectory,
  lock,
};

async function openFile(path: string, create: boolean): Promise<fs.FileHandle> {
  try {
    return await fs.open(path, 'r+');
  } catch (error) {
    if (!create || !hasCode(error, 'ENOENT')) throw error;
    return fs.open(path, 'w+');
  }
}

/** An open file as the engine sees it. */
export function handleOn(file: fs.FileHandle): FileHandle {
  return {
    size: async () => (await file.stat()).size,
    async read(offset, length) {
      // Not zeroed first, and not a part of a shared pool.
      const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    },
    async readInto(offset, target) {
      let done = 0;
      while (done < target.byteLength) {
        const { bytesRead } = await file.read(target, done, target.byteLength - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return done;
    },
    readSync(offset, target) {
      let done = 0;
      while (done < target.byteLength) {
        const read = readSync(file.fd, target, done, target.byteLength - done, offset + done);
        if (read === 0) break;
        done += read;
      }
      return done;
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

async function makeDirectory(path: string): Promise<void> {
  const first = await fs.mkdir(path, { recursive: true });
  if (first === undefined) return;
  // Each new name is in the directory above it.
  for (let made = resolve(path); made.length >= resolve(first).length; made = dirname(made))
    await syncDirectory(dirname(made));
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
  // One directory may have many paths.
  const directory = await fs.realpath(path);
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
    const holder = await holderOf(file);
    if (holder !== undefined) return holder;
    await removeLeftover(file);
  }
}

/** Undefined if it was left behind by a process that died. */
async function holderOf(file: string): Promise<number | undefined> {
  try {
    const text = await fs.readFile(file, 'utf8');
    const { mtimeMs } = await fs.stat(file);
    if (text === '' && Date.now() - mtimeMs < 1_000) {
      // Its maker has yet to write its id.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return holderOf(file);
    }
    const holder = Number.parseInt(text, 10);
    if (holder !== process.pid) return isRunning(holder) ? holder : undefined;
    // Another thread's, unless it is from before this process began: then an earlier one had our id.
    const began = Date.now() - process.uptime() * 1_000;
    return mtimeMs > began ? holder : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Of several processes that found the same leftover one removes it, and none removes what another has put in its place. */
async function removeLeftover(file: string): Promise<void> {
  const aside = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  try {
    await fs.rename(file, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  if ((await holderOf(aside)) !== undefined)
    await fs
      .link(aside, file)
      .catch((error: unknown) => (hasCode(error, 'EEXIST') ? undefined : Promise.reject(error)));
  await fs.rm(aside, { force: true });
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
