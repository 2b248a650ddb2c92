import { connect } from 'anyvec';
import { z } from 'zod';

const db = await connect('native:'); // in memory; 'native:./data', 'hnswlib:./data', 'faiss:./data' keep it on disk
const articles = await db.createCollection('articles', {
  dimension: 3,
  metric: 'cosine',
  payload: z.object({ title: z.string(), lang: z.enum(['en', 'de']), year: z.int() }),
  fields: { lang: 'keyword', year: 'number' },
});
await articles.upsert([
  { id: 'a1', vector: [0.9, 0.1, 0], payload: { title: 'Retrying failed requests', lang: 'en', year: 2024 } },
  { id: 'a2', vector: [0.1, 0.9, 0], payload: { title: 'Baking bread', lang: 'en', year: 2021 } },
]);
const hits = await articles.search([1, 0, 0], { k: 1, filter: { lang: 'en', year: { $gte: 2020 } } });
console.log(hits[0]?.payload.title, hits[0]?.score.toFixed(3)); // Retrying failed requests 0.994
await db.close();
