/**
 * `anyvec/otel`: a span for every call, and the duration metric of database clients, by the semantic conventions of OpenTelemetry. Node only.
 *
 * @module
 */
import { createRequire } from 'node:module';
import type { Histogram, MeterProvider, Span, Tracer, TracerProvider } from '@opentelemetry/api';

import type { CollectionDriver, Driver } from '../driver.ts';
import type { Middleware } from '../middleware/compose.ts';
import { forwardCollection, forwardDriver } from '../middleware/forward.ts';
import { loadOptionalPackage } from '../optional-package.ts';
import type { TracedCall } from '../tracing.ts';
import { errorType, observeCalls } from './calls.ts';

/** What {@link instrument} takes: providers of the package `@opentelemetry/api`, by default the ones registered with it. */
export interface InstrumentOptions {
  readonly tracerProvider?: { getTracer(name: string, version?: string): unknown };
  readonly meterProvider?: { getMeter(name: string, version?: string): unknown };
}

/** Instrumentation at work. */
export interface Instrumentation {
  /**
   * For `connect(url, { middleware })`: makes the span of a call the active one while the backend works, so that the spans of HTTP clients become its
   * children. Not needed for anything else.
   */
  readonly middleware: Middleware;
  /** Ends it. Calls under way are not recorded. */
  stop(): void;
}

type Api = typeof import('@opentelemetry/api');

const scope = 'anyvec';
/** The bounds that the conventions recommend, in seconds. */
const bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
/** Backends that work in this process: their spans are not those of a client. */
const embedded: ReadonlySet<string> = new Set([
  'native',
  'hnswlib',
  'faiss',
  'jsonl',
  'parquet',
  'npy',
  'faiss-file',
  'hnswlib-file',
]);

/**
 * Records every call of every store of this process, with all its retries and batches as one, until stopped.
 *
 * | | |
 * |---|---|
 * | span | `{operation} {collection}`, or `{operation} {host}:{port}` for calls about none; kind CLIENT, or INTERNAL for embedded backends |
 * | metric | `db.client.operation.duration`, a histogram in seconds |
 * | `db.system.name` | the provider: `native`, `hnswlib`, `faiss`, `qdrant`, `milvus`, `pinecone` … (the conventions name none of these) |
 * | `db.operation.name`, `db.collection.name` | as the library says: `search`, `articles` |
 * | `error.type`, `db.response.status_code` | the code of the `VectorStoreError` of a call that failed |
 * | `server.address`, `server.port` | where the configuration names a server |
 * | `db.operation.batch.size` | on spans only: how many records, ids or queries, from two on |
 * | `anyvec.namespace` | on spans only, since there may be many |
 *
 * No payload, vector, id, filter or message is recorded.
 *
 * @throws `Unavailable` where `@opentelemetry/api` is not installed.
 * @example
 * const telemetry = await instrument();
 * const db = await connect('qdrant://localhost:6333', { middleware: [telemetry.middleware] });
 */
export async function instrument(options: InstrumentOptions = {}): Promise<Instrumentation> {
  const api = await loadOptionalPackage(
    () => import('@opentelemetry/api'),
    'anyvec/otel needs the package @opentelemetry/api; run: npm install @opentelemetry/api',
  );
  const version = versionOfPackage();
  const tracer = (options.tracerProvider ? (options.tracerProvider as TracerProvider) : api.trace).getTracer(
    scope,
    version,
  );
  const meter = (options.meterProvider ? (options.meterProvider as MeterProvider) : api.metrics).getMeter(
    scope,
    version,
  );
  const duration = meter.createHistogram('db.client.operation.duration', {
    description: 'Duration of database client operations.',
    unit: 's',
    advice: { explicitBucketBoundaries: bounds },
  });
  const { current, stop } = observeCalls({
    begin: (call) => startSpan(api, tracer, call),
    end: (span, call, seconds) => finish(api, duration, span, call, seconds),
  });
  return { middleware: (driver) => activating(api, driver, current), stop };
}

/** Undefined where the package was made part of a bundle. */
function versionOfPackage(): string | undefined {
  try {
    const manifest: unknown = createRequire(import.meta.url)('anyvec/package.json');
    return typeof manifest === 'object' && manifest !== null && 'version' in manifest
      ? String(manifest.version)
      : undefined;
  } catch {
    return undefined;
  }
}

function startSpan({ SpanKind }: Api, tracer: Tracer, call: TracedCall): Span {
  const { operation, collection, provider, namespace } = call;
  const target = collection ?? targetOf(call);
  return tracer.startSpan(target === undefined ? operation : `${operation} ${target}`, {
    kind: embedded.has(provider) ? SpanKind.INTERNAL : SpanKind.CLIENT,
    attributes: { ...attributesOf(call), ...(namespace !== undefined && { 'anyvec.namespace': namespace }) },
  });
}

function finish({ SpanStatusCode }: Api, duration: Histogram, span: Span, call: TracedCall, seconds: number): void {
  const failure = call.error === undefined ? {} : failureOf(call.error);
  if (call.error !== undefined) {
    span.setAttributes(failure);
    // The message may name ids: it stays out.
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  // Of one, it is no batch.
  if (call.size !== undefined && call.size > 1) span.setAttribute('db.operation.batch.size', call.size);
  span.end();
  duration.record(seconds, { ...attributesOf(call), ...failure });
}

function targetOf({ server }: TracedCall): string | undefined {
  return server && (server.port === undefined ? server.host : `${server.host}:${server.port}`);
}

function attributesOf({ operation, provider, collection, server }: TracedCall) {
  return {
    'db.system.name': provider,
    'db.operation.name': operation,
    ...(collection !== undefined && { 'db.collection.name': collection }),
    ...(server !== undefined && { 'server.address': server.host }),
    ...(server?.port !== undefined && { 'server.port': server.port }),
  };
}

function failureOf(error: unknown) {
  const type = errorType(error);
  return { 'error.type': type, 'db.response.status_code': type };
}

/** Every call of the driver with the span of the user's call as the active one. */
function activating({ context, trace }: Api, driver: Driver, current: () => Span | undefined): Driver {
  const within = <T>(run: () => T): T => {
    const span = current();
    return span === undefined ? run() : context.with(trace.setSpan(context.active(), span), run);
  };
  const wrap = (collection: CollectionDriver): CollectionDriver => withCalls(forwardCollection(collection), within);
  return withCalls(forwardDriver(driver, { wrapCollection: wrap }), within);
}

/** The methods that answer later; the others (`classify`, `checkRecord` …) ask nobody. */
const immediate: ReadonlySet<string> = new Set(['classify', 'unwrap', 'checkRecord', 'wireBytes']);

function withCalls<D extends Driver | CollectionDriver>(driver: D, within: <T>(run: () => T) => T): D {
  return new Proxy(driver, {
    get(target, key, receiver) {
      const member: unknown = Reflect.get(target, key, receiver);
      if (typeof member !== 'function' || typeof key !== 'string' || immediate.has(key)) return member;
      return (...args: unknown[]) => within(() => Reflect.apply(member, target, args));
    },
  });
}
