import { QdrantClient as NewestClient } from '@qdrant/js-client-rest';
import { QdrantClient as OldestClient } from 'qdrant-1-18';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../../connect.ts';
import { type RunningServer, serve } from '../../index.ts';

/* The vendor's own client, both ends of the range, through the calls that the dialect covers. */

describe.each([
  ['1.18', OldestClient],
  ['1.19', NewestClient],
] as const)('@qdrant/js-client-rest %s', (_, Client) => {
  let server: RunningServer;
  let client: InstanceType<typeof NewestClient>;
  beforeAll(async () => {
    server = await serve({ dialect: 'qdrant' });
    client = new Client({ url: server.url, checkCompatibility: false }) as InstanceType<typeof NewestClient>;
    await client.createCollection('c', { vectors: { size: 2, distance: 'Cosine' } });
    await client.upsert('c', {
      wait: true,
      points: [
        { id: 1, vector: [1, 0], payload: { city: 'Berlin', n: 1, tags: ['a', 'b'] } },
        { id: 2, vector: [0, 1], payload: { city: 'London', n: 2 } },
        { id: '00000000-0000-4000-8000-000000000003', vector: [1, 1], payload: { city: 'Berlin', n: 3 } },
      ],
    });
  });
  afterAll(() => server.close());

  test('collections: list, exists, describe, update, alias, delete', async () => {
    expect((await client.getCollections()).collections).toContainEqual({ name: 'c' });
    expect(await client.collectionExists('c')).toEqual({ exists: true });
    expect((await client.getCollection('c')).points_count).toBe(3);
    await client.updateCollection('c', { hnsw_config: { m: 24 } });
    expect((await client.getCollection('c')).config.hnsw_config.m).toBe(24);
    await client.updateCollectionAliases({ actions: [{ create_alias: { collection_name: 'c', alias_name: 'same' } }] });
    expect((await client.count('same')).count).toBe(3);
    await client.updateCollectionAliases({
      actions: [{ rename_alias: { old_alias_name: 'same', new_alias_name: 'other' } }],
    });
    expect((await client.getAliases()).aliases).toEqual([{ alias_name: 'other', collection_name: 'c' }]);
    await client.createCollection('gone', { vectors: { size: 1, distance: 'Dot' } });
    expect([await client.deleteCollection('gone'), await client.deleteCollection('gone')]).toEqual([true, false]);
  });

  test('query, query batch, groups, facet', async () => {
    const { points } = await client.query('c', { query: [1, 0], limit: 2, with_payload: ['city'], with_vector: true });
    expect(points.map(({ id, payload }) => [id, payload])).toEqual([
      [1, { city: 'Berlin' }],
      ['00000000-0000-4000-8000-000000000003', { city: 'Berlin' }],
    ]);
    const batch = await client.queryBatch('c', {
      searches: [
        { query: [1, 0], limit: 1 },
        { query: [0, 1], limit: 1, filter: { must_not: [{ has_id: [2] }] } },
      ],
    });
    expect(batch.map((answer) => answer.points[0]?.id)).toEqual([1, '00000000-0000-4000-8000-000000000003']);
    const { groups } = await client.queryGroups('c', { query: [1, 0], group_by: 'city', group_size: 2, limit: 5 });
    expect(groups.map((group) => [group.id, group.hits.length])).toEqual([
      ['Berlin', 2],
      ['London', 1],
    ]);
    await client.createPayloadIndex('c', { field_name: 'city', field_schema: 'keyword', wait: true });
    expect((await client.facet('c', { key: 'city' })).hits).toEqual([
      { value: 'Berlin', count: 2 },
      { value: 'London', count: 1 },
    ]);
    expect((await client.getCollection('c')).payload_schema).toMatchObject({ city: { data_type: 'keyword' } });
    await client.deletePayloadIndex('c', 'city');
  });

  test('payload: set, merge at a path, overwrite, delete keys, clear', async () => {
    await client.setPayload('c', { payload: { extra: { x: 1 } }, points: [2] });
    await client.setPayload('c', { payload: { y: 2 }, key: 'extra', points: [2] });
    expect((await client.retrieve('c', { ids: [2] }))[0]?.payload).toEqual({
      city: 'London',
      n: 2,
      extra: { x: 1, y: 2 },
    });
    await client.deletePayload('c', { keys: ['extra.x'], points: [2] });
    expect((await client.retrieve('c', { ids: [2] }))[0]?.payload).toEqual({ city: 'London', n: 2, extra: { y: 2 } });
    await client.overwritePayload('c', { payload: { city: 'London', n: 2 }, points: [2] });
    await client.clearPayload('c', { points: [1] });
    expect((await client.retrieve('c', { ids: [1, 2] })).map(({ payload }) => payload)).toEqual([
      {},
      { city: 'London', n: 2 },
    ]);
    await client.overwritePayload('c', { payload: { city: 'Berlin', n: 1, tags: ['a', 'b'] }, points: [1] });
  });

  test('scroll pages through everything, each point once', async () => {
    const seen: unknown[] = [];
    let offset: unknown;
    do {
      const page = await client.scroll('c', { limit: 1, ...(offset !== undefined && { offset: offset as number }) });
      seen.push(...page.points.map((point) => point.id));
      offset = page.next_page_offset ?? undefined;
    } while (offset !== undefined);
    expect(seen).toEqual([1, 2, '00000000-0000-4000-8000-000000000003']);
  });

  test('vectors: update, delete by name; delete by filter', async () => {
    await client.createCollection('v', {
      vectors: { a: { size: 2, distance: 'Dot' }, b: { size: 1, distance: 'Euclid' } },
    });
    await client.upsert('v', { points: [{ id: 1, vector: { a: [1, 2], b: [3] }, payload: { k: 1 } }] });
    await client.updateVectors('v', { points: [{ id: 1, vector: { b: [4] } }] });
    await client.deleteVectors('v', { points: [1], vector: ['a'] });
    expect((await client.retrieve('v', { ids: [1], with_vector: true }))[0]?.vector).toEqual({ b: [4] });
    await client.batchUpdate('v', {
      operations: [
        { upsert: { points: [{ id: 2, vector: { b: [1] } }] } },
        { delete: { filter: { must: [{ key: 'k', match: { value: 1 } }] } } },
      ],
    });
    expect((await client.scroll('v')).points.map((point) => point.id)).toEqual([2]);
  });

  test('errors have the status and the words of the real server', async () => {
    await expect(client.count('nowhere')).rejects.toMatchObject({
      status: 404,
      data: { status: { error: "Not found: Collection `nowhere` doesn't exist!" } },
    });
    await expect(client.query('c', { query: [1, 2, 3] })).rejects.toMatchObject({ status: 400 });
    await expect(client.query('c', { query: { nearest: { text: 'words', model: 'a-model' } } })).rejects.toMatchObject({
      status: 501,
    });
  });
});

test('what a server was told is there for the next one on the same database', async () => {
  await using database = await connect('native:');
  const first = await serve({ dialect: 'qdrant', database });
  const client = new NewestClient({ url: first.url, checkCompatibility: false });
  await client.createCollection('kept', {
    vectors: { size: 2, distance: 'Cosine' },
    sparse_vectors: { words: { modifier: 'idf' } },
  });
  await client.upsert('kept', {
    points: [
      { id: 7, vector: { '': [3, 4], words: { indices: [1], values: [2] } }, payload: { big: 1e300, nul: null } },
    ],
  });
  await client.createPayloadIndex('kept', { field_name: 'big', field_schema: 'float' });
  await client.updateCollectionAliases({ actions: [{ create_alias: { collection_name: 'kept', alias_name: 'al' } }] });
  const before = [await client.scroll('al', { with_vector: true }), await client.getCollection('kept')];
  await first.close();
  await using second = await serve({ dialect: 'qdrant', database });
  const again = new NewestClient({ url: second.url, checkCompatibility: false });
  expect([await again.scroll('al', { with_vector: true }), await again.getCollection('kept')]).toEqual(before);
});
