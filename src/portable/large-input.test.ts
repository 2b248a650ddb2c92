import { describe, expect, it } from 'vitest';
import { turnsUntil } from '../../test/support/turns.ts';
import { connect } from '../connect.ts';
import type { VectorStoreError } from '../errors.ts';

const count = 30_000;
const dimension = 64;
const records = () =>
  Array.from({ length: count }, (_, i) => ({
    id: `r${i}`,
    vector: new Float32Array(dimension).fill(i + 1),
    payload: { n: i },
  }));

describe('an array of many records', () => {
  it('is validated in several turns of the event loop, and nothing is written where the last of it is bad', async () => {
    const db = await connect('native:');
    const store = await db.createCollection('c', { dimension, metric: 'dot', index: { type: 'flat' } });
    const bad = [...records(), { id: 'bad', vector: [1], payload: {} }];
    const refused = store.upsert(bad);
    const turns = turnsUntil(refused.catch(() => undefined));
    await expect(refused).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(await turns).toBeGreaterThan(2);
    expect(await store.count()).toBe(0);
    await db.close();
  });

  it('is written whole, whatever its caller does with the array meanwhile', async () => {
    const db = await connect('native:');
    const store = await db.createCollection('c', { dimension, metric: 'dot', index: { type: 'flat' } });
    const given = records();
    const writing = store.upsert(given);
    // Once its first records were read.
    await new Promise((resolve) => setImmediate(resolve));
    given.length = 0;
    expect((await writing).acknowledged).toBe(count);
    expect(await store.count()).toBe(count);
    await db.close();
  });

  it('that is aborted while it is validated says of every id that it failed, and writes none', async () => {
    const db = await connect('native:');
    const store = await db.createCollection('c', { dimension, metric: 'dot', index: { type: 'flat' } });
    const controller = new AbortController();
    const writing = store.upsert(records(), { signal: controller.signal });
    setImmediate(() => controller.abort());
    const error = await writing.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'Aborted', result: { acknowledged: 0, unknown: [] } });
    expect((error as VectorStoreError).result?.failed).toHaveLength(count);
    expect(await store.count()).toBe(0);
    await db.close();
  });
});

it('a stream that is slow to give records lets others have their turn, too', async () => {
  const db = await connect('native:');
  const store = await db.createCollection('c', { dimension, metric: 'dot', index: { type: 'flat' } });
  function* slow() {
    // Less than a batch: nothing is sent before the last.
    for (const record of records().slice(0, 500)) {
      for (const until = performance.now() + 0.1; performance.now() < until; );
      yield record;
    }
  }
  expect(await turnsUntil(store.upsert(slow()))).toBeGreaterThan(5);
  await db.close();
});
