import { open, stat } from 'node:fs/promises';
import { type FileHandle, hasCode } from '../engine/storage/filesystem.ts';
import { handleOn } from '../engine/storage/node-filesystem.ts';

/** Opens a file that need not be writable. */
export async function openToRead(path: string): Promise<FileHandle> {
  return handleOn(await open(path, 'r'));
}

/** A whole file as UTF-8. */
export async function readText(path: string): Promise<string> {
  const file = await openToRead(path);
  try {
    return new TextDecoder().decode(await file.read(0, await file.size()));
  } finally {
    await file.close();
  }
}

/** Whether there is a file at a path that may be none at all. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR') || hasCode(error, 'ENAMETOOLONG')) return false;
    if (hasCode(error, 'ERR_INVALID_ARG_VALUE')) return false;
    throw error;
  }
}
