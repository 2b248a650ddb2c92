import { isSupported } from '../capabilities.ts';
import type { CollectionDriver, DriverSearch, StoredMatch } from '../driver.ts';
import type { Middleware } from '../middleware/compose.ts';
import { forwardCollection, forwardDriver } from '../middleware/forward.ts';
import { type Answer, recallOf } from './recall.ts';

/** One search compared with the exact answer. */
export interface RecallSample {
  readonly provider: string;
  readonly collection: string;
  /** From 0 to 1. */
  readonly recall: number;
}

/** What {@link sampleRecall} takes. */
export interface SampleOptions {
  /** Which share of the searches is compared, from 0 to 1. Default 0.01. */
  readonly share?: number;
  /** Told of every comparison, after its search was answered. Must not throw. */
  readonly onSample: (sample: RecallSample) => void;
}

const milliseconds = 10_000;

/**
 * For `connect(url, { middleware })`: asks a share of the searches again, exactly, and compares. The caller has its answer by then, and is neither
 * slowed nor failed by it. At most one comparison of a collection runs at a time; searches meanwhile, exact ones, and those of backends that cannot be
 * exact are not sampled. What is written between the two searches counts as a difference.
 */
export function sampleRecall({ share = 0.01, onSample }: SampleOptions): Middleware {
  return (driver) =>
    forwardDriver(driver, {
      wrapCollection(inner) {
        const report = (recall: number) => onSample({ provider: driver.provider, collection: inner.info.name, recall });
        return sampled(inner, share, report);
      },
    });
}

function sampled(inner: CollectionDriver, share: number, report: (recall: number) => void): CollectionDriver {
  let comparing: Promise<void> | undefined;
  const wants = (exact: boolean) =>
    comparing === undefined && !exact && Math.random() < share && isSupported(inner.capabilities.options.exact);
  return forwardCollection(inner, {
    async search(namespace, queries, options, context) {
      const answers = await inner.search(namespace, queries, options, context);
      const at = Math.floor(Math.random() * queries.length);
      const [query, answer] = [queries[at], answers[at]];
      if (query === undefined || answer === undefined || !wants(options.exact)) return answers;
      // Copies: both belong to others from now on.
      comparing = compare(inner, namespace, query.slice(), options, summary(answer))
        .then(report)
        .catch(() => undefined)
        .finally(() => {
          comparing = undefined;
        });
      return answers;
    },
    async close() {
      await comparing;
      await inner.close();
    },
  });
}

async function compare(
  inner: CollectionDriver,
  namespace: string,
  query: Float32Array,
  options: DriverSearch,
  found: Answer,
): Promise<number> {
  const asked = { ...options, exact: true, params: {}, include: { payload: false, vector: false } };
  const [exact] = await inner.search(namespace, [query], asked, { signal: AbortSignal.timeout(milliseconds) });
  return recallOf(summary(exact ?? []), found);
}

const summary = (matches: readonly StoredMatch[]): Answer => ({
  ids: matches.map(({ id }) => id),
  distances: matches.map(({ distance }) => distance),
});
