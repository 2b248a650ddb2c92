import type { FileHandle, FileSystem } from '../../src/engine/storage/filesystem.ts';
import { Disk, rootInode } from './disk.ts';
import type { DiskOp } from './disk-state.ts';
import type { Random } from './random.ts';
import type { CrashPolicy } from './survival.ts';

/**
 * A file system in memory that can lose power. Every change is in {@link journal}, so that the disk can be put back to any moment of a run.
 *
 * `sync` makes a file's bytes durable, not its name; `syncDirectory` makes the names in one directory durable. Both cover what was done
 * before they were called, and take effect when they return.
 */
export class MemFs implements FileSystem {
  readonly disk: Disk;
  readonly journal: DiskOp[] = [];
  readonly #locked = new Set<string>();

  constructor(disk: Disk = new Disk()) {
    this.disk = disk;
  }

  /** What is found when the power fails now. Handles on this file system go on, on a disk that nobody sees. */
  crash(policy: CrashPolicy, random: Random): MemFs {
    return new MemFs(this.disk.crash(policy, random));
  }

  async open(path: string, { create }: { readonly create: boolean }): Promise<FileHandle> {
    await turn();
    const { directory, name } = this.#place(path);
    let inode = this.disk.directory(directory).visible.get(name);
    if (inode === undefined) {
      if (!create) throw systemError('ENOENT', path);
      inode = this.#link(directory, name, false);
    }
    if (this.disk.isDirectory(inode)) throw systemError('EISDIR', path);
    return this.#handleOn(inode);
  }

  #handleOn(inode: number): FileHandle {
    let closed = false;
    const use = () => {
      if (closed) throw systemError('EBADF', `inode ${inode}`);
      return this.disk.file(inode).visible;
    };
    return {
      size: async () => {
        await turn();
        return use().size;
      },
      read: async (offset, length) => {
        await turn();
        return use().read(offset, length);
      },
      readInto: async (offset, target) => {
        await turn();
        const found = use().read(offset, target.byteLength);
        target.set(found);
        return found.byteLength;
      },
      readSync: (offset, target) => {
        const found = use().read(offset, target.byteLength);
        target.set(found);
        return found.byteLength;
      },
      write: async (offset, bytes) => {
        use();
        const copy = bytes.slice();
        await turn();
        use();
        this.#do({ kind: 'write', inode, offset, bytes: copy });
      },
      truncate: async (size) => {
        await turn();
        use();
        this.#do({ kind: 'truncate', inode, size });
      },
      sync: async () => {
        use();
        const until = this.disk.time;
        await turn();
        this.#do({ kind: 'sync', inode, until });
      },
      close: async () => {
        use();
        closed = true;
        await turn();
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await turn();
    const [source, target] = [this.#place(from), this.#place(to)];
    if (source.directory !== target.directory) throw systemError('EXDEV', `${from} to ${to}`);
    const names = this.disk.directory(source.directory).visible;
    const inode = names.get(source.name);
    if (inode === undefined) throw systemError('ENOENT', from);
    const replaced = names.get(target.name);
    if (replaced !== undefined && this.disk.isDirectory(replaced)) {
      if (this.disk.directory(replaced).visible.size > 0) throw systemError('ENOTEMPTY', to);
    }
    this.#do({ kind: 'rename', directory: source.directory, from: source.name, to: target.name });
  }

  async remove(path: string): Promise<void> {
    await turn();
    const found = this.#find(path);
    if (found === undefined) return;
    if (this.disk.isDirectory(found)) throw systemError('EISDIR', path);
    const { directory, name } = this.#place(path);
    this.#do({ kind: 'unlink', directory, name });
  }

  async removeTree(path: string): Promise<void> {
    const found = this.#find(path);
    if (found === undefined) return;
    if (this.disk.isDirectory(found)) {
      for (const name of [...this.disk.directory(found).visible.keys()]) await this.removeTree(`${path}/${name}`);
    }
    await turn();
    const { directory, name } = this.#place(path);
    this.#do({ kind: 'unlink', directory, name });
  }

  /** Makes the names durable, one level after the other. */
  async makeDirectory(path: string): Promise<void> {
    await turn();
    let at = rootInode;
    for (const name of segments(path)) {
      let inode = this.disk.directory(at).visible.get(name);
      if (inode === undefined) {
        inode = this.#link(at, name, true);
        const until = this.disk.time;
        await turn();
        this.#do({ kind: 'sync', inode: at, until });
      }
      if (!this.disk.isDirectory(inode)) throw systemError('EEXIST', path);
      at = inode;
    }
  }

  async list(path: string): Promise<string[]> {
    await turn();
    const inode = this.#find(path);
    if (inode === undefined) return [];
    if (!this.disk.isDirectory(inode)) throw systemError('ENOTDIR', path);
    return [...this.disk.directory(inode).visible.keys()];
  }

  async syncDirectory(path: string): Promise<void> {
    const inode = this.#find(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    this.disk.directory(inode);
    const until = this.disk.time;
    await turn();
    this.#do({ kind: 'sync', inode, until });
  }

  async lock(path: string): Promise<{ release(): Promise<void> } | { heldBy: number }> {
    await turn();
    if (this.#locked.has(path)) return { heldBy: 1 };
    this.#locked.add(path);
    return { release: async () => void this.#locked.delete(path) };
  }

  /** What a failed fsync of a file does; see {@link DiskOp}. */
  loseUnsynced(path: string): void {
    const inode = this.#find(path);
    if (inode !== undefined) this.#do({ kind: 'forget', inode });
  }

  /** Frees all locks, as the end of a process does. */
  unlock(): void {
    this.#locked.clear();
  }

  /** For long runs that are not to be put back to an earlier moment. */
  forgetJournal(): void {
    this.journal.length = 0;
  }

  /** All files, by path: for tests that damage them. */
  files(): string[] {
    const found: string[] = [];
    const walk = (inode: number, path: string) => {
      for (const [name, child] of this.disk.directory(inode).visible) {
        if (this.disk.isDirectory(child)) walk(child, `${path}${name}/`);
        else found.push(`${path}${name}`);
      }
    };
    walk(rootInode, '');
    return found.sort();
  }

  /** A file's inode. */
  inodeOf(path: string): number {
    const inode = this.#find(path);
    if (inode === undefined) throw systemError('ENOENT', path);
    return inode;
  }

  #do(op: DiskOp): void {
    this.journal.push(op);
    this.disk.apply(op);
  }

  #link(directory: number, name: string, isDirectory: boolean): number {
    const inode = this.disk.freeInode;
    this.#do({ kind: 'link', directory, name, inode, isDirectory });
    return inode;
  }

  #place(path: string): { directory: number; name: string } {
    const names = segments(path);
    const name = names.pop();
    const directory = this.#find(names.join('/'));
    if (name === undefined || directory === undefined) throw systemError('ENOENT', path);
    return { directory, name };
  }

  #find(path: string): number | undefined {
    let at = rootInode;
    for (const name of segments(path)) {
      if (!this.disk.isDirectory(at)) return undefined;
      const next = this.disk.directory(at).visible.get(name);
      if (next === undefined) return undefined;
      at = next;
    }
    return at;
  }
}

/** An error as the operating system's come. */
export function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

function segments(path: string): string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** A system call takes a while: others have their turn before it is done. */
async function turn(): Promise<void> {
  await undefined;
  await undefined;
}
