import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/connect.ts';
import { openMirror } from '../../src/middleware/mirror/index.ts';
import { verify } from '../../src/migrate/verify.ts';
import { printSeed, seed } from '../support/seed.ts';
import { newDirectory, removeDirectories, StoppableServer } from './ends.ts';
import { differencesFrom, RandomWriter } from './random-writer.ts';

printSeed('the procedure of a live migration');
afterEach(removeDirectories);

const spec = { dimension: 4, metric: 'euclidean', fields: { n: 'number', word: 'keyword' } } as const;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a live migration', () => {
  it('ends with no difference, though writes went on all the time and the secondary was away', {
    timeout: 120_000,
  }, async () => {
    const server = await StoppableServer.start();
    const [data, directory] = [`native:${newDirectory()}`, newDirectory()];
    const model = await filled(data);

    const open = () =>
      openMirror(data, server.url, { directory, maxPauseMs: 200, shadow: { fraction: 1, concurrency: 100 } });
    const mirror = await open();
    const store = await mirror.database.collection('c');
    const writer = new RandomWriter(store, seed);
    for (const [name, records] of model) for (const [id, record] of records) writer.model.get(name)!.set(id, record);
    const writing = writer.run();
    expect(await mirror.status()).toMatchObject({ active: 'primary', toBackfill: ['c'] });
    await expect(mirror.cutover()).rejects.toMatchObject({ code: 'Conflict', message: expect.stringContaining('c') });

    // The secondary goes away; nobody who writes notices.
    await server.stop();
    const before = writer.writes;
    await expect.poll(() => writer.writes - before).toBeGreaterThan(20);
    await expect.poll(() => mirror.status()).toMatchObject({ lastError: { retryable: true } });
    expect((await mirror.status()).waiting).toBeGreaterThan(0);
    await expect(mirror.drain({ timeoutMs: 300 })).rejects.toMatchObject({ code: 'Timeout' });

    // It comes back in the middle of the backfill.
    const backfill = mirror.backfill();
    await pause(200);
    await server.startAgain();
    await backfill;
    expect((await mirror.status()).toBackfill).toEqual([]);
    expect(await mirror.verify()).toMatchObject({ ok: true, differing: 0 });

    // Shadow reads, once it has caught up.
    writer.stop();
    await writing;
    await mirror.drain();
    for (let i = 0; i < 20; i++) await store.search([i, i, i, i], { k: 5, exact: true });
    await store.get(['id-1', 'id-2', 'id-3']);
    await expect.poll(() => mirror.shadowReport()!.compared).toBeGreaterThanOrEqual(21);
    const report = mirror.shadowReport()!;
    expect(report).toMatchObject({ failed: 0, leftOut: 0, overlap: 1 });
    expect(report.identical).toBe(report.compared);
    expect(report.latencyMs.passive.p50).toBeGreaterThan(0);

    // Over, back, and over again, while another writer goes on.
    const second = new RandomWriter(store, seed + 1);
    for (const [name, records] of writer.model) second.model.set(name, records);
    const writingOn = second.run();
    expect(await mirror.cutover()).toMatchObject({ ok: true });
    expect((await mirror.status()).active).toBe('secondary');
    await pause(200);
    expect(await mirror.rollback()).toMatchObject({ ok: true });
    expect((await mirror.status()).active).toBe('primary');
    await pause(200);
    await mirror.cutover();
    await pause(200);

    // A restart goes on in the same phase.
    second.stop();
    await writingOn;
    expect(await differencesFrom(second.model, store)).toEqual([]);
    await mirror.close();
    const again = await open();
    expect((await again.status()).active).toBe('secondary');
    const third = new RandomWriter(await again.database.collection('c'), seed + 2);
    for (const [name, records] of second.model) third.model.set(name, records);
    for (let i = 0; i < 50; i++) await third.write();
    await again.drain();
    await again.close();

    await using primary = await connect(data);
    await using secondary = await connect(server.url);
    const whole = await verify(primary, secondary);
    expect(whole, JSON.stringify(whole)).toMatchObject({ ok: true, state: 'validated' });
    expect(await differencesFrom(third.model, await primary.collection('c'))).toEqual([]);
    expect(await differencesFrom(third.model, await secondary.collection('c'))).toEqual([]);
    await server.close();
  });

  it('a backfill waits for a secondary that is away from the beginning, and says for what', async () => {
    const server = await StoppableServer.start();
    const [data, directory] = [`native:${newDirectory()}`, newDirectory()];
    const model = await filled(data);
    await using mirror = await openMirror(data, server.url, { directory, maxPauseMs: 100 });
    await server.stop();
    const backfill = mirror.backfill();
    await expect
      .poll(async () => (await mirror.status()).lastError)
      .toMatchObject({ code: 'Unavailable', retryable: true });
    await server.startAgain();
    await backfill;
    expect((await mirror.status()).lastError).toBeUndefined();
    await using secondary = await connect(server.url);
    expect(await differencesFrom(model, await secondary.collection('c'))).toEqual([]);
    await server.close();
  });

  it('a forced rollback from a dead secondary needs nothing of it, and says what was given up', async () => {
    const server = await StoppableServer.start();
    const [data, directory] = [`native:${newDirectory()}`, newDirectory()];
    await filled(data);
    const mirror = await openMirror(data, server.url, { directory, maxPauseMs: 100 });
    await mirror.backfill();
    await mirror.cutover();
    await server.stop();
    await expect(mirror.rollback({ pauseTimeoutMs: 100 })).rejects.toMatchObject({ retryable: true });
    expect(await mirror.rollback({ force: true })).toEqual({ abandoned: 0 });
    const store = await mirror.database.collection('c');
    await store.upsert({ id: 'later', vector: [1, 2, 3, 4] });
    expect(await mirror.status()).toMatchObject({ active: 'primary', unsure: expect.any(String), toBackfill: ['c'] });
    await expect(mirror.cutover()).rejects.toMatchObject({ code: 'Conflict' });
    await server.startAgain();
    await mirror.backfill();
    await mirror.cutover();
    expect(await store.get('later')).toMatchObject({ id: 'later' });
    await mirror.close();
    await server.close();
  });
});

async function filled(data: string) {
  await using db = await connect(data);
  const store = await db.createCollection('c', spec);
  const writer = new RandomWriter(store, seed + 10);
  for (let i = 0; i < 150; i++) await writer.write();
  return writer.model;
}
