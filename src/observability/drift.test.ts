import { describe, expect, it, test } from 'vitest';

import { uniforms } from '../../bench/lib/random.ts';
import { connect } from '../connect.ts';
import type { Middleware } from '../middleware/compose.ts';
import { forwardCollection, forwardDriver } from '../middleware/forward.ts';
import type { VectorStore } from '../store.ts';
import type { CollectionStats } from '../types.ts';
import { type DriftAdvice, type DriftOptions, type DriftWindow, monitorDrift } from './drift.ts';

const dimension = 24;

/** Vectors of 40 clusters whose centres lie around an offset. */
function cloud(seed: number, offset: number, spread = 1): () => number[] {
  const random = uniforms(seed);
  const deviate = () => random() + random() + random() - 1.5;
  const centres = Array.from({ length: 40 }, () => Array.from({ length: dimension }, () => offset + 2 * deviate()));
  return () => centres[Math.floor(random() * centres.length)]!.map((x) => x + spread * deviate());
}

/** A monitor that writes down what it says. */
function monitored(options: DriftOptions = {}) {
  const told: DriftAdvice[] = [];
  const windows: DriftWindow[] = [];
  const monitor = monitorDrift({
    share: 1,
    windowSamples: 30,
    ...options,
    onAdvice: (advice) => told.push(advice),
    onWindow: (window) => windows.push(window),
  });
  return { monitor, told, windows };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Asks until so many more windows were judged. */
async function ask(store: VectorStore, windows: readonly DriftWindow[], more: number, query: () => number[]) {
  const enough = windows.length + more;
  for (let n = 0; windows.length < enough; n++) {
    if (n > 100 * enough) throw new Error('no window is ever full');
    await store.search(query());
    await nextTurn();
  }
}

describe('real indexes', () => {
  it('an index trained on other vectors finds less, is to be made anew, and is good again after that', async () => {
    const { monitor, told, windows } = monitored();
    await using db = await connect('native:', { middleware: [monitor.middleware] });
    const index = { type: 'ivf-pq', nlist: 32, options: { pqM: 6 } };
    const store = await db.createCollection('articles', { dimension, metric: 'euclidean', index });
    let written = 0;
    const write = (count: number, make: () => number[]) =>
      store.upsert(Array.from({ length: count }, () => ({ id: `r${written++}`, vector: make(), payload: {} })));
    const [before, after] = [cloud(1, 0), cloud(2, 6)];
    await write(3_000, before);
    await ask(store, windows, 3, before);
    expect(told).toEqual([]);
    expect(windows.at(-1)).toMatchObject({ provider: 'native', collection: 'articles', samples: 30 });
    expect(windows.at(-1)!.baseline).toBeGreaterThan(0.95);

    await write(1_400, after);
    await ask(store, windows, 2, after);
    const [low] = windows.slice(-1);
    expect(low!.interval[1]).toBeLessThan(0.8);
    expect(low!.driftRatio).toBeGreaterThan(10);
    const stats = await store.stats();
    expect(told).toEqual([
      {
        provider: 'native',
        collection: 'articles',
        inForce: true,
        causes: ['recall', 'drift'],
        action: 'recreate-index',
        index: stats.index,
        reason: expect.stringMatching(/^recall 0\.\d+ in the last 30 sampled searches .*recreate it/),
      },
    ]);
    expect(monitor.advice()).toEqual(told);

    await store.recreateIndex(told[0]!.index!);
    await ask(store, windows, 3, after);
    expect(windows.at(-1)!.recall).toBeGreaterThan(0.95);
    expect(told.map(({ inForce }) => inForce)).toEqual([true, false]);
    expect(monitor.advice()).toEqual([]);
  });

  it('a stable collection gets no advice, however long it is asked and written to', async () => {
    const { monitor, told, windows } = monitored({ target: 0.5 });
    await using db = await connect('native:', { middleware: [monitor.middleware] });
    const store = await db.createCollection('articles', {
      dimension,
      metric: 'cosine',
      index: { type: 'ivf-flat', nlist: 40, nprobe: 8 },
    });
    const [make, query] = [cloud(3, 0, 3), cloud(3, 0, 3)];
    const write = (count: number, from: number) =>
      store.upsert(Array.from({ length: count }, (_, n) => ({ id: `r${from + n}`, vector: make(), payload: {} })));
    await write(1_500, 0);
    for (let round = 0; round < 25; round++) {
      await write(100, (round % 15) * 100);
      await ask(store, windows, 2, query);
    }
    const recalls = windows.map(({ recall }) => recall);
    expect(Math.max(...recalls)).toBeLessThan(1);
    expect(windows).toHaveLength(50);
    expect(told).toEqual([]);
  });
});

it.each(['sq4', 'sq8'])(
  'codes of a graph (%s) say how far vectors of late lie from their centre',
  async (quantization) => {
    await using db = await connect('native:');
    const index = { type: 'hnsw', options: { quantization } };
    const store = await db.createCollection('articles', { dimension, metric: 'euclidean', index });
    const write = (from: number, make: () => number[]) =>
      store.upsert(Array.from({ length: 600 }, (_, n) => ({ id: `r${from + n}`, vector: make(), payload: {} })));
    await write(0, cloud(1, 0));
    await write(600, cloud(1, 0));
    const stable = (await store.stats()).drift!;
    expect(stable.recent / stable.trained).toBeGreaterThan(0.9);
    expect(stable.recent / stable.trained).toBeLessThan(1.1);
    await write(1_200, cloud(1, 0, 3));
    const drifted = (await store.stats()).drift!;
    expect(drifted.trained).toBe(stable.trained);
    expect(drifted.recent / drifted.trained).toBeGreaterThan(1.4);
    expect(drifted.vectors).toBeGreaterThanOrEqual(256);
  },
);

/** A store whose searches find the share of the exact answer that is asked for, and whose stats say what they are told to. */
function staged(found: () => number, stats: () => Partial<CollectionStats> = () => ({})): Middleware {
  return (driver) =>
    forwardDriver(driver, {
      wrapCollection: (inner) =>
        forwardCollection(inner, {
          async search(namespace, queries, options, context) {
            const answers = await inner.search(namespace, queries, options, context);
            return options.exact ? answers : answers.map((matches) => matches.slice(0, found()));
          },
          async stats(context) {
            return { ...(await inner.stats(context)), ...stats() };
          },
        }),
    });
}

async function onStage(
  found: () => number,
  { stats, ...options }: DriftOptions & { stats?: () => Partial<CollectionStats> } = {},
) {
  const { monitor, told, windows } = monitored(options);
  const db = await connect('native:', { middleware: [monitor.middleware, staged(found, stats)] });
  const store = await db.createCollection('articles', { dimension: 2, metric: 'euclidean' });
  await store.upsert(Array.from({ length: 20 }, (_, n) => ({ id: `r${n}`, vector: [n, n * n], payload: {} })));
  const next = (count: number) => ask(store, windows, count, () => [3, 3]);
  return { monitor, told, windows, store, next, [Symbol.asyncDispose]: () => db.close() };
}

describe('what makes advice', () => {
  it('nothing is said of fewer samples than a window has, however bad they are', async () => {
    await using stage = await onStage(() => 0, { windowSamples: 100 });
    for (let n = 0; n < 99; n++) {
      await stage.store.search([1, 1]);
      await nextTurn();
    }
    expect([stage.windows, stage.told]).toEqual([[], []]);
    await stage.next(2);
    expect(stage.told).toHaveLength(1);
  });

  it('one low window is not enough, two in a row are, and it takes two good ones to take advice back', async () => {
    let found = 10;
    await using stage = await onStage(() => found);
    await stage.next(2);
    const at = async (now: number) => {
      found = now;
      await stage.next(1);
      return stage.monitor.advice().length;
    };
    const seen: number[] = [];
    for (const now of [4, 10, 4, 4, 10, 4, 10, 10]) seen.push(await at(now));
    expect(seen).toEqual([0, 0, 0, 1, 1, 1, 1, 0]);
    expect(stage.told.map(({ inForce }) => inForce)).toEqual([true, false]);
  });

  it('what is a little below the limit, or a little above, neither gives advice nor takes it back', async () => {
    let found = 10;
    const random = uniforms(5);
    await using stage = await onStage(() => found, { target: 0.9, tolerance: 0.04 });
    found = 9;
    // 0.85 to 0.95, and 0.9 in the mean: the interval holds the limit.
    await using wavering = await onStage(() => (random() < 0.5 ? 8 : 10), { target: 0.9, tolerance: 0.04 });
    await stage.next(6);
    await wavering.next(40);
    expect(stage.told).toEqual([]);
    expect(wavering.told).toEqual([]);
  });

  it('a recall that was never good enough is told of, and never becomes what is usual', async () => {
    await using stage = await onStage(() => 5);
    await stage.next(6);
    expect(stage.told).toHaveLength(1);
    expect(stage.told[0]).toMatchObject({ action: 'raise-effort', params: { ef: 128 }, causes: ['recall'] });
    expect(stage.windows.every(({ baseline, limit }) => baseline === undefined && limit === 0.8)).toBe(true);
  });

  it('a fall within what is good enough is one, too, against what is usual', async () => {
    let found = 10;
    await using stage = await onStage(() => found, { target: 0 });
    await stage.next(2);
    found = 7;
    await stage.next(2);
    expect(stage.told).toHaveLength(1);
    expect(stage.windows.at(-1)!.baseline).toBe(1);
  });

  it('what is usual is learnt anew where the collection has doubled, from good windows only', async () => {
    let [found, count] = [10, 1_000];
    await using stage = await onStage(() => found, { target: 0.5, tolerance: 0.1, stats: () => ({ count }) });
    await stage.next(3);
    [found, count] = [8, 2_000];
    await stage.next(4);
    expect(stage.windows.at(-1)!.baseline).toBe(1);
    found = 10;
    await stage.next(1);
    found = 9;
    await stage.next(3);
    expect(stage.windows.at(-1)!.baseline).toBeCloseTo(0.9, 9);
    expect(stage.told).toEqual([]);
  });

  it('drift is cause enough, and over once the index is new', async () => {
    let recent: number | undefined = 1.2;
    const stats = () => (recent === undefined ? {} : { drift: { trained: 1, recent, vectors: 500 } });
    await using stage = await onStage(() => 10, { stats });
    await stage.next(3);
    recent = 4;
    await stage.next(2);
    expect(stage.told).toEqual([
      expect.objectContaining({
        action: 'recreate-index',
        causes: ['drift'],
        reason: expect.stringContaining('4.0 times as far'),
      }),
    ]);
    recent = 1.8;
    await stage.next(3);
    expect(stage.told).toHaveLength(1);
    recent = undefined;
    await stage.next(2);
    expect(stage.told.map(({ inForce }) => inForce)).toEqual([true, false]);
  });

  it('a backend that cannot give its figures fails nobody, and is asked again', async () => {
    let works = false;
    const stats = () => {
      if (!works) throw new Error('planted');
      return {};
    };
    await using stage = await onStage(() => 2, { stats });
    for (let n = 0; n < 70; n++) {
      expect(await stage.store.search([1, 1])).toHaveLength(2);
      await nextTurn();
    }
    expect(stage.windows).toEqual([]);
    works = true;
    await stage.next(2);
    expect(stage.told).toHaveLength(1);
  });

  it('what the old index was asked does not count for the new one', async () => {
    let found = 0;
    await using stage = await onStage(() => found);
    for (let n = 0; n < 20; n++) {
      await stage.store.search([1, 1]);
      await nextTurn();
    }
    await stage.store.recreateIndex({ type: 'hnsw' });
    found = 10;
    await stage.next(1);
    expect(stage.windows.map(({ recall }) => recall)).toEqual([1]);
  });

  it('a dropped collection takes its advice with it, and so does a database that is closed', async () => {
    const gone: string[] = [];
    const { monitor } = monitored({ onGone: ({ collection }) => gone.push(collection) });
    await using db = await connect('native:', { middleware: [monitor.middleware, staged(() => 2)] });
    const spec = { dimension: 2, metric: 'euclidean' } as const;
    const store = await db.createCollection('articles', spec);
    await store.upsert(Array.from({ length: 20 }, (_, n) => ({ id: `r${n}`, vector: [n, n], payload: {} })));
    while (monitor.advice().length === 0) {
      await store.search([1, 1]);
      await nextTurn();
    }
    await db.dropCollection('articles');
    expect(monitor.advice()).toEqual([]);
    expect(gone).toEqual(['articles']);
    await db.createCollection('others', spec);
    await db.close();
    expect(gone).toEqual(['articles', 'others']);
  });
});

test.each([
  { windowSamples: 5 },
  { windowSamples: 100.5 },
  { share: 2 },
  { target: -1 },
  { tolerance: 0 },
  { mostDrift: 1 },
  { confirmations: 0 },
])('%o is refused', (options) => {
  expect(() => monitorDrift(options)).toThrow(`options.${Object.keys(options)[0]}`);
});
