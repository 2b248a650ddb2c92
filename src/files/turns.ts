/** Lets readers in side by side and writers one at a time, in the order they came. */
export class Turns {
  /** Settles when all before it are done. */
  #lastWrite: Promise<unknown> = Promise.resolve();
  readonly #reads = new Set<Promise<unknown>>();

  read<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#lastWrite.then(work);
    const done: Promise<unknown> = settled(turn).then(() => this.#reads.delete(done));
    this.#reads.add(done);
    return turn;
  }

  write<T>(work: () => Promise<T>): Promise<T> {
    const turn = Promise.all([this.#lastWrite, ...this.#reads]).then(work);
    this.#lastWrite = settled(turn);
    return turn;
  }
}

function settled(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    () => undefined,
  );
}
