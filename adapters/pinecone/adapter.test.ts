import { Pinecone } from '@pinecone-database/pinecone';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VectorDatabase } from '../../src/database.ts';
import { createDatabase } from '../../src/portable/database.ts';
import { type PineconeQuirks, type RunningServer, serve } from '../../src/server/index.ts';
import { adapter } from './index.ts';

const opened: { close(): Promise<void> }[] = [];
let names = 0;
let plain: { server: RunningServer; db: VectorDatabase; requests: string[]; client: Pinecone };

beforeAll(async () => {
  plain = await start();
});
afterAll(async () => {
  for (const { close } of opened.reverse()) await close();
});

/** A server, a connection to it, the requests that the connection makes, and a client of its own beside it. */
async function start(quirks: Partial<PineconeQuirks> = {}, settings: object = {}) {
  const server = await serve({ dialect: 'pinecone', quirks });
  const requests: string[] = [];
  const fetchApi = (input: string, init: RequestInit) => {
    const path = input.replace(/^http:\/\/[^/]+(\/hosts\/[\w-]+)?/, '');
    const body = init.body instanceof Uint8Array ? new TextDecoder().decode(init.body) : init.body;
    requests.push(`${init.method} ${path}${typeof body === 'string' ? ` ${body}` : ''}`);
    return fetch(input, init);
  };
  const client = new Pinecone({ apiKey: 'any', controllerHostUrl: server.url, fetchApi: fetchApi as never });
  const db = createDatabase(await adapter.open(adapter.config.parse({ provider: 'pinecone', client, ...settings })));
  opened.push({ close: () => server.close() }, { close: () => db.close() });
  return { server, db, requests, client: new Pinecone({ apiKey: 'any', controllerHostUrl: server.url }) };
}

const unique = () => `c-${names++}`;

it('a data host without TLS is refused where the control plane has it: the key would go there in the clear', async () => {
  const server = await serve({ dialect: 'pinecone' });
  opened.push({ close: () => server.close() });
  const sent: string[] = [];
  const fetchApi = (input: string, init: RequestInit) => {
    sent.push(input);
    return fetch(input.replace('https://control.example', server.url), init);
  };
  const client = new Pinecone({
    apiKey: 'any',
    controllerHostUrl: 'https://control.example',
    fetchApi: fetchApi as never,
  });
  const db = createDatabase(await adapter.open(adapter.config.parse({ provider: 'pinecone', client })));
  opened.push({ close: () => db.close() });
  const store = await db.createCollection(unique(), { dimension: 2, metric: 'cosine' });
  await expect(store.get(['a'])).rejects.toMatchObject({
    code: 'InvalidArgument',
    message: expect.stringContaining('in the clear'),
  });
  expect(sent.filter((url) => !url.startsWith('https://'))).toEqual([]);
});

