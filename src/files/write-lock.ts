import { rmdir } from 'node:fs/promises';
import { hasCode } from '../engine/storage/filesystem.ts';
import { nodeFileSystem } from '../engine/storage/node-filesystem.ts';
import { VectorStoreError } from '../errors.ts';

/** Who writes to a file: one at a time. The mark of it is the directory `<file>.lock`. */
export class WriteLock {
  readonly #path: string;
  #held: { release(): Promise<void> } | undefined;

  constructor(file: string) {
    this.#path = `${file}.lock`;
  }

  /**
   * Takes it, or keeps it.
   *
   * @returns Whether it was taken just now.
   * @throws `Conflict` while another connection, of this or another process, has it.
   */
  async take(): Promise<boolean> {
    if (this.#held !== undefined) return false;
    const lock = await this.#lock();
    if ('heldBy' in lock) {
      const problem = `another connection of process ${lock.heldBy} is writing to it: close it there first`;
      throw new VectorStoreError('Conflict', `${this.#path.slice(0, -'.lock'.length)}: ${problem}`);
    }
    this.#held = lock;
    return true;
  }

  async #lock(): Promise<{ release(): Promise<void> } | { heldBy: number }> {
    for (;;) {
      await nodeFileSystem.makeDirectory(this.#path);
      try {
        return await nodeFileSystem.lock(this.#path);
      } catch (error) {
        // The one before took its mark away between our two steps.
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
  }

  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held === undefined) return;
    await held.release();
    // Not empty: somebody else's by now.
    await rmdir(this.#path).catch(() => undefined);
  }
}
