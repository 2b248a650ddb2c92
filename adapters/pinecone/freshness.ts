import type { CallContext } from '../../src/driver.ts';
import { VectorStoreError } from '../../src/errors.ts';

/** Milliseconds between two looks, doubled up to the longest. */
const shortestPause = 10;
const longestPause = 1_000;

/**
 * Read-your-writes on a service whose reads see writes later: remembers, per namespace, the number that the service gave to the last
 * write, and lets reads wait until a query says that it has seen it.
 */
export class Freshness {
  readonly #timeoutMs: number;
  readonly #pending = new Map<string, bigint>();

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** A server that numbers no writes is taken to show them at once. */
  written(namespace: string, lsn: bigint | undefined): void {
    if (lsn === undefined) return;
    const known = this.#pending.get(namespace);
    if (known === undefined || known < lsn) this.#pending.set(namespace, lsn);
  }

  get pendingNamespaces(): string[] {
    return [...this.#pending.keys()];
  }

  /**
   * Returns when reads see the writes. `look` asks for the last write that a query sees.
   *
   * @throws `Timeout` after the bound.
   */
  async wait(namespace: string, look: () => Promise<bigint | undefined>, context: CallContext): Promise<void> {
    const awaited = this.#pending.get(namespace);
    if (awaited === undefined) return;
    const end = performance.now() + this.#timeoutMs;
    for (let pause = shortestPause; ; pause = Math.min(2 * pause, longestPause)) {
      const seen = await look();
      if (seen === undefined || seen >= awaited) break;
      if (performance.now() + pause > end) {
        throw new VectorStoreError(
          'Timeout',
          `the writes of this handle were not visible within ${this.#timeoutMs} ms; raise freshnessTimeoutMs, or read with consistency: 'eventual'`,
        );
      }
      await sleep(pause, context.signal);
    }
    // A later write of another call may have come meanwhile: that one is still pending.
    if (this.#pending.get(namespace) === awaited) this.#pending.delete(namespace);
  }
}

export function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}
