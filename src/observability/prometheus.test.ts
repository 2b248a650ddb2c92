import { Registry } from 'prom-client';
import { afterEach, beforeEach, expect, it } from 'vitest';

import { connect } from '../connect.ts';
import type { Middleware } from '../middleware/compose.ts';
import { forwardCollection, forwardDriver } from '../middleware/forward.ts';
import { collectMetrics, type MetricsCollection } from './prometheus.ts';
import { recallOf } from './recall.ts';
import { type RecallSample, sampleRecall } from './recall-sampler.ts';

let registry: Registry;
let metrics: MetricsCollection;
beforeEach(async () => {
  registry = new Registry();
  metrics = await collectMetrics({ registry, recallShare: 1 });
});
afterEach(() => metrics.stop());

/** The samples of the text format: `name{labels}` → value. */
async function scrape(): Promise<Map<string, number>> {
  const lines = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const [, name, value] = /^(\w+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
      return [name!, Number(value)];
    }),
  );
}

const labels = (operation: string) => `{provider="native",collection="articles",operation="${operation}"}`;

it('counts and times calls by operation, and failures by code', async () => {
  await using db = await connect('native:');
  const store = await db.createCollection('articles', { dimension: 2, metric: 'cosine' });
  for (let n = 0; n < 3; n++) await store.count();
  await expect(store.search([1, 2, 3])).rejects.toThrow();
  const found = await scrape();
  expect(found.get(`anyvec_call_duration_seconds_count${labels('count')}`)).toBe(3);
  expect(found.get(`anyvec_call_duration_seconds_sum${labels('count')}`)).toBeGreaterThan(0);
  expect(found.get(`anyvec_call_duration_seconds_count${labels('search')}`)).toBe(1);
  expect([...found].filter(([name]) => name.startsWith('anyvec_call_errors_total'))).toEqual([
    [`anyvec_call_errors_total{provider="native",collection="articles",operation="search",code="InvalidArgument"}`, 1],
  ]);
  expect(found.get('anyvec_calls_in_flight{provider="native"}')).toBe(0);
});

it('counts the calls under way', async () => {
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
  expect((await scrape()).get('anyvec_calls_in_flight{provider="native"}')).toBe(1);
  release();
  await calling;
  expect((await scrape()).get('anyvec_calls_in_flight{provider="native"}')).toBe(0);
});

/** Finds only every other match, unless asked to be exact. */
const lossy: Middleware = (driver) =>
  forwardDriver(driver, {
    wrapCollection: (inner) =>
      forwardCollection(inner, {
        async search(namespace, queries, options, context) {
          const answers = await inner.search(namespace, queries, options, context);
          return options.exact ? answers : answers.map((matches) => matches.filter((_, at) => at % 2 === 0));
        },
      }),
  });

it('samples the recall against the exact answer, off the path of the caller', async () => {
  const db = await connect('native:', { middleware: [metrics.middleware, lossy] });
  const store = await db.createCollection('articles', { dimension: 2, metric: 'euclidean' });
  await store.upsert(Array.from({ length: 20 }, (_, n) => ({ id: `r${n}`, vector: [n, 0], payload: {} })));
  expect(await store.search([0, 0], { k: 10 })).toHaveLength(5);
  await store.search([0, 0], { k: 10, exact: true });
  await store.close();
  await db.close();
  const found = await scrape();
  const place = 'provider="native",collection="articles"';
  expect(found.get(`anyvec_search_recall_count{${place}}`)).toBe(1);
  expect(found.get(`anyvec_search_recall_sum{${place}}`)).toBe(0.5);
});