describe('visibility', () => {
  it('a read waits until the service has indexed the writes before it, and looks no more than needed', async () => {
    const { db, requests } = await start({ writeLagMs: 120 });
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'cosine' });
    const began = performance.now();
    await store.upsert({ id: 'a', vector: [1, 2] });
    expect(await store.count()).toBe(1);
    expect(performance.now() - began).toBeGreaterThan(100);
    requests.length = 0;
    expect(await store.count()).toBe(1);
    expect(requests.filter((request) => request.includes('/query'))).toEqual([]);
  });

  it('closing the database waits too, so that the next connection sees everything; but not for a server that is gone', async () => {
    const { server, db } = await start({ writeLagMs: 200 });
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'cosine' });
    await store.upsert({ id: 'a', vector: [1, 2] });
    await db.close();
    const next = createDatabase(
      await adapter.open(adapter.config.parse({ provider: 'pinecone', controllerHost: server.url })),
    );
    const again = await next.collection(store.name);
    expect(await again.count()).toBe(1);
    await again.upsert({ id: 'b', vector: [1, 2] });
    await server.close();
    const began = performance.now();
    await next.close();
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("consistency: 'eventual' does not wait", async () => {
    const { db } = await start({ writeLagMs: 4_000 });
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'cosine' });
    await store.upsert({ id: 'a', vector: [1, 2] });
    const began = performance.now();
    expect(await store.search([1, 2], { consistency: 'eventual' })).toEqual([]);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(await store.search([1, 2])).toHaveLength(1);
  });

  it('writes that stay invisible beyond the bound are a Timeout, never an old answer', async () => {
    const { db } = await start({ writeLagMs: 5_000 }, { freshnessTimeoutMs: 60 });
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'cosine' });
    await store.upsert({ id: 'a', vector: [1, 2] });
    const began = performance.now();
    await expect(store.get('a')).rejects.toMatchObject({
      code: 'Timeout',
      message: expect.stringContaining('freshnessTimeoutMs'),
    });
    // The bound holds for the call, not for each attempt at it.
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  describe('where the service knows no namespace without records', () => {
    it('a namespace is waited for that was written to, and not for one that was emptied', async () => {
      const { db } = await start({ writeLagMs: 80, missingNamespace: 'not-found' });
      const store = await db.createCollection(unique(), { dimension: 2, metric: 'cosine' });
      for (const place of [store, store.namespace('other')]) {
        await place.upsert({ id: 'a', vector: [1, 2] });
        expect(await place.count()).toBe(1);
        await place.delete('a');
        expect(await place.search([1, 2])).toEqual([]);
        await place.upsert([
          { id: 'b', vector: [1, 2] },
          { id: 'c', vector: [1, 2] },
        ]);
        await place.delete({ all: true });
        expect(await place.get('b')).toBeUndefined();
      }
    });

    it('a namespace that is dropped before its records are visible stays dropped', async () => {
      const { db } = await start({ writeLagMs: 80, missingNamespace: 'not-found' });
      const store = await db.createCollection(unique(), { dimension: 2, metric: 'cosine' });
      await store.namespace('other').upsert({ id: 'a', vector: [1, 2] });
      await store.dropNamespace('other');
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await store.namespace('other').count()).toBe(0);
      expect(await store.listNamespaces()).toEqual([]);
    });

    it('a namespace that another program emptied at once is a Timeout once, and then empty', async () => {
      const { db, client } = await start({ missingNamespace: 'not-found' }, { freshnessTimeoutMs: 60 });
      const store = await db.createCollection(unique(), { dimension: 2, metric: 'cosine' });
      await store.namespace('other').upsert({ id: 'a', vector: [1, 2] });
      const { host } = await client.describeIndex(store.name);
      await client.index({ host, namespace: 'other' }).deleteAll();
      await expect(store.namespace('other').count()).rejects.toMatchObject({ code: 'Timeout' });
      expect(await store.namespace('other').count()).toBe(0);
    });
  });
});

