import { afterEach, expect, it } from 'vitest';
import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { nextTurn } from '../time-slice.ts';

let db: VectorDatabase | undefined;
afterEach(() => db?.close());

const count = 3_000;
const words = Array.from({ length: 400 }, (_, i) => `word${i}`);
const textOf = (i: number) => Array.from({ length: 60 }, (_, j) => words[(i * 7 + j * j) % words.length]).join(' ');

async function filled() {
  db = await connect('native:');
  const store = await db.createCollection('c', {
    dimension: 4,
    metric: 'euclidean',
    fields: { text: 'text', part: 'number' },
    index: { type: 'flat' },
  });
  const record = (i: number) => ({
    id: `r${i}`,
    vector: [i, i % 7, 1, 0],
    payload: { text: textOf(i), part: i % 2, n: 0 },
  });
  await store.upsert(Array.from({ length: count }, (_, i) => record(i)));
  // The words are indexed when they are asked for, and kept up from then on.
  await store.count({ text: { $match: 'word1' } });
  return store;
}

it('others have their turns while a large write is applied, and no reader sees half of it', async () => {
  const store = await filled();
  let isOver = false;
  const seen = new Set<number>();
  let turns = 0;
  const write = store.delete({ filter: { part: 1 } }).finally(() => {
    isOver = true;
  });
  const reading = (async () => {
    while (!isOver) {
      const counts = await Promise.all([
        store.count(),
        store.count({ part: 1 }).then((half) => half + count / 2),
        store.search([1_500, 1, 1, 0], { k: count }).then((found) => found.length),
        store.filter({ n: 0 }, { limit: count }).then(({ records }) => records.length),
      ]);
      for (const each of counts) seen.add(each);
    }
  })();
  while (!isOver) {
    turns += 1;
    await nextTurn();
  }
  await Promise.all([write, reading]);
  for (const each of seen) expect([count, count / 2]).toContain(each);
  // 1,500 texts are taken out of the index: much more than a slice.
  expect(turns).toBeGreaterThan(5);
  expect(await store.count()).toBe(count / 2);
});

it('that holds for changed payloads', async () => {
  const store = await filled();
  let isOver = false;
  const seen = new Set<number>();
  const write = store.setPayload({ filter: { part: 0 } }, { text: 'another text', n: 1 }).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    seen.add(await store.count({ n: 1 }));
    seen.add(await store.count({ text: { $match: 'another text' } }));
  }
  await write;
  for (const each of seen) expect([0, count / 2]).toContain(each);
  expect(await store.count({ n: 1 })).toBe(count / 2);
});

it('that holds for readers who come at every point of a write', async () => {
  db = await connect('native:');
  const store = await db.createCollection('c', { dimension: 2, metric: 'euclidean', index: { type: 'flat' } });
  const batch = (n: number) => Array.from({ length: 640 }, (_, i) => ({ id: `r${i}`, vector: [n, i], payload: { n } }));
  await store.upsert(batch(0));
  const torn: number[] = [];
  let isOver = false;
  // Each after another number of steps of its own, so that some begin in the middle of whatever is going on.
  const readers = Array.from({ length: 12 }, async (_, delay) => {
    while (!isOver) {
      for (let i = 0; i < delay; i++) await undefined;
      const { records } = await store.filter({}, { limit: 640 });
      const seen = new Set(records.map(({ payload }) => payload.n));
      if (seen.size !== 1) torn.push(seen.size);
    }
  });
  for (let n = 1; n <= 40; n++) await store.upsert(batch(n));
  isOver = true;
  await Promise.all(readers);
  expect(torn).toEqual([]);
});
