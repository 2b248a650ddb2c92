import { QdrantClient } from '@qdrant/js-client-rest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/connect.ts';
import type { VectorDatabase } from '../../src/database.ts';
import { type RunningServer, serve } from '../../src/server/index.ts';
import type { VectorStore } from '../../src/store.ts';
import type { Payload } from '../../src/types.ts';
import { TextVectors, textVectorName } from './text-vector.ts';

let server: RunningServer;
let client: QdrantClient;
let db: VectorDatabase;

beforeAll(async () => {
  server = await serve({ dialect: 'qdrant' });
  client = new QdrantClient({ url: server.url, checkCompatibility: false });
  db = await connect({ provider: 'qdrant', url: server.url });
});
afterAll(async () => {
  await db.close();
  await server.close();
});

const fields = { title: 'text', 'page.body': 'text', n: 'number' } as const;

async function storeOf(name: string, payloads: Readonly<Record<string, Payload>>): Promise<VectorStore> {
  const store = await db.createCollection(name, { dimension: 2, metric: 'cosine', fields });
  await store.upsert(Object.entries(payloads).map(([id, payload], i) => ({ id, vector: [1, i], payload })));
  return store;
}

/** The sparse vectors as they are stored, by record. */
async function stored(name: string): Promise<Record<string, unknown>> {
  const { points } = await client.scroll(name, { with_vector: [textVectorName], with_payload: true });
  return Object.fromEntries(
    points.map(({ payload, vector }) => [
      String(payload?._av_id),
      (vector as Record<string, unknown>)[textVectorName] ?? 'none',
    ]),
  );
}

const idsOf = (matches: readonly { readonly id: string }[]) => matches.map(({ id }) => id);

test('how texts are encoded is part of what is stored: it changes only together with the name of the vector', () => {
  const texts = new TextVectors({ fields });
  expect(textVectorName).toBe('_av_text_1');
  expect(texts.of({ title: 'Tove, gyre: TOVE!', page: { body: ['日本', '2 gyre'] }, n: 2 })).toEqual({
    indices: [246898330, 531375277, 867612751, 1630591778, 3093904560],
    values: expect.any(Array),
  });
  expect(texts.of({ title: 'tove gyre tove' }).values).toEqual([1.8908466, 1.6578749]);
  expect(texts.of({ title: '?!', n: 1 })).toEqual({ indices: [], values: [] });
});

test('a collection with texts has one dense vector and one sparse vector that the server weighs', async () => {
  const store = await storeOf('with-texts', { a: { title: 'tove' }, b: { n: 1 } });
  const { config } = await client.getCollection('with-texts');
  expect(config.params).toMatchObject({
    vectors: { dense: { size: 2, distance: 'Cosine' } },
    sparse_vectors: { [textVectorName]: { modifier: 'idf' } },
  });
  expect(store.capabilities.operations.searchHybrid).toBe('native');
  expect(await stored('with-texts')).toEqual({ a: { indices: [246898330], values: [1.6806723] }, b: 'none' });
  await db.createCollection('without-texts', { dimension: 2, metric: 'cosine', fields: { n: 'number' } });
  expect((await client.getCollection('without-texts')).config.params.sparse_vectors ?? {}).toEqual({});
});

test('what a record is found by follows its payload through every kind of write', async () => {
  const store = await storeOf('followed', {
    merged: { title: 'tove', n: 1 },
    replaced: { title: 'tove', page: { body: 'tove' } },
    unset: { title: 'tove', page: { body: 'gyre' } },
    emptied: { title: 'tove' },
    untouched: { title: 'tove' },
    enveloped: { _av: 'theirs', title: 'tove' },
  });
  const before = await stored('followed');
  await store.setPayload('merged', { title: 'gyre' });
  await store.setPayload('replaced', { title: 'wabe' }, { mode: 'replace' });
  await store.setPayload('unset', {}, { unset: ['page.body'] });
  await store.setPayload({ filter: { title: { $eq: 'tove' }, page: { $exists: false } } }, { title: null, seen: true });
  await store.setPayload(['untouched', 'enveloped'], { title: 'tove' });
  await store.setPayload('untouched', { n: 7 });
  const after = await stored('followed');
  const texts = new TextVectors({ fields });
  for (const { id, payload } of (await store.filter({})).records) {
    const { indices, values } = texts.of(payload);
    expect(after[id], id).toEqual(indices.length === 0 ? 'none' : { indices, values });
  }
  expect(after.emptied).toBe('none');
  expect(after.untouched).toEqual(before.untouched);
  const found = async (text: string) => idsOf(await store.searchHybrid({ text })).sort();
  expect([await found('tove'), await found('gyre'), await found('wabe')]).toEqual([
    ['enveloped', 'unset', 'untouched'],
    ['merged'],
    ['replaced'],
  ]);
});

