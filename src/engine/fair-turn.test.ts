import { expect, test, vi } from 'vitest';
import { connect } from '../connect.ts';

test.each(['search', 'get', 'count', 'upsert'] as const)(
  'timers have their turn while one %s after another is awaited',
  async (operation) => {
    await using db = await connect('native:');
    const store = await db.createCollection('turns', { dimension: 2, metric: 'dot' });
    await store.upsert({ id: 'a', vector: [1, 2] });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    const calls = {
      search: () => store.search([1, 1]),
      get: () => store.get('a'),
      count: () => store.count(),
      upsert: () => store.upsert({ id: 'a', vector: [2, 1] }),
    };
    const end = performance.now() + 100;
    while (performance.now() < end) await calls[operation]();
    clearInterval(timer);
    expect(turns).toBeGreaterThanOrEqual(3);
  },
);

test('a thousand searches that are asked for at once leave turns to others', async () => {
  await using db = await connect('native:');
  const store = await db.createCollection('turns', { dimension: 64, metric: 'dot', index: { type: 'flat' } });
  await store.upsert(Array.from({ length: 2_000 }, (_, i) => ({ id: `${i}`, vector: new Float32Array(64).fill(i) })));
  const query = new Float32Array(64).fill(1);
  let [answered, mostInATurn, before] = [0, 0, 0];
  let isDone = false;
  const watching = (async () => {
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      mostInATurn = Math.max(mostInATurn, answered - before);
      before = answered;
    }
  })();
  await Promise.all(
    Array.from({ length: 1_000 }, async () => {
      await store.search(query);
      answered += 1;
    }),
  );
  isDone = true;
  await watching;
  // All of them in one or two, before.
  expect(mostInATurn).toBeLessThan(500);
});

test('a test that replaces timers does not stop the store', async () => {
  await using db = await connect('native:');
  const store = await db.createCollection('turns', { dimension: 2, metric: 'dot' });
  vi.useFakeTimers({ toFake: ['setImmediate', 'setTimeout'] });
  try {
    for (const end = performance.now() + 50; performance.now() < end; ) await store.upsert({ id: 'a', vector: [1, 2] });
    expect(await store.count()).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});
