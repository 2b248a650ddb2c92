import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import type { VectorDatabase } from '../../src/database.ts';
import { type RunningServer, serve } from '../../src/server/index.ts';

/* Collections that something else has made. */

let server: RunningServer;
let client: QdrantClient;
let db: VectorDatabase;
const uuid = '00000000-0000-4000-8000-00000000000a';

beforeAll(async () => {
  server = await serve({ dialect: 'qdrant' });
  client = new QdrantClient({ url: server.url, checkCompatibility: false });
  db = await connect({ provider: 'qdrant', url: server.url });
  await client.createCollection('Their Points', { vectors: { size: 2, distance: 'Cosine' } });
  await client.upsert('Their Points', {
    points: [
      { id: 5, vector: [3, 4], payload: { year: 2020, at: '2024-01-01', _av: 'theirs' } },
      { id: uuid, vector: [0, 2], payload: { year: 1.5, at: '2024-06-01T00:00:00Z' } },
    ],
  });
  await client.createPayloadIndex('Their Points', { field_name: 'year', field_schema: 'integer', wait: true });
});
afterAll(async () => {
  await db.close();
  await server.close();
});

describe("a collection with Qdrant's own ids", () => {
  test('opens by any name, and keeps its ids and payloads', async () => {
    const store = await db.collection('Their Points');
    expect([store.dimension, store.metric, store.capabilities.vectorReadback]).toEqual([2, 'cosine', 'direction']);
    expect((await store.get(['5', uuid])).map((record) => record?.payload)).toEqual([
      { year: 2020, at: '2024-01-01', _av: 'theirs' },
      { year: 1.5, at: '2024-06-01T00:00:00Z' },
    ]);
    expect((await store.search([1, 0])).map((match) => match.id)).toEqual(['5', uuid]);
  });

  test('an integer index, which loses fractions, does not change answers', async () => {
    const store = await db.collection('Their Points');
    expect(await store.count({ year: { $gt: 1 } })).toBe(2);
    expect(await store.count({ year: 1.5 })).toBe(1);
    expect(await store.count({ $not: { year: { $gte: 2000 } } })).toBe(1);
  });

  test('a declared datetime compares RFC 3339 texts only, as the reference does', async () => {
    const store = await db.collection('Their Points', { fields: { at: 'datetime' } });
    expect((await store.filter({ at: { $gte: '2023-01-01T00:00:00Z' } })).records.map((record) => record.id)).toEqual([
      uuid,
    ]);
    expect(await store.count({ $not: { at: { $gte: '2023-01-01T00:00:00Z' } } })).toBe(1);
  });

  test('takes its own kind of ids only', async () => {
    const store = await db.collection('Their Points');
    await store.upsert({ id: '77', vector: [1, 1], payload: { year: 1 } });
    expect((await client.retrieve('Their Points', { ids: [77] }))[0]?.payload).toEqual({ year: 1 });
    for (const id of ['abc', '007', '-1', '1.5', uuid.toUpperCase(), '9007199254740993']) {
      await expect(store.get(id)).rejects.toMatchObject({ code: 'InvalidArgument' });
    }
    expect(await store.delete(['77', '78'])).toMatchObject({ acknowledged: 1, missing: ['78'] });
    expect(() => store.namespace('x')).toThrow(/namespace/i);
  });
});

describe('named vectors', () => {
  beforeAll(async () => {
    await client.createCollection('named-two', {
      vectors: { text: { size: 2, distance: 'Dot' }, image: { size: 3, distance: 'Euclid' } },
    });
    await client.upsert('named-two', {
      points: [
        { id: 1, vector: { text: [1, 2], image: [1, 1, 1] } },
        { id: 2, vector: { text: [5, 5] } },
      ],
    });
    await client.createCollection('named-one', { vectors: { only: { size: 1, distance: 'Dot' } } });
  });

  test('the only one is taken; of several one must be named', async () => {
    expect((await db.collection('named-one')).dimension).toBe(1);
    await expect(db.collection('named-two')).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('"text", "image"'),
    });
  });

  test('search, get and write go to the named one; points without it are not found by search', async () => {
    await using named = await connect({ provider: 'qdrant', url: server.url, vectorName: 'image' });
    const store = await named.collection('named-two');
    expect([store.dimension, store.metric]).toEqual([3, 'euclidean']);
    expect((await store.search([1, 1, 1])).map((match) => match.id)).toEqual(['1']);
    expect(await store.get('2', { include: { vector: true } })).toMatchObject({ id: '2', vector: null });
    await store.upsert({ id: '3', vector: [2, 2, 2], payload: {} });
    expect((await client.retrieve('named-two', { ids: [3], with_vector: true }))[0]?.vector).toEqual({
      image: [2, 2, 2],
    });
  });
});

test('a point in one of our collections that something else wrote is an error, never passed over', async () => {
  const store = await db.createCollection('ours', { dimension: 2, metric: 'dot' });
  await store.upsert({ id: 'a', vector: [1, 1] });
  await client.upsert('ours', { points: [{ id: 9, vector: [9, 9], payload: { _av_ns: '' } }] });
  await expect(store.search([1, 1])).rejects.toMatchObject({ code: 'Corruption' });
});

test('collections that cannot be opened are not listed, and say why when asked', async () => {
  await client.createCollection('no-vectors', {});
  await client.createCollection('city-blocks', { vectors: { size: 2, distance: 'Manhattan' } });
  const names = (await db.listCollections()).map((info) => info.name);
  expect(names).not.toContain('no-vectors');
  await expect(db.collection('no-vectors')).rejects.toMatchObject({
    code: 'Unsupported',
    message: expect.stringContaining('no dense vector'),
  });
  await expect(db.collection('city-blocks')).rejects.toMatchObject({
    code: 'Unsupported',
    message: expect.stringContaining('Manhattan'),
  });
});

test('index settings reach the server: HNSW, quantisation, flat; what has no effect is listed or refused', async () => {
  const index = {
    type: 'hnsw',
    m: 24,
    efConstruction: 128,
    nlist: 5,
    options: { quantization: 'scalar', quantile: 0.99, alwaysRam: true, colour: 'red' },
  };
  const store = await db.createCollection('indexed', { dimension: 2, metric: 'cosine', index });
  const { config } = await client.getCollection('indexed');
  expect(config.hnsw_config).toMatchObject({ m: 24, ef_construct: 128 });
  expect(config.quantization_config).toEqual({ scalar: { type: 'int8', quantile: 0.99, always_ram: true } });
  expect((await store.stats()).ignoredHints.toSorted()).toEqual(['index.nlist', 'index.options.colour']);
  await expect(store.recreateIndex({ type: 'hnsw', nlist: 4 }, { strict: true })).rejects.toMatchObject({
    code: 'Unsupported',
  });
  await store.recreateIndex({ type: 'flat' });
  expect((await client.getCollection('indexed')).config).toMatchObject({
    hnsw_config: { m: 0 },
    quantization_config: null,
  });
  expect((await db.collection('indexed')).capabilities.searchParams).toEqual([]);
});
