import { unsupported, VectorStoreError } from '../../errors.ts';
import { littleEndian } from './bytes.ts';
import { CollectionFiles } from './collection-files.ts';
import type { FileSystem } from './filesystem.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { defaultSettings, type StorageSettings } from './settings.ts';

/*
 * <directory>/LOCK                       process id of the one writer
 * <directory>/c_<name>/manifest          what the collection is, and which of the following are in force
 * <directory>/c_<name>/snapshot-<n>      its state at one moment
 * <directory>/c_<name>/records-<n>.log   what was written since
 * <directory>/c_<name>/index-<n>         saved vector indexes
 *
 * The prefix keeps names that some system reserves (con, nul) from being file names. Collection names are lower-case letters, digits and
 * dashes, so nothing needs escaping and no two names differ in case only.
 */
const prefix = 'c_';
const unfinished = 'tmp_';

/** A directory of collections, held by one process at a time. */
export class DatabaseDirectory {
  readonly #fs: FileSystem;
  readonly #path: string;
  readonly #settings: StorageSettings;
  readonly #lock: { release(): Promise<void> };

  private constructor(fs: FileSystem, path: string, settings: StorageSettings, lock: { release(): Promise<void> }) {
    this.#fs = fs;
    this.#path = path;
    this.#settings = settings;
    this.#lock = lock;
  }

  /** @throws `Conflict` while another database object, of this or another process, has it open. */
  static async open(fs: FileSystem, path: string, settings: Partial<StorageSettings> = {}): Promise<DatabaseDirectory> {
    if (!littleEndian) throw unsupported('a directory', 'its files are memory images of little-endian machines');
    await fs.makeDirectory(path);
    const lock = await fs.lock(path);
    if ('heldBy' in lock) {
      throw new VectorStoreError(
        'Conflict',
        `${path} is in use by process ${lock.heldBy}: close it there, or use another directory`,
      );
    }
    try {
      // What a crash left behind between two steps of creating or dropping.
      for (const name of await fs.list(path)) if (name.startsWith(unfinished)) await fs.removeTree(`${path}/${name}`);
      return new DatabaseDirectory(fs, path, { ...defaultSettings, ...settings }, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async names(): Promise<string[]> {
    const names = await this.#fs.list(this.#path);
    return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  manifest(name: string): Promise<Manifest> {
    return readManifest(this.#fs, this.#at(name), name);
  }

  /** Writes a new collection's files: it exists as a whole or not at all. */
  async create(manifest: Manifest): Promise<CollectionFiles> {
    const temporary = `${this.#path}/${unfinished}${manifest.name}`;
    await this.#fs.removeTree(temporary);
    await this.#fs.makeDirectory(temporary);
    await CollectionFiles.create(this.#fs, temporary, manifest);
    await this.#fs.rename(temporary, this.#at(manifest.name));
    await this.#fs.syncDirectory(this.#path);
    return this.open(manifest);
  }

  open(manifest: Manifest): CollectionFiles {
    return CollectionFiles.open(this.#fs, this.#at(manifest.name), manifest, this.#settings);
  }

  /** Removes a collection: gone at once, its files a little later. */
  async drop(name: string): Promise<void> {
    const temporary = `${this.#path}/${unfinished}${name}`;
    await this.#fs.removeTree(temporary);
    await this.#fs.rename(this.#at(name), temporary);
    await this.#fs.syncDirectory(this.#path);
    await this.#fs.removeTree(temporary);
  }

  close(): Promise<void> {
    return this.#lock.release();
  }

  #at(name: string): string {
    return `${this.#path}/${prefix}${name}`;
  }
}
