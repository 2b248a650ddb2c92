import type { FileHandle, FileSystem } from '../../src/engine/storage/filesystem.ts';
import { nodeFileSystem } from '../../src/engine/storage/node-filesystem.ts';

/** A file system whose every file has these bytes and cannot be written; `own` takes the place of single methods. */
export function fileInMemory(bytes: Uint8Array, own: Partial<FileHandle> = {}): FileSystem {
  const handle: FileHandle = {
    size: async () => bytes.byteLength,
    read: async (offset, length) => bytes.slice(offset, offset + length),
    readInto: async (offset, target) => handle.readSync(offset, target),
    readSync(offset, target) {
      const part = bytes.subarray(offset, offset + target.byteLength);
      target.set(part);
      return part.byteLength;
    },
    write: () => Promise.reject(new Error('read only')),
    truncate: () => Promise.reject(new Error('read only')),
    sync: async () => {},
    close: async () => {},
    ...own,
  };
  return { ...nodeFileSystem, open: async () => handle };
}
