import type { Id } from '../types.ts';

/** Which ids of which namespace a write is about; `all`: nobody knows before it is done. */
export type Claim = { readonly namespace: string; readonly ids: ReadonlySet<Id> } | 'all';

interface Holder {
  readonly claim: Claim;
  readonly done: Promise<void>;
}

/** Writes about the same ids run one after another, in the order in which they came; others side by side. */
export class IdLocks {
  readonly #holders = new Set<Holder>();

  async hold<T>(claim: Claim, work: () => Promise<T>): Promise<T> {
    const before = [...this.#holders].filter((holder) => overlap(holder.claim, claim)).map((holder) => holder.done);
    const { promise, resolve } = deferred();
    const holder = { claim, done: promise };
    this.#holders.add(holder);
    try {
      await Promise.all(before);
      return await work();
    } finally {
      this.#holders.delete(holder);
      resolve();
    }
  }
}

/** Many readers at once, or one who changes what they must not see half done. Readers that come later wait for one who waits. */
export class Gate {
  readonly #readers = new Set<Promise<void>>();
  #lastChange: Promise<void> = Promise.resolve();

  async read<T>(work: () => Promise<T>): Promise<T> {
    for (let seen: Promise<void> | undefined; seen !== this.#lastChange; ) {
      seen = this.#lastChange;
      await seen;
    }
    const { promise, resolve } = deferred();
    this.#readers.add(promise);
    try {
      return await work();
    } finally {
      this.#readers.delete(promise);
      resolve();
    }
  }

  async change<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#lastChange;
    const { promise, resolve } = deferred();
    this.#lastChange = promise;
    try {
      await before;
      await Promise.all(this.#readers);
      return await work();
    } finally {
      resolve();
    }
  }
}

function overlap(a: Claim, b: Claim): boolean {
  if (a === 'all' || b === 'all') return true;
  if (a.namespace !== b.namespace) return false;
  const [few, many] = a.ids.size <= b.ids.size ? [a.ids, b.ids] : [b.ids, a.ids];
  for (const id of few) if (many.has(id)) return true;
  return false;
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
