/** A process that holds one engine, so that engines share neither memory nor threads: orders come from the parent, one at a time. */
import { Nearness } from '../data/exact.ts';
import { type FilterSpec, Filters, tagOf } from '../data/filters.ts';
import { k, readTruth, recallOf } from '../data/truth.ts';
import { readSet, type VectorSet } from '../data/vector-set.ts';
import { quantile } from '../lib/statistics.ts';
import type { Engine, Passing } from './engine.ts';
import { engines } from './index.ts';
import type { Cost, Held, Opened, Order, Searched } from './messages.ts';

let set: VectorSet;
let engine: Engine;
let nearness: Nearness | undefined;
let residentBefore = 0;

async function obey(order: Order): Promise<Opened | Cost | Held | Searched | undefined> {
  switch (order.do) {
    case 'open':
      set = readSet(order.directory);
      globalThis.gc?.();
      residentBefore = process.memoryUsage().rss;
      engine = await engines[order.engine](set, order.options);
      return { settings: engine.settings, filters: engine.searchAmong !== undefined };
    case 'build':
      return holding(await clockedApart(() => engine.build()));
    case 'save':
      return clockedApart(() => engine.save(order.file));
    case 'load':
      return holding(await clockedApart(() => engine.load(order.file)));
    case 'effort':
      engine.setEffort(order.effort);
      return undefined;
    case 'search':
      return search(order.filter, order.maxMs);
  }
}

function holding(cost: Cost): Held {
  globalThis.gc?.();
  return {
    ...cost,
    ...(engine.indexBytes !== undefined && { indexBytes: engine.indexBytes() }),
    residentBytes: process.memoryUsage().rss - residentBefore,
  };
}

/** What came before is not this work's to clear away. */
function clockedApart(work: () => void | Promise<void>): Promise<Cost> {
  globalThis.gc?.();
  return clocked(work);
}

async function clocked(work: () => void | Promise<void>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const wallMs = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1_000 };
}

async function search(filter: FilterSpec | undefined, maxMs: number): Promise<Searched> {
  const truth = readTruth(set, filter);
  const passing = passingOf(filter);
  const one = (query: number) =>
    passing === undefined ? engine.search(query, k) : engine.searchAmong!(query, k, passing(query));
  const answers: ArrayLike<number>[] = [];
  const times = new Float64Array(set.queries);
  // Without a full collection before: that throws away what V8 has compiled, and no application asks for it between its searches.
  const cost = await clocked(async () => {
    const until = performance.now() + maxMs;
    for (let query = 0, before = performance.now(); query < set.queries && before < until; query++) {
      const answer = one(query);
      answers.push(answer instanceof Promise ? await answer : (answer as ArrayLike<number>));
      const after = performance.now();
      times[query] = after - before;
      before = after;
    }
  });
  nearness ??= new Nearness(set);
  let recall = 0;
  for (const [query, answer] of answers.entries()) {
    const found = Array.from(answer);
    if (passing !== undefined && found.some((row) => passing(query).has[row] !== 1))
      throw new Error(`query ${query} was answered with rows that do not pass the filter`);
    const wanted = Math.min(k, passing?.(query).rows.length ?? set.count);
    recall += recallOf(nearness, query, truth[query]!, found, wanted) / answers.length;
  }
  const spent = times.subarray(0, answers.length);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => quantile(spent, share));
  return { ...cost, queries: answers.length, recall, p50: p50!, p95: p95!, p99: p99! };
}

/** The rows that pass, for each query. */
function passingOf(filter: FilterSpec | undefined): ((query: number) => Passing) | undefined {
  if (filter === undefined) return undefined;
  const filters = new Filters(set);
  const variants = Array.from({ length: filters.variants(filter) }, (_, variant) => {
    const rows = filters.passing(filter, variant);
    const has = new Uint8Array(set.count);
    for (const row of rows) has[row] = 1;
    return { tag: tagOf(filter, variant), rows, has };
  });
  return (query) => variants[filters.variantOf(query, filter)]!;
}

process.on('message', async (order: Order) => {
  try {
    process.send!({ done: (await obey(order)) ?? null });
  } catch (error) {
    process.send!({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

// Nobody is left to give orders.
process.on('disconnect', () => process.exit());
