import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type VectorDatabase, VectorStoreError } from 'anyvec';
import { afterEach, describe, expect, it } from 'vitest';
import type { Embedder } from '../embedder.ts';
import { hashingEmbedder } from '../embedders/hashing.ts';
import { testService } from './test-service.ts';

const folders: string[] = [];
const place = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'service-'));
  folders.push(folder);
  return { backends: [{ name: 'native', url: `native:${relative(process.cwd(), folder)}` }] };
};
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A model that can be held back: from everything, or from all but single texts, as questions are. */
function gated(inner: Embedder): { embedder: Embedder; open(what: 'questions' | 'everything'): void } {
  let most = 0;
  return {
    embedder: {
      ...inner,
      async embed(texts) {
        if (texts.length > most) throw new VectorStoreError('Unavailable', 'no embeddings: the model is being loaded');
        return inner.embed(texts);
      },
    },
    open(what) {
      most = what === 'questions' ? 1 : Number.POSITIVE_INFINITY;
    },
  };
}

const documents = ['lion', 'tiger', 'bear', 'wolf', 'fox'].map((id) => ({
  id,
  text: `All about the ${id}.`,
  n: id.length,
}));
const until = async (condition: () => boolean | Promise<boolean>) => {
  for (const end = Date.now() + 15_000; !(await condition()); ) {
    if (Date.now() > end) throw new Error('it did not happen');
    await sleep(20);
  }
};
const models = async (test: Awaited<ReturnType<typeof testService>>) => {
  const found = new Set<string>();
  for await (const { payload } of test.service.catalogue.shelves[0]!.root.scan())
    found.add(String((payload._doc as { model: string }).model));
  return [...found];
};

describe('a cold start', () => {
  it('answers by BM25 and says so until the model is there; then everything is embedded, and found by meaning', async () => {
    const { embedder, open } = gated(hashingEmbedder());
    await using test = await testService({}, { embedders: { hashing: embedder } });
    expect((await test.send('POST', '/documents', documents)).body.upserted).toBe(5);
    for (const mode of ['dense', 'hybrid']) {
      const { body } = await test.get(`/search?q=tiger&mode=${mode}`);
      expect(body).toMatchObject({ mode, fallback: 'no-embeddings' });
      expect(body.hits.map((hit: { documentId: string }) => hit.documentId)).toEqual(['tiger']);
    }
    expect((await test.get('/search?q=tiger&mode=bm25')).body.fallback).toBeUndefined();
    expect((await test.get('/metrics')).body).toContain('search_fallbacks_total{reason="no-embeddings"} 2');
    open('everything');
    await until(async () => (await models(test)).join() === 'hashing@1');
    await until(() => test.service.reencoder.stale === 0);
    const { body } = await test.get('/search?q=tiger&mode=dense');
    expect(body.fallback).toBeUndefined();
    expect(body.hits[0].documentId).toBe('tiger');
    expect(body.hits).toHaveLength(5);
  });

  it('a service without a model ranks by words alone', async () => {
    await using test = await testService({ embedder: 'none' });
    await test.send('POST', '/documents', documents);
    expect((await test.get('/search?q=fox')).body).toMatchObject({ fallback: 'no-embeddings', model: '' });
    expect((await test.get('/stats')).body.model).toEqual({ name: 'none', version: '', dimension: 0 });
    expect((await test.get('/map')).body.points).toEqual([]);
  });
});

