import { describe, expect, it } from 'vitest';
import { turnsUntil } from '../../test/support/turns.ts';
import { connect } from '../connect.ts';

const count = 20_000;
const dimension = 8;

async function filled() {
  const db = await connect('native:');
  const store = await db.createCollection('c', {
    dimension,
    metric: 'dot',
    fields: { version: 'number' },
    index: { type: 'flat' },
  });
  await store.upsert(
    Array.from({ length: count }, (_, i) => ({
      id: `r${i}`,
      vector: new Float32Array(dimension).fill(1 + (i % 7)),
      payload: { version: 0, list: Array.from({ length: 60 }, (_, j) => ({ j, of: `${i}` })) },
    })),
  );
  return { db, store };
}

describe('a read that takes several turns of the event loop', async () => {
  const { db, store } = await filled();
  const query = new Float32Array(dimension).fill(1);
  let version = 0;

  it.each([
    ['a page', async () => (await store.filter({}, { limit: 10_000 })).records],
    ['a search', () => store.search(query, { k: 10_000 })],
    ['get', () => store.get(Array.from({ length: 10_000 }, (_, i) => `r${count - 1 - i}`))],
  ] as const)('%s sees one state, whatever is written meanwhile, and lets others have their turn', async (_, read) => {
    const before = version;
    version += 1;
    const reading = read();
    const turns = turnsUntil(reading);
    const writing = store.setPayload({ filter: { version: { $gte: 0 } } }, { version });
    const records = await reading;
    await writing;
    const versions = records.map((record) => (record!.payload as { version: number }).version);
    expect([...new Set(versions)]).toEqual([before]);
    expect(await turns).toBeGreaterThan(2);
    expect(await store.count({ version })).toBe(count);
  });

  it('does not hold up a database that is closed: what began is answered first', async () => {
    const reading = store.search(query, { k: 10_000 });
    await new Promise((resolve) => setImmediate(resolve));
    await db.close();
    expect(await reading).toHaveLength(10_000);
  });
});
