/*
 * Two instrumented databases, `/metrics` for Prometheus, and made-up tenants who write and search. In an application of your own only `instrumented`
 * is of interest.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Config, connect, type VectorDatabase, type VectorStore } from 'anyvec';
import type { DriftAdvice } from 'anyvec/drift';
import { collectMetrics, type MetricsCollection } from 'anyvec/prometheus';
import { serve } from 'anyvec/server';
import { collectDefaultMetrics, Registry } from 'prom-client';

const dimension = 32;
const tenants = ['acme', 'globex', 'initech'];
const perTenant = 700;

/** What the example is started with. */
export interface MonitoringOptions {
  /** Where `/metrics` listens. 0: on a free port. */
  readonly port: number;
  /** Samples of recall that are judged together. A real application has 100, of one search in a hundred. */
  readonly windowSamples?: number;
  readonly onAdvice?: (advice: DriftAdvice) => void;
}

/** The example at work. */
export interface Monitored {
  /** Of `/metrics`. */
  readonly url: string;
  /** One round of what the tenants do; some of it fails, as it does everywhere. */
  round(): Promise<void>;
  /** Has the tenants write about other things from now on. */
  drift(): Promise<void>;
  /** Follows advice: learns the index anew. */
  recreateIndex(): Promise<void>;
  close(): Promise<void>;
}

/** Metrics with what this example wants of them. */
function instrumented(registry: Registry, { windowSamples, onAdvice }: MonitoringOptions): Promise<MetricsCollection> {
  return collectMetrics({
    registry,
    // Every search is compared: there are few. A real application leaves it at the default, one in a hundred.
    recallShare: 1,
    drift: { target: 0.7, ...(windowSamples && { windowSamples }), ...(onAdvice && { onAdvice }) },
    tenantOf: (namespace) => namespace,
  });
}

export async function monitoring(options: MonitoringOptions): Promise<Monitored> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = await instrumented(registry, options);
  // A server that speaks Qdrant's protocol, in this process; `qdrant://localhost:6333` would be a real one.
  const server = await serve({ dialect: 'qdrant' });
  const open = async (config: string | Config, name: string) => {
    const db = await connect(config, { middleware: [metrics.middleware] });
    metrics.watchHealth(db, name);
    return db;
  };
  const documents = await open('native:', 'documents');
  const products = await open({ provider: 'qdrant', url: server.url }, 'products');
  const work = await tenantsAtWork(documents, products);
  const endpoint = createServer(async (_, response) => {
    response.setHeader('content-type', registry.contentType).end(await registry.metrics());
  });
  await new Promise<void>((resolve) => endpoint.listen(options.port, '127.0.0.1', resolve));
  return {
    ...work,
    url: `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/metrics`,
    async close() {
      endpoint.closeAllConnections();
      await new Promise((resolve) => endpoint.close(resolve));
      await documents.close();
      await products.close();
      await server.close();
      metrics.stop();
    },
  };
}

async function tenantsAtWork(documents: VectorDatabase, products: VectorDatabase) {
  const index = { type: 'ivf-pq', nlist: 8, options: { pqM: 4 } };
  const articles = await documents.createCollection('articles', { dimension, metric: 'euclidean', index });
  const goods = await products.createCollection('goods', { dimension, metric: 'cosine' });
  let topic = 0;
  let round = 0;
  const write = (store: VectorStore, from: number, count: number) =>
    store.upsert(
      Array.from({ length: count }, (_, n) => ({ id: `r${from + n}`, vector: vectorAbout(topic), payload: {} })),
    );
  for (const tenant of tenants) await write(articles.namespace(tenant), 0, perTenant);
  await write(goods, 0, 200);
  return {
    async round() {
      round += 1;
      const mine = articles.namespace(tenants[round % tenants.length]!);
      await mine.search(vectorAbout(topic));
      await goods.search(vectorAbout(topic), { k: 5 });
      await goods.setPayload(`r${round % 200}`, { seen: round });
      if (round % 10 === 0) await write(mine, perTenant + round, 1);
      // A vector of the wrong length: the caller's mistake. An impatient caller: the backend's problem.
      if (round % 50 === 0) await mine.search([1, 2, 3]).catch(() => undefined);
      if (round % 50 === 25) await goods.search(vectorAbout(topic), { timeoutMs: 0.001 }).catch(() => undefined);
    },
    async drift() {
      topic += 5;
      for (const tenant of tenants) await write(articles.namespace(tenant), perTenant, perTenant * 0.45);
    },
    recreateIndex: () => articles.recreateIndex(index),
  };
}

/** Of one of two things that a topic has. */
function vectorAbout(topic: number): number[] {
  const thing = Math.floor(chance() * 2);
  return Array.from({ length: dimension }, (_, n) => topic + 2 * Math.sin(thing * 12.9 + n * 78.2) + chance());
}

let drawn = 0;

/** From 0 to 1, the same numbers in every run. */
function chance(): number {
  drawn += 1;
  const number = Math.sin(drawn) * 43_758.545;
  return number - Math.floor(number);
}
