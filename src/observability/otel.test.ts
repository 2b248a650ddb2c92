import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';

import { connect } from '../connect.ts';
import { VectorStoreError } from '../errors.ts';
import type { Middleware } from '../middleware/compose.ts';
import { forwardCollection, forwardDriver } from '../middleware/forward.ts';
import { retry } from '../middleware/retry.ts';
import { serve } from '../server/index.ts';
import { type Instrumentation, instrument } from './otel.ts';

const spans = new InMemorySpanExporter();
const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
const metrics = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 3_600_000 });
const meterProvider = new MeterProvider({ readers: [reader] });
let telemetry: Instrumentation;

beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
afterAll(() => context.disable());
beforeEach(async () => {
  telemetry = await instrument({ tracerProvider, meterProvider });
});
afterEach(async () => {
  telemetry.stop();
  spans.reset();
  await reader.forceFlush();
  metrics.reset();
});

const named = (name: string) => spans.getFinishedSpans().filter((span) => span.name === name);

it('makes a span of every call, with the names of the semantic conventions and nothing of the data', async () => {
  await using db = await connect('native:');
  const store = await db.createCollection('articles', { dimension: 2, metric: 'cosine' });
  await store.namespace('tenant').upsert({ id: 'secret-id', vector: [0.123456, 1], payload: { secret: 'value' } });
  await store.search([1, 0], { filter: { secret: 'value' } });
  await db.listCollections();
  expect(spans.getFinishedSpans().map(({ name }) => name)).toEqual([
    'createCollection articles',
    'upsert articles',
    'search articles',
    'listCollections',
  ]);
  const [upsert] = named('upsert articles');
  expect(upsert?.kind).toBe(SpanKind.INTERNAL);
  expect(upsert?.status.code).toBe(SpanStatusCode.UNSET);
  expect(upsert?.instrumentationScope).toMatchObject({
    name: 'anyvec',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
  });
  expect(upsert?.attributes).toEqual({
    'db.system.name': 'native',
    'db.operation.name': 'upsert',
    'db.collection.name': 'articles',
    'anyvec.namespace': 'tenant',
  });
  const told = spans
    .getFinishedSpans()
    .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
  expect(JSON.stringify(told)).not.toMatch(/secret|0\.123456/);
});

it('says of a call that failed which error it was, without its message', async () => {
  await using db = await connect('native:');
  await expect(db.collection('nowhere')).rejects.toThrow();
  const [span] = named('collection nowhere');
  expect(span?.status).toEqual({ code: SpanStatusCode.ERROR });
  expect(span?.attributes).toMatchObject({ 'error.type': 'NotFound', 'db.response.status_code': 'NotFound' });
});

