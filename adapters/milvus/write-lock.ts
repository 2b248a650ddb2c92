/**
 * Orders the writes of this process to one collection: whole-record writes go side by side; a write that first reads what it changes has the
 * collection to itself, or it would undo what came between.
 */
export class WriteLock {
  #shared = new Set<Promise<unknown>>();
  #exclusive: Promise<unknown> = Promise.resolve();

  /** Beside other shared work, after exclusive work that began before. */
  shared<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#exclusive.then(work);
    const settled: Promise<unknown> = turn.catch(nothing).finally(() => this.#shared.delete(settled));
    this.#shared.add(settled);
    return turn;
  }

  /** Alone: after everything that began before. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const before = Promise.all([this.#exclusive, ...this.#shared]);
    const turn = before.then(work);
    this.#exclusive = turn.catch(nothing);
    return turn;
  }
}

function nothing(): void {}
