import { type VectorDatabase, VectorStoreError } from 'anyvec';

/** Writes a record, finds it, removes it all: `ok`, or the code of the error and its message. */
export async function roundTrip(connecting: Promise<VectorDatabase>): Promise<string> {
  try {
    await using db = await connecting;
    const store = await db.createCollection(
      'tls-example',
      { dimension: 2, metric: 'cosine' },
      { ifExists: 'recreate' },
    );
    await store.upsert({ id: 'a', vector: [1, 0], payload: { through: 'TLS' } });
    const [found] = await store.search([1, 0], { k: 1, filter: { through: 'TLS' } });
    await db.dropCollection('tls-example');
    return found?.id === 'a' ? 'ok' : 'not found';
  } catch (error) {
    return VectorStoreError.is(error) ? `${error.code}: ${error.message}` : String(error);
  }
}
