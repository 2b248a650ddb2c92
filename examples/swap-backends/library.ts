/*
 * A small program on vectors that knows no backend: which one it runs on is said by `config`, the argument of `connect`.
 */
import { type Config, connect } from 'anyvec';
import { z } from 'zod';

const book = z.object({ title: z.string(), year: z.int(), topics: z.array(z.string()), lent: z.boolean().optional() });

/** What a book is about: of sea, war, love and crime. */
const books = [
  { id: 'moby', vector: [9, 1, 0, 0], payload: { title: 'Moby-Dick', year: 1851, topics: ['sea', 'obsession'] } },
  { id: 'sea-wolf', vector: [8, 3, 1, 1], payload: { title: 'The Sea-Wolf', year: 1904, topics: ['sea'] } },
  {
    id: 'war-and-peace',
    vector: [0, 8, 6, 0],
    payload: { title: 'War and Peace', year: 1869, topics: ['war', 'love'] },
  },
  { id: 'emma', vector: [0, 0, 9, 0], payload: { title: 'Emma', year: 1815, topics: ['love'] } },
  { id: 'moonstone', vector: [1, 0, 3, 9], payload: { title: 'The Moonstone', year: 1868, topics: ['crime', 'love'] } },
];

/** Fills a library and asks it; the lines are the same on every backend. */
export async function library(config: string | Config): Promise<string[]> {
  await using db = await connect(config);
  const store = await db.createCollection(
    'library',
    { dimension: 4, metric: 'cosine', payload: book, fields: { year: 'number', topics: 'keyword' } },
    { ifExists: 'recreate' },
  );
  await store.upsert(books);
  await store.setPayload({ filter: { topics: { $contains: 'sea' } } }, { lent: true });
  const { missing } = await store.delete(['emma', 'emma-2']);

  const atSea = await store.search([1, 0, 0, 0], { k: 3 });
  const old = await store.search([0, 0, 1, 0], { filter: { year: { $lt: 1869 }, $not: { lent: true } } });
  const { records } = await store.filter({ topics: { $in: ['love', 'war'] } });
  return [
    `at sea: ${atSea.map(({ payload, score }) => `${payload.title} ${score.toFixed(3)}`).join(', ')}`,
    `old, and not lent: ${old.map(({ payload }) => payload.title).join(', ')}`,
    `on love or war: ${records
      .map(({ payload }) => payload.title)
      .sort()
      .join(', ')}`,
    `never had: ${missing.join(', ')}`,
  ];
}
