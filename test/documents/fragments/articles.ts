import { autotune, connect } from 'anyvec';

/** Runs before the fragments of documents that speak of a store, a vector, a filter. */
export const db = await connect('native:');
export const store = await db.createCollection<{
  title: string;
  lang: string;
  year: number;
  tags: string[];
  draft?: boolean;
}>('articles', {
  dimension: 8,
  metric: 'cosine',
  fields: { title: 'text', lang: 'keyword', year: 'number', tags: 'keyword' },
});
export const records = Array.from({ length: 600 }, (_, i) => ({
  id: `a${i}`,
  vector: Array.from({ length: 8 }, (_, j) => Math.sin(i * 7 + j * j * (1 + (i % 5)))),
  payload: { title: `How to retry ${i}`, lang: i % 2 === 0 ? 'en' : 'de', year: 2000 + (i % 25), tags: ['a', 'b'] },
}));
await store.upsert(records);
export const vectors = records.slice(0, 3).map((record) => record.vector);
export const vector = vectors[0] ?? [];
export const [k, filter, minScore, exact] = [10, { lang: 'en' }, 0, true];
export { autotune };
