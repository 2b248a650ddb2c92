/** Node only. No more than so many records a second. */
import { sleep } from '../remote/sleep.ts';

/** A token bucket that may go into debt by one batch, so that batches larger than a second's share are only late, and not refused. */
export class RateLimit {
  readonly #perMs: number;
  #tokens = 0;
  #at = performance.now();

  /** @param perSecond Infinity: no limit. */
  constructor(perSecond: number) {
    this.#perMs = perSecond / 1_000;
  }

  /** Resolves when `count` records may be sent. */
  async take(count: number, signal: AbortSignal): Promise<void> {
    if (this.#perMs === Number.POSITIVE_INFINITY) return;
    const now = performance.now();
    // A second's worth at most is saved up.
    this.#tokens = Math.min(this.#perMs * 1_000, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
    this.#tokens -= count;
    if (this.#tokens < 0) await sleep(-this.#tokens / this.#perMs, signal);
  }
}
