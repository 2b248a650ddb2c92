/* What Prometheus is told. */
import { collectMetrics, type MetricsCollection } from 'anyvec/prometheus';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * | metric | labels | |
 * |---|---|---|
 * | `search_duration_seconds` | `mode`, `variant`, `backend` | without the embedding |
 * | `search_embedding_seconds` | `variant` | of the question |
 * | `search_fallbacks_total` | `reason` | answered by BM25 instead |
 * | `search_results` | `mode`, `variant`, `backend` | hits of a search |
 * | `documents_total` | `outcome` | upserted, unchanged, failed, deleted, patched |
 * | `stale_records` | | made by another model, or by none |
 * | `http_request_duration_seconds` | `method`, `route`, `status` | |
 * | `anyvec_*` | | see `anyvec/prometheus` |
 *
 * Tenants, questions and ids are no labels.
 */
export interface ServiceMetrics {
  readonly registry: Registry;
  readonly library: MetricsCollection;
  readonly searches: Histogram<'mode' | 'variant' | 'backend'>;
  readonly embeddings: Histogram<'variant'>;
  readonly fallbacks: Counter<'reason'>;
  readonly results: Histogram<'mode' | 'variant' | 'backend'>;
  readonly documents: Counter<'outcome'>;
  readonly requests: Histogram<'method' | 'route' | 'status'>;
  /** Sampled comparisons with the exact answer, so far. */
  recall(): Promise<{ readonly sampled: number; readonly mean: number } | undefined>;
}

/** @param stale Asked whenever the metrics are. */
export async function serviceMetrics(recallShare: number, stale: () => number): Promise<ServiceMetrics> {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const library = await collectMetrics({ registry, recallShare });
  const labelNames = ['mode', 'variant', 'backend'] as const;
  new Gauge({
    name: 'stale_records',
    help: 'Records of another model than the present one, or of none',
    registers,
    collect() {
      this.set(stale());
    },
  });
  return {
    registry,
    library,
    searches: new Histogram({
      name: 'search_duration_seconds',
      help: 'Searches, without the embedding',
      labelNames,
      buckets,
      registers,
    }),
    embeddings: new Histogram({
      name: 'search_embedding_seconds',
      help: 'Embedding of a question',
      labelNames: ['variant'],
      buckets,
      registers,
    }),
    fallbacks: new Counter({
      name: 'search_fallbacks_total',
      help: 'Searches answered by BM25 instead',
      labelNames: ['reason'],
      registers,
    }),
    results: new Histogram({
      name: 'search_results',
      help: 'Hits of a search',
      labelNames,
      buckets: [0, 1, 2, 5, 10, 20, 50, 100],
      registers,
    }),
    documents: new Counter({
      name: 'documents_total',
      help: 'Documents, by what became of them',
      labelNames: ['outcome'],
      registers,
    }),
    requests: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'HTTP requests',
      labelNames: ['method', 'route', 'status'],
      buckets,
      registers,
    }),
    async recall() {
      const metric = await registry.getSingleMetric('anyvec_search_recall')?.get();
      const sum = (suffix: string) =>
        (metric?.values ?? [])
          .filter((value) => 'metricName' in value && value.metricName === `anyvec_search_recall_${suffix}`)
          .reduce((total, { value }) => total + value, 0);
      const sampled = sum('count');
      return sampled === 0 ? undefined : { sampled, mean: sum('sum') / sampled };
    },
  };
}
