import { VectorStoreError } from '../../errors.ts';
import { asUncertain } from './uncertain.ts';

/**
 * The engine's only way to files: the seam that lets tests lose power, tear writes and fail calls at will.
 *
 * Paths are absolute or relative to the working directory, with `/`. Every method rejects with the system's error (`code: 'ENOENT'` and the
 * like). A write is *visible* at once and *durable* after `sync`; a new, renamed or removed name is durable after `syncDirectory`.
 */
export interface FileSystem {
  /** Opens for reading and writing; `create` makes an absent file. */
  open(path: string, options: { readonly create: boolean }): Promise<FileHandle>;
  /** Replaces `to` if it exists, atomically. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; an absent one is fine. */
  remove(path: string): Promise<void>;
  /** Removes a directory with all it holds. */
  removeTree(path: string): Promise<void>;
  /** Makes a directory, and those above it that are missing; their names are durable when this returns. One that is there is fine. */
  makeDirectory(path: string): Promise<void>;
  /** Names in a directory, in any order; none if it does not exist. */
  list(path: string): Promise<string[]>;
  syncDirectory(path: string): Promise<void>;
  /** Takes a directory for this process alone, until `release`. Undefined with the holder's process id if another has it. */
  lock(path: string): Promise<{ release(): Promise<void> } | { heldBy: number }>;
}

export interface FileHandle {
  size(): Promise<number>;
  /** Exactly `length` bytes from `offset`, fewer only at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `target` from `offset`; returns how many bytes there were, fewer only at the end of the file. What is in `target` meanwhile is anybody's guess. */
  readInto(offset: number, target: Uint8Array): Promise<number>;
  /** Fills `target` from `offset` at once, on this thread; returns how many bytes there were, fewer only at the end of the file. */
  readSync(offset: number, target: Uint8Array): number;
  /** All of `bytes`, or an error. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file that must be there.
 *
 * @throws `Corruption` if it is not.
 */
export async function openExisting(fs: FileSystem, path: string): Promise<FileHandle> {
  try {
    return await fs.open(path, { create: false });
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT')) throw cause;
    throw new VectorStoreError('Corruption', `${path} is missing: restore it from a copy`, { cause });
  }
}

/** Whether an error is the system's of this code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}

/** A whole file, which must be there. */
export async function readFile(fs: FileSystem, path: string): Promise<Uint8Array> {
  const file = await openExisting(fs, path);
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}

/**
 * Writes a whole file, piece by piece (each is written before the next is asked for), so that after a crash either the old or the new content is there: temporary file, sync, rename, sync of the directory.
 *
 * @throws `Durability`, as an uncertain one (see {@link asUncertain}), if the last steps fail; after any other error the old content stands.
 */
export async function replaceFile(
  fs: FileSystem,
  directory: string,
  name: string,
  content: Iterable<Uint8Array>,
): Promise<void> {
  const temporary = `${directory}/${name}${temporarySuffix}`;
  const file = await fs.open(temporary, { create: true });
  try {
    let offset = 0;
    await file.truncate(0);
    for (const bytes of content) {
      await file.write(offset, bytes);
      offset += bytes.byteLength;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await fs.rename(temporary, `${directory}/${name}`);
    await fs.syncDirectory(directory);
  } catch (cause) {
    const message = `${directory}/${name} may or may not have been replaced`;
    throw asUncertain(new VectorStoreError('Durability', message, { cause }));
  }
}

/** How the names of files end that are not in force yet. */
const temporarySuffix = '.tmp';