test('terms that share a dimension find no record that does not hold the term, however many come first', async () => {
  const shared = ['laafdezp', 'tlfnnipp'] as const;
  const texts = new TextVectors({ fields });
  expect(texts.of({ title: shared[0] })).toEqual(texts.of({ title: shared[1] }));
  const others = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`other${i}`, { title: shared[1], n: i }]));
  const store = await storeOf('shared', { ...others, own: { title: `${shared[0]} and a longer text` } });
  expect(idsOf(await store.searchHybrid({ text: shared[0] }, { k: 1 }))).toEqual(['own']);
  expect(idsOf(await store.searchHybrid({ text: shared.join(' ') }, { k: 100 }))).toHaveLength(41);
});

test('ties at the last place go by id, also where one request does not bring all of them', async () => {
  const same = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`r${i + 10}`, { title: 'tove gyre', n: i % 2 }]),
  );
  const store = await storeOf('ties', same);
  expect(idsOf(await store.searchHybrid({ text: 'tove' }, { k: 3 }))).toEqual(['r10', 'r11', 'r12']);
  const odd = { k: 3, filter: { n: 1, title: { $match: 'gyre' } } };
  expect(idsOf(await store.searchHybrid({ text: 'tove' }, odd))).toEqual(['r11', 'r13', 'r15']);
});

test('a collection without the vector is ranked here, with the same matches', async () => {
  await client.createCollection('foreign', { vectors: { size: 2, distance: 'Dot' } });
  await client.upsert('foreign', {
    points: [
      { id: 1, vector: [1, 0], payload: { title: 'tove gyre' } },
      { id: 2, vector: [0, 1], payload: { title: ['wabe', 'tove tove'] } },
      { id: 3, vector: [2, 2], payload: { title: 7 } },
    ],
  });
  const store = await db.collection('foreign', { fields: { title: 'text' } });
  expect(store.capabilities.operations.searchHybrid).toMatchObject({ emulated: { atomic: false } });
  expect(idsOf(await store.searchHybrid({ text: 'tove' }))).toEqual(['2', '1']);
  expect(idsOf(await store.searchHybrid({ text: 'gyre', vector: [1, 1] }))).toEqual(['1', '3', '2']);
});

test('a collection of ours from before there was the vector is ranked here', async () => {
  await storeOf('newer', {});
  const { config } = await client.getCollection('newer');
  const request = { vectors: { size: 2, distance: 'Cosine' } as const, metadata: config.metadata ?? {} };
  await client.createCollection('older', request as Parameters<typeof client.createCollection>[1]);
  const store = await db.collection('older');
  expect(store.capabilities.operations.searchHybrid).toMatchObject({ emulated: {} });
  await store.upsert([
    { id: 'a', vector: [1, 0], payload: { title: 'tove' } },
    { id: 'b', vector: [0, 1], payload: { title: 'gyre' } },
  ]);
  await store.setPayload('b', { title: 'tove tove' });
  expect(idsOf(await store.searchHybrid({ text: 'tove' }))).toEqual(['b', 'a']);
});

test('a text of more different terms than a request takes is refused before anything is sent', async () => {
  const store = await storeOf('long', {});
  const title = Array.from({ length: 100_001 }, (_, i) => i.toString(36)).join(' ');
  await expect(store.upsert({ id: 'a', vector: [1, 1], payload: { title } })).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: expect.stringContaining('100001 different terms'),
  });
});
