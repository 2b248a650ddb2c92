import { connect, type VectorDatabase } from 'anyvec';

const topics = ['retrying requests', 'baking bread', 'tuning guitars', 'mending bicycles', 'growing tomatoes'];

/** Articles to try it with: in place of embeddings each has a direction of its topic, and a little of its own. */
export async function exampleDatabase(count: number): Promise<VectorDatabase> {
  const db = await connect('native:');
  const articles = await db.createCollection('articles', {
    dimension: 16,
    metric: 'cosine',
    fields: { title: 'text', lang: 'keyword' },
  });
  await articles.upsert(
    Array.from({ length: count }, (_, i) => ({
      id: `a${i}`,
      vector: Array.from({ length: 16 }, (_, j) => Math.cos((i % topics.length) * j) + 0.3 * Math.sin(i * (j + 1))),
      payload: { title: `On ${topics[i % topics.length]}, part ${i}`, lang: i % 3 === 0 ? 'de' : 'en' },
    })),
  );
  return db;
}
