import type { CallContext } from '../../src/driver.ts';
import { VectorStoreError } from '../../src/errors.ts';
import { sleep } from '../../src/remote/sleep.ts';

/** Milliseconds between two looks, doubled up to the longest. */
const shortestPause = 5;
const longestPause = 1_000;

/** What a query tells of the writes it sees: the last one's number; that the service numbers none; that there is no such namespace. */
export type Seen = bigint | 'unnumbered' | 'missing';

/** The writes to a namespace that no query has been known to see yet. */
interface Pending {
  /** The last one's number. */
  readonly lsn: bigint;
  /** The number of the last one that puts records there. */
  readonly upsertLsn: bigint | undefined;
  /** Whether a read has given up on it: then a namespace that still is missing was emptied by somebody else. */
  reported: boolean;
}

/**
 * Read-your-writes on a service whose reads see writes later: remembers, per namespace, the number that the service gave to the last
 * write, and lets reads wait until a query says that it has seen it.
 *
 * Where the service says that there is no such namespace, it says no number. That is the state after deletes; but where records were put into
 * the namespace it will be there, so reads wait for it.
 */
export class Freshness {
  readonly #timeoutMs: number;
  readonly #pending = new Map<string, Pending>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** A server that numbers no writes is taken to show them at once. */
  written(namespace: string, lsn: bigint | undefined, kind: 'upsert' | 'delete'): void {
    if (lsn === undefined) return;
    const known = this.#pending.get(namespace);
    this.#pending.set(namespace, {
      lsn: later(known?.lsn, lsn),
      upsertLsn: kind === 'upsert' ? later(known?.upsertLsn, lsn) : known?.upsertLsn,
      reported: false,
    });
  }

  get pendingNamespaces(): string[] {
    return [...this.#pending.keys()];
  }

  /**
   * Returns when reads see the writes. `look` makes a query.
   *
   * @throws `Timeout` after the bound, which is not tried again: the bound is the caller's.
   */
  async wait(namespace: string, look: () => Promise<Seen>, context: CallContext): Promise<void> {
    const awaited = this.#pending.get(namespace);
    if (awaited === undefined) return;
    const mayBeMissing = awaited.upsertLsn === undefined || awaited.reported;
    const end = performance.now() + this.#timeoutMs;
    for (let pause = shortestPause; ; pause = Math.min(2 * pause, longestPause)) {
      const seen = await look();
      if (seen === 'unnumbered' || (seen === 'missing' ? mayBeMissing : seen >= awaited.lsn)) break;
      if (performance.now() + pause > end) {
        awaited.reported = true;
        throw new VectorStoreError(
          'Timeout',
          `the writes of this handle were not visible within ${this.#timeoutMs} ms; raise freshnessTimeoutMs, or read with consistency: 'eventual'`,
          { retryable: false },
        );
      }
      await sleep(pause, context.signal);
    }
    // A later write of another call may have come meanwhile: that one is still pending.
    if (this.#pending.get(namespace) === awaited) this.#pending.delete(namespace);
  }
}

function later(a: bigint | undefined, b: bigint): bigint {
  return a === undefined || a < b ? b : a;
}
