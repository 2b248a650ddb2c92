import type { FileHandle, FileSystem } from '../../src/engine/storage/filesystem.ts';

/** A file system that misbehaves, over a good one. */
export type Sabotage = (fs: FileSystem) => FileSystem;

/** Some methods replaced. */
export function altered(fs: FileSystem, changes: Partial<FileSystem>): FileSystem {
  return {
    open: (path, options) => fs.open(path, options),
    rename: (from, to) => fs.rename(from, to),
    remove: (path) => fs.remove(path),
    removeTree: (path) => fs.removeTree(path),
    makeDirectory: (path) => fs.makeDirectory(path),
    list: (path) => fs.list(path),
    syncDirectory: (path) => fs.syncDirectory(path),
    lock: (path) => fs.lock(path),
    ...changes,
  };
}

/** Some methods of open files replaced. */
export function alteredFiles(
  fs: FileSystem,
  change: (file: FileHandle, path: string) => Partial<FileHandle>,
): FileSystem {
  return altered(fs, {
    async open(path, options) {
      const file = await fs.open(path, options);
      return { ...file, ...change(file, path) };
    },
  });
}

/** An fsync that does nothing. */
export const skipsFsync: Sabotage = (fs) => alteredFiles(fs, () => ({ sync: async () => {} }));

/** An fsync that returns before the bytes are on disk. */
export const returnsBeforeFsync: Sabotage = (fs) =>
  alteredFiles(fs, (file) => ({
    sync: async () => {
      const later = async () => {
        for (let turn = 0; turn < 40; turn++) await undefined;
        await file.sync();
      };
      later().catch(() => undefined);
    },
  }));

/** Names are never made durable. */
export const skipsDirectoryFsync: Sabotage = (fs) => altered(fs, { syncDirectory: async () => {} });

/** A file is replaced by writing over it. */
export const replacesInPlace: Sabotage = (fs) =>
  altered(fs, {
    async rename(from, to) {
      if (!/manifest|index|snapshot/.test(from)) return fs.rename(from, to);
      const [source, target] = [await fs.open(from, { create: false }), await fs.open(to, { create: true })];
      const bytes = await source.read(0, await source.size());
      await target.truncate(0);
      await target.write(0, bytes);
      await target.sync();
      await Promise.all([source.close(), target.close()]);
      await fs.remove(from);
    },
  });

/** The last write to each file waits for the next one, and is lost if none comes. */
export const keepsLastWriteBack: Sabotage = (fs) =>
  alteredFiles(fs, (file, path) => {
    if (!path.endsWith('.log')) return {};
    let waiting: { offset: number; bytes: Uint8Array } | undefined;
    return {
      write: async (offset, bytes) => {
        // What is read back at once would give it away.
        if (offset === 0) return file.write(offset, bytes);
        if (waiting !== undefined) await file.write(waiting.offset, waiting.bytes);
        waiting = { offset, bytes: bytes.slice() };
      },
    };
  });

/** A failed fsync is tried again, and the second time it succeeds. */
export const retriesFsync: Sabotage = (fs) =>
  alteredFiles(fs, (file) => ({ sync: () => file.sync().catch(() => file.sync()) }));

/** A failed write passes for a good one. */
export const swallowsWriteErrors: Sabotage = (fs) =>
  alteredFiles(fs, (file) => ({ write: (offset, bytes) => file.write(offset, bytes).catch(() => undefined) }));