it('compares the share asked for, one at a time, and never fails or changes a search', async () => {
  const samples: RecallSample[] = [];
  let [exactSearches, underWay, most] = [0, 0, 0];
  const failing: Middleware = (driver) =>
    forwardDriver(driver, {
      wrapCollection: (inner) =>
        forwardCollection(inner, {
          async search(namespace, queries, options, context) {
            if (!options.exact) return inner.search(namespace, queries, options, context);
            exactSearches += 1;
            underWay += 1;
            most = Math.max(most, underWay);
            await new Promise((resolve) => setTimeout(resolve, 2));
            underWay -= 1;
            if (exactSearches % 2 === 0) throw new Error('planted');
            return inner.search(namespace, queries, options, context);
          },
        }),
    });
  const run = async (share: number) => {
    const sampler = sampleRecall({ share, onSample: (sample) => samples.push(sample) });
    await using db = await connect('native:', { middleware: [sampler, failing] });
    const store = await db.createCollection('articles', { dimension: 2, metric: 'cosine' });
    await store.upsert({ id: 'a', vector: [1, 0], payload: {} });
    for (let n = 0; n < 30; n++) {
      const hits = await Promise.all([
        store.search([1, 0]),
        store.searchBatch([
          [1, 0],
          [0, 1],
        ]),
      ]);
      expect(hits.flat(2).map(({ id }) => id)).toEqual(['a', 'a', 'a']);
      if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await store.close();
  };
  await run(0);
  expect(exactSearches).toBe(0);
  await run(1);
  expect(exactSearches).toBeGreaterThan(4);
  expect(most).toBe(1);
  expect(samples).toHaveLength(Math.ceil(exactSearches / 2));
  expect(samples[0]).toEqual({ provider: 'native', collection: 'articles', recall: 1 });
});

it('shows the latest window of samples, what is usual, drift and advice as gauges', async () => {
  metrics.stop();
  metrics = await collectMetrics({ registry, recallShare: 1, drift: { windowSamples: 30 } });
  await using db = await connect('native:', { middleware: [metrics.middleware, lossy] });
  const store = await db.createCollection('articles', { dimension: 2, metric: 'euclidean' });
  await store.upsert(Array.from({ length: 20 }, (_, n) => ({ id: `r${n}`, vector: [n, 0], payload: {} })));
  const place = '{provider="native",collection="articles"}';
  const advised = '{provider="native",collection="articles",action="raise-effort"}';
  const ask = async (times: number) => {
    for (let n = 0; n < times; n++) {
      await store.search([n, 0], { k: 10 });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return scrape();
  };
  const none = await ask(29);
  expect([...none.keys()].filter((name) => /^anyvec_(recall|drift|index)/.test(name))).toEqual([]);
  const first = await ask(1);
  expect(first.get(`anyvec_recall${place}`)).toBe(0.5);
  expect(first.get(`anyvec_recall_low${place}`)).toBeLessThan(0.4);
  expect(first.get(`anyvec_recall_high${place}`)).toBeGreaterThan(0.6);
  expect(first.get(`anyvec_recall_limit${place}`)).toBe(0.8);
  expect(first.has(`anyvec_recall_baseline${place}`)).toBe(false);
  expect(first.get(`anyvec_drift_advice${advised}`)).toBe(0);
  expect((await ask(30)).get(`anyvec_drift_advice${advised}`)).toBe(1);
  await db.dropCollection('articles');
  expect([...(await scrape()).keys()].filter((name) => /^anyvec_(recall|drift|index)/.test(name))).toEqual([]);
});

it('asks databases for their health when somebody reads the metrics, and only as long as it is wanted', async () => {
  let [ok, asked] = [true, 0];
  const ailing: Middleware = (driver) =>
    forwardDriver(driver, {
      async health() {
        asked += 1;
        if (asked === 3) throw new Error('planted');
        return { ok, latencyMs: 20 };
      },
    });
  await using db = await connect('native:', { middleware: [ailing] });
  const end = metrics.watchHealth(db);
  const endSecond = metrics.watchHealth(db, 'second');
  const [up, second] = ['{provider="native",database="native"}', '{provider="native",database="second"}'];
  const healthy = await scrape();
  expect([healthy.get(`anyvec_up${up}`), healthy.get(`anyvec_health_seconds${up}`)]).toEqual([1, 0.02]);
  expect(asked).toBe(2);
  endSecond();
  const failed = await scrape();
  expect([failed.get(`anyvec_up${up}`), failed.has(`anyvec_health_seconds${up}`)]).toEqual([0, false]);
  expect(failed.has(`anyvec_up${second}`)).toBe(false);
  ok = false;
  expect((await scrape()).get(`anyvec_up${up}`)).toBe(0);
  end();
  expect([...(await scrape()).keys()].filter((name) => name.startsWith('anyvec_up'))).toEqual([]);
  expect(asked).toBe(4);
});

it('counts by tenant where it is told which namespace is whose, and so many tenants at most', async () => {
  metrics.stop();
  const tenantOf = (namespace: string) => (namespace.startsWith('t-') ? namespace.slice(2) : undefined);
  metrics = await collectMetrics({ registry, tenantOf });
  await using db = await connect('native:');
  const store = await db.createCollection('articles', { dimension: 2, metric: 'cosine' });
  for (let n = 0; n < 1_003; n++) await store.namespace(`t-${n}`).count();
  await store.namespace('t-7').count();
  await store.namespace('internal').count();
  await expect(store.namespace('t-7').search([1])).rejects.toThrow();
  const found = await scrape();
  const of = (tenant: string) => `{provider="native",collection="articles",tenant="${tenant}"}`;
  expect(found.get(`anyvec_tenant_calls_total${of('7')}`)).toBe(3);
  expect(found.get(`anyvec_tenant_errors_total${of('7')}`)).toBe(1);
  expect(found.get(`anyvec_tenant_seconds_total${of('7')}`)).toBeGreaterThan(0);
  expect(found.get(`anyvec_tenant_calls_total${of('_other')}`)).toBe(3);
  expect(found.has(`anyvec_tenant_calls_total${of('internal')}`)).toBe(false);
});

it('stops, takes its metrics out of the registry, and can begin again', async () => {
  metrics.stop();
  await using db = await connect('native:');
  await db.listCollections();
  expect(await registry.metrics()).toBe('\n');
  metrics = await collectMetrics({ registry, buckets: [1] });
  await db.listCollections();
  expect(
    (await scrape()).get(
      'anyvec_call_duration_seconds_bucket{le="1",provider="native",collection="",operation="listCollections"}',
    ),
  ).toBe(1);
});

it('refuses a share that is none', async () => {
  await expect(collectMetrics({ registry: new Registry(), recallShare: 2 })).rejects.toThrow('recallShare');
});

it('counts as recall what is as near as the last of the exact answer', () => {
  const exact = { ids: ['a', 'b'], distances: [0, 1] };
  expect(recallOf(exact, exact)).toBe(1);
  expect(recallOf(exact, { ids: ['a', 'tie'], distances: [0, 1] })).toBe(1);
  expect(recallOf(exact, { ids: ['a', 'far'], distances: [0, 1.1] })).toBe(0.5);
  expect(recallOf(exact, { ids: [], distances: [] })).toBe(0);
  expect(recallOf({ ids: [], distances: [] }, { ids: [], distances: [] })).toBe(1);
});
