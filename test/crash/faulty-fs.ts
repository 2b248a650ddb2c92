import type { FileHandle, FileSystem } from '../../src/engine/storage/filesystem.ts';
import { type MemFs, systemError } from './mem-fs.ts';

/** Which calls fail, and how. */
export interface FaultPlan {
  /** Counted from 1. */
  readonly call: number;
  readonly code: 'ENOSPC' | 'EIO';
  /** All further calls of that kind as well: for ENOSPC those that need space, for EIO all. */
  readonly sticky: boolean;
  /** Counts and fails calls of this name alone. */
  readonly only?: 'sync';
}

/** A file system whose calls fail by plan. A failed write has written half; a failed fsync loses what it was to make durable. */
export class FaultyFs implements FileSystem {
  readonly #fs: MemFs;
  readonly #plan: FaultPlan | undefined;
  #calls = 0;
  #failed: string | undefined;

  constructor(fs: MemFs, plan: FaultPlan | undefined) {
    this.#fs = fs;
    this.#plan = plan;
  }

  get calls(): number {
    return this.#calls;
  }
  /** The first call that failed, if any has. */
  get failed(): string | undefined {
    return this.#failed;
  }

  async open(path: string, options: { readonly create: boolean }): Promise<FileHandle> {
    this.#enter(`open ${path}`, options.create);
    const file = await this.#fs.open(path, options);
    return this.#wrapped(file, path);
  }

  #wrapped(file: FileHandle, path: string): FileHandle {
    return {
      size: async () => this.#enter(`size ${path}`) ?? file.size(),
      read: async (offset, length) => this.#enter(`read ${path}`) ?? file.read(offset, length),
      readInto: async (offset, target) => this.#enter(`readInto ${path}`) ?? file.readInto(offset, target),
      readSync: (offset, target) => this.#enter(`readSync ${path}`) ?? file.readSync(offset, target),
      write: async (offset, bytes) => {
        try {
          this.#enter(`write ${path}`, true);
        } catch (error) {
          await file.write(offset, bytes.subarray(0, bytes.length >> 1));
          throw error;
        }
        await file.write(offset, bytes);
      },
      truncate: async (size) => this.#enter(`truncate ${path}`) ?? file.truncate(size),
      sync: async () => {
        try {
          this.#enter(`sync ${path}`, true);
        } catch (error) {
          this.#fs.loseUnsynced(path);
          throw error;
        }
        await file.sync();
      },
      close: async () => {
        await file.close();
        this.#enter(`close ${path}`);
      },
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.#enter(`rename ${from}`, true);
    await this.#fs.rename(from, to);
  }
  async remove(path: string): Promise<void> {
    this.#enter(`remove ${path}`);
    await this.#fs.remove(path);
  }
  async removeTree(path: string): Promise<void> {
    this.#enter(`removeTree ${path}`);
    await this.#fs.removeTree(path);
  }
  async makeDirectory(path: string): Promise<void> {
    this.#enter(`makeDirectory ${path}`, true);
    await this.#fs.makeDirectory(path);
  }
  async list(path: string): Promise<string[]> {
    this.#enter(`list ${path}`);
    return this.#fs.list(path);
  }
  async syncDirectory(path: string): Promise<void> {
    this.#enter(`syncDirectory ${path}`, true);
    await this.#fs.syncDirectory(path);
  }
  async lock(path: string): Promise<{ release(): Promise<void> } | { heldBy: number }> {
    this.#enter(`lock ${path}`, true);
    return this.#fs.lock(path);
  }

  #enter(what: string, needsSpace = false): undefined {
    const plan = this.#plan;
    if (plan?.only !== undefined && !what.startsWith(`${plan.only} `)) return;
    this.#calls += 1;
    if (plan === undefined || this.#calls < plan.call) return;
    if (plan.code === 'ENOSPC' && !needsSpace) return;
    if (!plan.sticky && this.#failed !== undefined) return;
    this.#failed ??= what;
    throw systemError(plan.code, what);
  }
}