describe('what is sent', () => {
  it('a batch is cut by bytes, and no request is larger than 2 MB', async () => {
    const { db, requests } = plain;
    const store = await db.createCollection(unique(), { dimension: 512, metric: 'dot' });
    requests.length = 0;
    const records = Array.from({ length: 600 }, (_, i) => ({
      id: `r${i}`,
      vector: Float32Array.from({ length: 512 }, (_, j) => Math.sin(i * 512 + j)),
      payload: { text: 'x'.repeat(i % 3 === 0 ? 5_000 : 10) },
    }));
    await store.upsert(records);
    const sizes = requests
      .filter((request) => request.startsWith('POST /vectors/upsert'))
      .map((request) => Buffer.byteLength(request) - 'POST /vectors/upsert '.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000_000);
    expect(sizes.reduce((sum, size) => sum + size, 0) / sizes.length).toBeGreaterThan(1_000_000);
    expect(await store.count()).toBe(600);
  });

  it('ids in an address are cut by bytes', async () => {
    const { db, requests } = plain;
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'dot' });
    const ids = Array.from({ length: 40 }, (_, i) => `${'é'.repeat(250)}${i}`);
    await store.upsert(ids.map((id, i) => ({ id, vector: [i + 1, 1] })));
    requests.length = 0;
    expect((await store.get(ids)).map((record) => record?.id)).toEqual(ids);
    const lengths = requests
      .filter((request) => request.startsWith('GET /vectors/fetch'))
      .map((request) => request.length);
    expect(Math.max(...lengths)).toBeLessThan(4_300);
  });

  it('a filter that the service can tell whole deletes natively; any other by the ids found', async () => {
    const { db, requests } = plain;
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'dot' });
    await store.upsert([1, 2, 3, 4].map((n) => ({ id: `r${n}`, vector: [n, 1], payload: { n } })));
    requests.length = 0;
    expect((await store.delete({ filter: { n: 1 } }, { details: true })).acknowledgedIds).toEqual(['r1']);
    expect((await store.delete({ filter: { n: { $lt: 3 } } }, { details: true })).acknowledgedIds).toEqual(['r2']);
    const deletes = requests.filter((request) => request.startsWith('POST /vectors/delete'));
    expect(deletes[0]).toContain('"filter"');
    expect(deletes[1]).toContain('"ids":["r2"]');
    expect(await store.count()).toBe(2);
  });
});

describe('ids that the service does not take', () => {
  it('are found by every read under their own name, also where only a hash of them fits', async () => {
    const { db, client } = plain;
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'dot', fields: { n: 'number' } });
    const ids = ['é', '😀'.repeat(128), `${'x'.repeat(500)}é`, '_av~', '_av#x', 'plain'];
    await store.upsert(ids.map((id, n) => ({ id, vector: [n + 1, 1], payload: { n } })));
    const best = ids.toReversed();
    for (const include of [{ payload: false }, { payload: true }, { payload: false, vector: true }])
      expect((await store.search([1, 0], { include })).map(({ id }) => id)).toEqual(best);
    expect((await store.search([1, 0], { exact: true })).map(({ id }) => id)).toEqual(best);
    expect((await store.get(ids)).map((record) => [record?.id, record?.payload])).toEqual(
      ids.map((id, n) => [id, { n }]),
    );
    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.filter({ n: { $gte: 0 } }, { limit: 2, ...(cursor !== undefined && { cursor }) });
      paged.push(...page.records.map(({ id }) => id));
      cursor = page.cursor;
    } while (cursor !== undefined);
    expect(paged.sort()).toEqual(ids.toSorted());
    expect(await store.setPayload([...ids, 'ü'], { more: true })).toMatchObject({ acknowledged: 6, missing: ['ü'] });
    expect(await store.delete({ filter: { n: { $lt: 2 } } })).toMatchObject({ acknowledged: 2 });
    expect(await store.delete([ids[2]!, 'ü'])).toMatchObject({ acknowledged: 1, missing: ['ü'] });
    expect((await store.get(ids)).map((record) => record?.payload)).toEqual([
      ...[undefined, undefined, undefined],
      ...[3, 4, 5].map((n) => ({ n, more: true })),
    ]);
    const { host } = await client.describeIndex(store.name);
    expect((await client.index({ host }).listPaginated()).vectors).toEqual([
      { id: '_av~X2F2I3g' },
      { id: '_av~X2F2fg' },
      { id: 'plain' },
    ]);
  });
});