it('gives calls of a server a client span, within the span of the caller, and makes it active while the backend works', async () => {
  await using server = await serve({ dialect: 'qdrant' });
  const active: (string | undefined)[] = [];
  const spy: Middleware = (driver) =>
    forwardDriver(driver, {
      wrapCollection: (inner) =>
        forwardCollection(inner, {
          async count(...args) {
            await new Promise((resolve) => setTimeout(resolve, 1));
            active.push(trace.getActiveSpan()?.spanContext().spanId);
            return inner.count(...args);
          },
        }),
    });
  await using db = await connect(`qdrant://${new URL(server.url).host}`, { middleware: [telemetry.middleware, spy] });
  const store = await db.createCollection('articles', { dimension: 2, metric: 'cosine' });
  const tracer = tracerProvider.getTracer('application');
  await tracer.startActiveSpan('request', async (parent) => {
    await Promise.all([store.count(), store.count()]);
    parent.end();
  });
  await db.listCollections();
  await store.upsert(['a', 'b', 'c'].map((id) => ({ id, vector: [1, 0], payload: {} })));
  await store.searchBatch([[1, 0]]);
  const { hostname, port } = new URL(server.url);
  expect(named(`listCollections ${hostname}:${port}`)[0]?.attributes).toEqual({
    'db.system.name': 'qdrant',
    'db.operation.name': 'listCollections',
    'server.address': hostname,
    'server.port': Number(port),
  });
  const qdrant = (name: string) => named(name).find(({ attributes }) => attributes['db.system.name'] === 'qdrant');
  expect(qdrant('upsert articles')?.attributes).toMatchObject({
    'db.operation.batch.size': 3,
    'server.port': Number(port),
  });
  expect(qdrant('searchBatch articles')?.attributes).not.toHaveProperty('db.operation.batch.size');
  const [request] = named('request');
  const counts = named('count articles');
  expect(counts.map(({ kind, attributes }) => [kind, attributes['db.system.name']])).toEqual([
    [SpanKind.CLIENT, 'qdrant'],
    [SpanKind.CLIENT, 'qdrant'],
  ]);
  for (const span of counts) expect(span.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
  expect(active.toSorted()).toEqual(counts.map((span) => span.spanContext().spanId).toSorted());
  expect(new Set(active).size).toBe(2);
});

it('names the server that a configuration names, and nothing of who asks it', async () => {
  await using db = await connect('qdrant://127.0.0.1:1?timeoutMs=500');
  await expect(db.listCollections()).rejects.toThrow();
  await using elsewhere = await connect({ provider: 'qdrant', url: 'http://127.0.0.1:2', apiKey: 'secret' });
  await expect(elsewhere.listCollections({ timeoutMs: 500 })).rejects.toThrow();
  const told = spans.getFinishedSpans().map(({ name, attributes }) => ({ name, attributes }));
  expect(told.map(({ attributes }) => attributes['server.port'])).toEqual([1, 2]);
  expect(JSON.stringify(told)).not.toContain('secret');
});

it('covers the retries of a call with one span', async () => {
  let tries = 0;
  const flaky: Middleware = (driver) =>
    forwardDriver(driver, {
      async listCollections(...args) {
        tries += 1;
        if (tries < 3) throw new VectorStoreError('Unavailable', 'not yet');
        return driver.listCollections(...args);
      },
    });
  await using db = await connect('native:', { middleware: [retry({ attempts: 4 }), flaky] });
  await db.listCollections();
  expect(tries).toBe(3);
  expect(named('listCollections').map(({ status }) => status.code)).toEqual([SpanStatusCode.UNSET]);
});

it('records the duration of every call in seconds, by operation, collection and error', async () => {
  await using db = await connect('native:');
  const store = await db.createCollection('articles', { dimension: 2, metric: 'cosine' });
  for (let n = 0; n < 5; n++) await store.count();
  await expect(store.search([1, 2, 3])).rejects.toThrow();
  await reader.forceFlush();
  const [metric] = metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics: all }) => all));
  expect(metric?.descriptor).toMatchObject({ name: 'db.client.operation.duration', unit: 's' });
  if (metric?.dataPointType !== DataPointType.HISTOGRAM) throw new Error('no histogram');
  const points = metric.dataPoints.map(({ attributes, value: { count, sum } }) => ({ attributes, count, sum }));
  const common = { 'db.system.name': 'native', 'db.collection.name': 'articles' };
  const counts = points.find(({ attributes }) => attributes['db.operation.name'] === 'count');
  expect(counts).toMatchObject({ attributes: { ...common, 'db.operation.name': 'count' }, count: 5 });
  expect(counts?.sum).toBeGreaterThan(0);
  expect(counts?.sum).toBeLessThan(5);
  const failed = points.find(({ attributes }) => 'error.type' in attributes);
  expect(failed).toMatchObject({
    attributes: { ...common, 'db.operation.name': 'search', 'error.type': 'InvalidArgument' },
    count: 1,
  });
  expect(metric.dataPoints[0]?.value.buckets.boundaries).toEqual([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]);
});

it('records nothing once stopped, and each of two instrumentations what is its own', async () => {
  const other = new InMemorySpanExporter();
  const second = await instrument({
    tracerProvider: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(other)] }),
  });
  await using db = await connect('native:');
  await db.listCollections();
  telemetry.stop();
  await db.listCollections();
  second.stop();
  await db.listCollections();
  expect(spans.getFinishedSpans()).toHaveLength(1);
  expect(other.getFinishedSpans()).toHaveLength(2);
});

it('does not record a call that was under way when it stopped', async () => {
  let release = () => {};
  const slow: Middleware = (driver) =>
    forwardDriver(driver, {
      async listCollections(...args) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return driver.listCollections(...args);
      },
    });
  await using db = await connect('native:', { middleware: [slow] });
  const calling = db.listCollections();
  await new Promise((resolve) => setTimeout(resolve, 5));
  telemetry.stop();
  release();
  await calling;
  expect(spans.getFinishedSpans()).toEqual([]);
});
