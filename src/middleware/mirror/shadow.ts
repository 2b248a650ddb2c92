import type { StoredMatch, StoredRecord } from '../../driver.ts';
import type { Id } from '../../types.ts';

/** Which reads are asked of the passive side, too. */
export interface ShadowOptions {
  /** The share of searches and gets, 0 to 1. */
  readonly fraction: number;
  /** So many at once, at most; further ones are left out. Default 4. */
  readonly concurrency?: number;
  /** Told of each comparison in which the two sides differ. */
  readonly onDifference?: (difference: ShadowDifference) => void;
}

/** A read that the two sides answered differently. */
export interface ShadowDifference {
  readonly operation: 'search' | 'get';
  readonly collection: string;
  readonly namespace: string;
  /** Ids in the active side's answer alone. */
  readonly missing: readonly Id[];
  /** Ids in the passive side's answer alone. */
  readonly extra: readonly Id[];
  /** While changes waited to be copied, which explains it. */
  readonly whileBehind: boolean;
}

/** What the shadow reads have shown since the mirror was opened, or the sides changed. */
export interface ShadowReport {
  readonly compared: number;
  readonly identical: number;
  /** Of the ids in the active side's answers, the share that the passive side's had, too; 1 if nothing was compared. */
  readonly overlap: number;
  /** Reads that the passive side failed. */
  readonly failed: number;
  /** Reads left out because too many were under way. */
  readonly leftOut: number;
  /** The latest that differed, at most 100. */
  readonly differences: readonly ShadowDifference[];
  /** Milliseconds, median and 95th percentile over the last 1,000 comparisons. */
  readonly latencyMs: { readonly active: Percentiles; readonly passive: Percentiles };
}

/** Milliseconds; 0 if nothing was measured. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
}

const kept = 1_000;
const listed = 100;

/** Asks the passive side what the active one has answered, off the caller's path, and compares. */
export class Shadow {
  readonly #options: ShadowOptions;
  readonly #isBehind: () => boolean;
  #running = 0;
  #counts = { compared: 0, identical: 0, wanted: 0, found: 0, failed: 0, leftOut: 0 };
  #differences: ShadowDifference[] = [];
  #times: { active: number; passive: number }[] = [];
  readonly #pending = new Set<Promise<void>>();

  constructor(options: ShadowOptions, isBehind: () => boolean) {
    this.#options = options;
    this.#isBehind = isBehind;
  }

  get report(): ShadowReport {
    const { compared, identical, wanted, found, failed, leftOut } = this.#counts;
    return {
      ...{ compared, identical, failed, leftOut },
      overlap: wanted === 0 ? 1 : found / wanted,
      differences: [...this.#differences],
      latencyMs: {
        active: percentiles(this.#times.map((time) => time.active)),
        passive: percentiles(this.#times.map((time) => time.passive)),
      },
    };
  }

  /** Forgets what was compared. */
  reset(): void {
    this.#counts = { compared: 0, identical: 0, wanted: 0, found: 0, failed: 0, leftOut: 0 };
    this.#differences = [];
    this.#times = [];
  }

  /** Returns when what is under way has ended. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Compares by chance; never rejects, and returns at once. */
  compare(
    read: { readonly operation: 'search' | 'get'; readonly collection: string; readonly namespace: string },
    activeMs: number,
    answer: readonly (readonly (StoredMatch | StoredRecord)[])[],
    ask: () => Promise<readonly (readonly (StoredMatch | StoredRecord)[])[]>,
  ): void {
    const { fraction, concurrency = 4 } = this.#options;
    if (Math.random() >= fraction) return;
    if (this.#running >= concurrency) {
      this.#counts.leftOut += 1;
      return;
    }
    // Before anybody else can change the answer, which is the caller's.
    const wanted = answer.map((list) => list.map(({ id }) => id));
    const wasBehind = this.#isBehind();
    this.#running += 1;
    const comparing: Promise<void> = this.#compare(read, wanted, wasBehind, activeMs, ask).finally(() => {
      this.#running -= 1;
      this.#pending.delete(comparing);
    });
    this.#pending.add(comparing);
  }

  async #compare(
    read: { readonly operation: 'search' | 'get'; readonly collection: string; readonly namespace: string },
    wanted: readonly (readonly Id[])[],
    wasBehind: boolean,
    active: number,
    ask: () => Promise<readonly (readonly { readonly id: Id }[])[]>,
  ): Promise<void> {
    try {
      const began = performance.now();
      const found = (await ask()).map((list) => list.map(({ id }) => id));
      this.#times.push({ active, passive: performance.now() - began });
      if (this.#times.length > kept) this.#times.shift();
      wanted.forEach((ids, i) => {
        this.#enter(read, ids, found[i] ?? [], wasBehind || this.#isBehind());
      });
    } catch {
      this.#counts.failed += 1;
    }
  }

  #enter(
    read: Pick<ShadowDifference, 'operation' | 'collection' | 'namespace'>,
    wanted: readonly Id[],
    found: readonly Id[],
    whileBehind: boolean,
  ): void {
    const [a, b] = [new Set(wanted), new Set(found)];
    const missing = [...a].filter((id) => !b.has(id));
    const extra = [...b].filter((id) => !a.has(id));
    this.#counts.compared += 1;
    this.#counts.wanted += a.size;
    this.#counts.found += a.size - missing.length;
    if (missing.length + extra.length === 0) {
      this.#counts.identical += 1;
      return;
    }
    const difference = { ...read, missing, extra, whileBehind };
    this.#differences.push(difference);
    if (this.#differences.length > listed) this.#differences.shift();
    try {
      this.#options.onDifference?.(difference);
    } catch {
      // The listener's own affair: nobody waits for this read.
    }
  }
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}