describe('searching', () => {
  it('more than 1,000 hits come with payloads and vectors, though the service gives those for 1,000 only', async () => {
    const { db } = plain;
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'euclidean' });
    await store.upsert(Array.from({ length: 1_200 }, (_, i) => ({ id: `r${i}`, vector: [i, 1], payload: { i } })));
    const matches = await store.search([0, 1], { k: 1_150, include: { payload: true, vector: true } });
    expect(matches.map(({ payload, vector, distance }) => [payload.i, vector[0], distance])).toEqual(
      Array.from({ length: 1_150 }, (_, i) => [i, i, i]),
    );
  });

  it('an answer that would be too large is asked for in pieces', async () => {
    const { db } = plain;
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'dot' });
    await store.upsert(
      Array.from({ length: 200 }, (_, i) => ({
        id: `r${i}`,
        vector: [i + 1, 1],
        payload: { text: 'x'.repeat(30_000), i },
      })),
    );
    const matches = await store.search([1, 0], { k: 180 });
    expect(matches.map((match) => match.payload.i)).toEqual(Array.from({ length: 180 }, (_, i) => 199 - i));
  });

  it.each(['squared', 'true'] as const)(
    'learns from the first search that scores are %s, and then asks for no vectors any more',
    async (euclideanScore) => {
      const { db, requests } = await start({ euclideanScore });
      const store = await db.createCollection(unique(), { dimension: 2, metric: 'euclidean' });
      await store.upsert([
        { id: 'same', vector: [1, 0] },
        { id: 'one', vector: [1, 1] },
      ]);
      const distances = async () =>
        (await store.search([1, 0], { include: { payload: false } })).map(({ id, distance }) => [id, distance]);
      // Neither 0 nor 1 tells squared from not.
      expect(await distances()).toEqual([
        ['same', 0],
        ['one', 1],
      ]);
      await store.upsert({ id: 'five', vector: [4, 4] });
      expect(await distances()).toEqual([
        ['same', 0],
        ['one', 1],
        ['five', 5],
      ]);
      requests.length = 0;
      expect(await distances()).toEqual([
        ['same', 0],
        ['one', 1],
        ['five', 5],
      ]);
      expect(requests).toEqual([expect.stringContaining('"includeValues":false')]);
    },
  );

  it('zeros score zero under dot, also against large queries', async () => {
    const { db } = plain;
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'dot' });
    await store.upsert([
      { id: 'zero', vector: [0, 0] },
      { id: 'right', vector: [1, 0] },
    ]);
    for (const include of [{ payload: true }, { payload: false }, { vector: true }]) {
      expect((await store.search([1e15, 0], { include })).map(({ id, score }) => [id, score])).toEqual([
        ['right', Math.fround(1e15)],
        ['zero', 0],
      ]);
    }
    expect((await store.search([1e-12, 0])).find(({ id }) => id === 'right')!.score).toBeCloseTo(1e-12, 20);
  });

  it('gives up with Unsupported where an exact answer would need more rows than the budget, not with a short answer', async () => {
    const { db } = await start({}, { scanBudget: 50 });
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'dot' });
    await store.upsert(Array.from({ length: 60 }, (_, i) => ({ id: `r${i}`, vector: [i + 1, 1], payload: { i } })));
    for (const call of [
      () => store.search([1, 0], { exact: true }),
      () => store.count(),
      () => store.count({ i: { $gte: 0 } }),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'Unsupported',
        message: expect.stringContaining('scanBudget'),
      });
    }
    expect(await store.search([1, 0])).toHaveLength(10);
  });
});

