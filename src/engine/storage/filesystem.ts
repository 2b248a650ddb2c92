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
  /** All of `bytes`, or an error. */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A whole file. */
export async function readFile(fs: FileSystem, path: string): Promise<Uint8Array> {
  const file = await fs.open(path, { create: false });
  try {
    return await file.read(0, await file.size());
  } finally {
    await file.close();
  }
}

/** Writes a whole file so that after a crash either the old or the new content is there: temporary file, sync, rename, sync of the directory. */
export async function replaceFile(
  fs: FileSystem,
  directory: string,
  name: string,
  content: readonly Uint8Array[],
): Promise<void> {
  const temporary = `${directory}/${name}.tmp`;
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
  await fs.rename(temporary, `${directory}/${name}`);
  await fs.syncDirectory(directory);
}
