import { nextTurn, type Pieces, type TimeSlice } from '../time-slice.ts';

/**
 * Isolation of what takes several turns of the event loop: writes are done one after another, a read sees what one of them left, and nothing of the next
 * shows before the read is done.
 */
export class Isolation {
  #lastWrite: Promise<unknown> = Promise.resolve();
  /** Where a write takes several turns: settles when it is applied. */
  #applying: Promise<void> | undefined;
  /** Reads that take several turns. */
  readonly #reading = new Set<Promise<void>>();

  /** Does a write when those before it are done. */
  write<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(work);
    this.#lastWrite = turn.then(nothing, nothing);
    return turn;
  }

  /** Returns when the writes that were asked for are done. */
  async writesDone(): Promise<void> {
    await this.#lastWrite;
  }

  /** Whether a read is half done. */
  get isRead(): boolean {
    return this.#reading.size > 0;
  }

  /** Applies a write in several turns: who reads sees all of it or nothing. */
  async apply(work: () => Promise<void>): Promise<void> {
    const applying = this.#applyAlone(work).finally(() => {
      this.#applying = undefined;
    });
    // How it ends is for the writer to tell, and no reader's error.
    this.#applying = applying.catch(nothing);
    await applying;
  }

  async #applyAlone(work: () => Promise<void>): Promise<void> {
    // Readers that were let through before this have begun by then: nothing but microtasks is between.
    await nextTurn();
    await this.wholeReads();
    await work();
  }

  /** Returns when no write is half done. A read that begins in the same turn of the event loop sees what one write left: the next waits for it. */
  async wholeWrites(): Promise<void> {
    while (this.#applying !== undefined) await this.#applying;
  }

  /** Returns when no read is half done. None begins while a write is applied. */
  async wholeReads(): Promise<void> {
    while (this.#reading.size > 0) await Promise.all(this.#reading);
  }

  /** Does a read. What is not there within a slice takes several turns, and no write begins to show meanwhile. */
  read<T>(pieces: Pieces<T>, slice: TimeSlice): T | Promise<T> {
    for (;;) {
      const next = pieces.next();
      if (next.done) return next.value;
      if (slice.isOver) break;
    }
    const result = slice.finish(pieces);
    const over = result.then(nothing, nothing).finally(() => this.#reading.delete(over));
    this.#reading.add(over);
    return result;
  }
}

function nothing(): void {}