describe('indexes', () => {
  it('of other programs are opened, with their metadata as payloads and fields declared by the caller', async () => {
    const { db, client } = plain;
    const name = unique();
    const model = await client.createIndex({
      name,
      dimension: 2,
      metric: 'cosine',
      spec: { serverless: { cloud: 'aws', region: 'us-east-1' } },
    });
    const index = client.index({ host: model!.host });
    await index.upsert({
      records: [
        { id: 'a', values: [1, 2], metadata: { at: '2024-01-01T00:00:00Z', n: 1, l: ['x'] } },
        { id: 'b', values: [1, 2] },
      ],
    });
    await index.namespace('other ns').upsert({ records: [{ id: 'c', values: [1, 2] }] });
    const store = await db.collection(name, { fields: { at: 'datetime' } });
    expect((await db.listCollections()).find((info) => info.name === name)).toMatchObject({
      managed: false,
      fields: {},
    });
    expect((await store.get('a'))!.payload).toEqual({ at: '2024-01-01T00:00:00Z', n: 1, l: ['x'] });
    expect(await store.count({ at: { $lt: '2025-01-01T00:00:00Z' } })).toBe(1);

    expect(await store.count({ 'n.deep': { $exists: false } })).toBe(2);
    expect(await store.listNamespaces()).toEqual(['other ns']);
    expect(await store.namespace('other ns').count()).toBe(1);
    await store.setPayload('a', { n: null });
    expect((await store.get('a'))!.payload).toEqual({ at: '2024-01-01T00:00:00Z', n: null, l: ['x'] });
  });

  it('dropped by another program, or replaced by another of the same name, are NotFound for open handles', async () => {
    const { db, client } = plain;
    const name = unique();
    const store = await db.createCollection(name, { dimension: 2, metric: 'cosine' });
    await store.upsert({ id: 'a', vector: [1, 2] });
    await client.deleteIndex(name);
    await expect(store.search([1, 2])).rejects.toMatchObject({ code: 'NotFound' });
    await db.createCollection(name, { dimension: 2, metric: 'cosine' });
    for (const call of [
      () => store.count(),
      () => store.delete({ all: true }),
      () => store.flush(),
      () => store.stats(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'NotFound', retryable: false });
    }
  });

  it('that are not ready yet are waited for', async () => {
    const { db } = await start({ readyAfterMs: 250 });
    const began = performance.now();
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'cosine' });
    expect(performance.now() - began).toBeGreaterThan(240);
    expect(await store.count()).toBe(0);
  });

  it('are named in tags of the index with what they were created with', async () => {
    const { db, client } = plain;
    const name = unique();
    await db.createCollection(name, {
      dimension: 2,
      metric: 'cosine',
      fields: { at: 'datetime' },
      index: { type: 'auto', m: 8 },
    });
    expect(await client.describeIndex(name)).toMatchObject({
      tags: { anyvec_00: '{"format":1,"fields":[["at","datetime"]],"ignoredHints":["index.m"]}' },
    });
    const store = await db.collection(name);
    expect((await store.stats()).ignoredHints).toEqual(['index.m']);
  });
});

describe('records', () => {
  it('that the service would not take are refused with their place before anything is sent', async () => {
    const { db } = plain;
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'dot' });
    const good = { id: 'good', vector: [1, 1] };
    await expect(store.upsert([good, { id: 'tiny', vector: [1e-9, 0] }])).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('records[1].vector'),
    });
    const twins = { nested: Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`key-${i}`, 'x'.repeat(20)])) };
    await expect(store.upsert([good, { id: 'large', vector: [1, 1], payload: twins }])).rejects.toMatchObject({
      code: 'InvalidArgument',
      message: expect.stringContaining('records[1].payload'),
    });
    expect(await store.count()).toBe(0);
  });

  it('that grow too large by a patch fail, each by its id, and the others are patched', async () => {
    const { db } = plain;
    const store = await db.createCollection(unique(), { dimension: 2, metric: 'dot' });
    await store.upsert([
      { id: 'small', vector: [1, 1] },
      { id: 'large', vector: [1, 1], payload: { text: 'x'.repeat(35_000) } },
    ]);
    await expect(store.setPayload(['small', 'large', 'absent'], { more: 'y'.repeat(10_000) })).rejects.toMatchObject({
      code: 'PartialFailure',
      result: { acknowledged: 1, missing: ['absent'], failed: [{ id: 'large', code: 'InvalidArgument' }], unknown: [] },
    });
    expect((await store.get('small'))!.payload.more).toHaveLength(10_000);
  });
});
