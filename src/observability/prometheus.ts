/**
 * `anyvec/prometheus`: durations, errors and calls under way of every store, and sampled recall, as metrics of `prom-client`. Node only.
 *
 * @module
 */
import type { Registry } from 'prom-client';

import type { VectorDatabase } from '../database.ts';
import { invalid } from '../errors.ts';
import type { Middleware } from '../middleware/compose.ts';
import { loadOptionalPackage } from '../optional-package.ts';
import { errorType, observeCalls } from './calls.ts';
import { type DriftOptions, monitorDrift } from './drift.ts';
import { driftGauges, nameOf } from './drift-gauges.ts';
import { healthGauges } from './health-gauges.ts';
import { tenantCounters } from './tenant-counters.ts';

/** Which tenant a namespace belongs to; undefined: none. */
export type TenantOf = (namespace: string) => string | undefined;

/** What {@link collectMetrics} takes. */
export interface CollectOptions {
  /** A `Registry` of prom-client. Default: its global one. */
  readonly registry?: { metrics(): Promise<string> };
  /** Bounds of the durations in seconds, rising. Default: from 0.1 ms to 10 s. */
  readonly buckets?: readonly number[];
  /** Which share of the searches through {@link MetricsCollection.middleware} is compared with the exact answer, 0 to 1. Default 0.01. */
  readonly recallShare?: number;
  /** How the sampled recall is judged, and who is told of advice: see `monitorDrift` of `anyvec/drift`. */
  readonly drift?: Omit<DriftOptions, 'share'>;
  /** Gives counters by tenant: of the namespace of a call, the tenant's name, or undefined. Up to 1,000 names are told apart. Must not throw. */
  readonly tenantOf?: TenantOf;
}

/** Collection at work. */
export interface MetricsCollection {
  /** For `connect(url, { middleware })`: samples the recall and watches for drift. Not needed for the other metrics. */
  readonly middleware: Middleware;
  /**
   * From now on a database is asked for its health whenever the metrics are read.
   *
   * @param database What it is called in the label. Default: its provider.
   * @returns what ends it.
   */
  watchHealth(db: VectorDatabase, database?: string): () => void;
  /** Ends it and takes the metrics out of the registry. */
  stop(): void;
}

const defaultBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];
/** Under way whenever somebody reads the metrics: no load. */
const healthCheck = 'health';
const recallBuckets = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999, 1];

/**
 * Records every call of every store of this process, with all its retries and batches as one, until stopped.
 *
 * | metric | labels | |
 * |---|---|---|
 * | `anyvec_call_duration_seconds` | `provider`, `collection`, `operation` | histogram; its `_count` gives the rate |
 * | `anyvec_call_errors_total` | and `code`, of the `VectorStoreError` | counter |
 * | `anyvec_calls_in_flight` | `provider` | gauge; without health checks |
 * | `anyvec_search_recall` | `provider`, `collection` | histogram of the share of the exact answer that a sampled search gave |
 * | `anyvec_recall`, `_low`, `_high`, `_baseline`, `_limit` | `provider`, `collection` | gauges: the latest window of samples, its 95 % interval, what is usual, and what is too low |
 * | `anyvec_index_drift_ratio` | `provider`, `collection` | gauge: recent over trained of `stats().drift`, where the index says so |
 * | `anyvec_drift_advice` | and `action` | gauge: 1 while there is advice |
 * | `anyvec_up`, `anyvec_health_seconds` | `provider`, `database` | gauges, of databases given to `watchHealth` |
 * | `anyvec_tenant_calls_total`, `_errors_total`, `_seconds_total` | `provider`, `collection`, `tenant` | counters, with `tenantOf` |
 *
 * `collection` is empty where a call is about none. Namespaces are no label of their own, since there may be many.
 *
 * @throws `Unavailable` where `prom-client` is not installed; `InvalidArgument`.
 * @example
 * const metrics = await collectMetrics({ recallShare: 0.02 });
 * const db = await connect('native:./data', { middleware: [metrics.middleware] });
 * http.createServer(async (_, response) => response.end(await register.metrics())).listen(9464);
 */
export async function collectMetrics(options: CollectOptions = {}): Promise<MetricsCollection> {
  const { buckets = defaultBuckets, recallShare = 0.01 } = options;
  if (!(recallShare >= 0 && recallShare <= 1)) throw invalid('options.recallShare', 'a share from 0 to 1');
  const client = await loadOptionalPackage(
    () => import('prom-client'),
    'anyvec/prometheus needs the package prom-client; run: npm install prom-client',
  );
  const { Counter, Gauge, Histogram, register } = client;
  const registry = options.registry === undefined ? register : (options.registry as Registry);
  const registers = [registry];
  const duration = new Histogram({
    name: 'anyvec_call_duration_seconds',
    help: 'Duration of the calls of vector stores',
    labelNames: ['provider', 'collection', 'operation'],
    buckets: [...buckets],
    registers,
  });
  const errors = new Counter({
    name: 'anyvec_call_errors_total',
    help: 'Calls of vector stores that failed, by error code',
    labelNames: ['provider', 'collection', 'operation', 'code'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'anyvec_calls_in_flight',
    help: 'Calls of vector stores under way',
    labelNames: ['provider'],
    registers,
  });
  const recall = new Histogram({
    name: 'anyvec_search_recall',
    help: 'Share of the exact answer that sampled searches gave',
    labelNames: ['provider', 'collection'],
    buckets: recallBuckets,
    registers,
  });
  const tenants = options.tenantOf && tenantCounters(client, registry, options.tenantOf);
  const health = healthGauges(client, registry);
  const gauges = driftGauges(client, registry);
  const monitor = monitorDrift({
    ...options.drift,
    share: recallShare,
    onSample(sample) {
      recall.observe({ provider: sample.provider, collection: sample.collection }, sample.recall);
      options.drift?.onSample?.(sample);
    },
    onWindow(window) {
      gauges.show(window);
      options.drift?.onWindow?.(window);
    },
    onGone(place) {
      gauges.hide(place);
      options.drift?.onGone?.(place);
    },
  });
  const { stop } = observeCalls({
    begin({ provider, operation }) {
      if (operation !== healthCheck) inFlight.inc({ provider });
    },
    end(_, call, seconds) {
      const { provider, collection = '', operation, error } = call;
      if (operation !== healthCheck) inFlight.dec({ provider });
      duration.observe({ provider, collection, operation }, seconds);
      if (error !== undefined) errors.inc({ provider, collection, operation, code: errorType(error) });
      tenants?.count(call, seconds);
    },
  });
  const own = [duration, errors, inFlight, recall].map(nameOf);
  return {
    middleware: monitor.middleware,
    watchHealth: (db, database = db.provider) => health.watch(db, database),
    stop() {
      stop();
      for (const name of [...own, ...health.names, ...gauges.names, ...(tenants?.names ?? [])])
        registry.removeSingleMetric(name);
    },
  };
}