describe('another version of the model', () => {
  it('is never compared with vectors of the old one: BM25 first, then everything embedded anew, payloads and patches kept', async () => {
    const config = await place();
    {
      await using before = await testService(config);
      await before.send('POST', '/documents', documents);
      await before.send('PATCH', '/documents/fox', { set: { starred: true } });
    }
    const { embedder, open } = gated(hashingEmbedder({ version: '2' }));
    await using after = await testService(config, { embedders: { hashing: embedder } });
    expect((await after.get('/metrics')).body).toContain('stale_records 5');
    open('questions');
    const early = await after.get('/search?q=tiger&mode=dense');
    expect(early.body).toMatchObject({ model: 'hashing@2', fallback: 'no-embeddings', stale: 5 });
    open('everything');
    await until(async () => (await models(after)).join() === 'hashing@2');
    await until(() => after.service.reencoder.stale === 0);
    const { body } = await after.get('/search?q=tiger&mode=dense');
    // The vector is of the new version, not only its label.
    const [question, document] = await hashingEmbedder({ version: '2' }).embed(['tiger', 'All about the tiger.']);
    const cosine = question!.reduce((sum, value, i) => sum + value * document![i]!, 0);
    expect(body.hits[0]).toMatchObject({ documentId: 'tiger', score: expect.closeTo(cosine, 5) });
    expect(body.fallback).toBeUndefined();
    expect((await after.get('/documents/fox')).body.payload).toEqual({ n: 3, starred: true });
    expect((await after.send('POST', '/documents', documents)).body.unchanged).toBe(5);
  });

  it('records of another model that a search meets are left out of its answer, and embedded anew', async () => {
    await using test = await testService();
    await test.send('POST', '/documents', documents);
    const store = test.service.catalogue.shelves[0]!.root;
    const record = await store.get('tiger#0');
    const info = { ...(record!.payload._doc as object), model: 'hashing@0' };
    // Behind the service's back, as another process with an older model would.
    await store.upsert({ id: 'tiger#0', vector: record!.vector, payload: { ...record!.payload, _doc: info as never } });
    const { body } = await test.get('/search?q=tiger&mode=dense');
    expect(body.stale).toBe(1);
    expect(body.hits.map((hit: { documentId: string }) => hit.documentId)).not.toContain('tiger');
    await until(async () => (await models(test)).join() === 'hashing@1');
    await until(() => test.service.reencoder.stale === 0);
    expect((await test.get('/search?q=tiger&mode=dense')).body.hits[0].documentId).toBe('tiger');
  });

  it('a document that was written while it was being embedded anew stays as it was written', async () => {
    const config = await place();
    {
      await using before = await testService(config);
      await before.send('POST', '/documents', documents);
    }
    const inner = hashingEmbedder({ version: '2' });
    let release = () => {};
    let isHeld = false;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: Embedder = {
      ...inner,
      async embed(texts) {
        if (texts.length > 1) {
          isHeld = true;
          await held;
        }
        return inner.embed(texts);
      },
    };
    await using after = await testService(config, { embedders: { hashing: slow } });
    await until(() => isHeld);
    await after.send('POST', '/documents', { id: 'tiger', text: 'A new text.' });
    await after.send('DELETE', '/documents/fox', {});
    release();
    await until(async () => (await models(after)).join() === 'hashing@2');
    await until(() => after.service.reencoder.stale === 0);
    expect((await after.get('/documents/tiger')).body.text).toBe('A new text.');
    // Its vector, too, is that of the new text.
    const [expected] = await inner.embed(['A new text.']);
    const { vector } = (await after.service.catalogue.shelves[0]!.root.get('tiger#0'))!;
    for (const [i, value] of expected!.entries()) expect(vector![i]).toBeCloseTo(value, 5);
    expect((await after.get('/documents/fox')).status).toBe(404);
  });
});

describe('two models side by side', () => {
  it('have collections of their own, get every document, and are told apart in answers and metrics', async () => {
    const variants = [
      { name: 'small', share: 1, collection: 'small', embedder: 'small' },
      { name: 'large', share: 1, collection: 'large', embedder: 'large' },
    ];
    const embedders = {
      small: { ...hashingEmbedder({ dimension: 64 }), name: 'small' },
      large: { ...hashingEmbedder({ dimension: 512 }), name: 'large' },
    };
    await using test = await testService({ embedder: 'small', variants }, { embedders });
    await test.send('POST', '/documents', documents);
    const seen = new Map<string, string>();
    for (let i = 0; i < 30; i++) {
      const { body } = await test.get(`/search?q=fox+${i}&mode=dense`);
      expect(body.hits[0].documentId).toBe('fox');
      seen.set(body.variant, body.model);
    }
    expect(Object.fromEntries(seen)).toEqual({ small: 'small@1', large: 'large@1' });
    expect((await test.send('DELETE', '/documents/fox', {})).body).toEqual({ deleted: 1 });
    for (const shelf of test.service.catalogue.shelves) expect(await shelf.root.count()).toBe(4);
  });

  it('cannot share a collection', async () => {
    const variants = [{ name: 'a' }, { name: 'b', embedder: 'other' }];
    const embedders = { hashing: hashingEmbedder(), other: hashingEmbedder({ version: '2' }) };
    await expect(testService({ variants }, { embedders })).rejects.toThrow('variant b needs a collection of its own');
  });
});

it('a backend that ranks no text answers bm25 and hybrid with 501, and dense as ever', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'service-'));
  folders.push(folder);
  await using test = await testService({
    backends: [{ name: 'files', url: `jsonl:${relative(process.cwd(), folder)}` }],
  });
  await test.send('POST', '/documents', documents);
  const { db }: { db: VectorDatabase } = test.service.catalogue.backends[0]!;
  const isRefused =
    typeof db.capabilities.operations.searchHybrid === 'object' && 'refused' in db.capabilities.operations.searchHybrid;
  const expected = isRefused ? 501 : 200;
  for (const mode of ['bm25', 'hybrid']) expect((await test.get(`/search?q=fox&mode=${mode}`)).status).toBe(expected);
  expect((await test.get('/search?q=fox&mode=dense')).body.hits[0].documentId).toBe('fox');
});
