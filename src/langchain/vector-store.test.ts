import { Document } from '@langchain/core/documents';
import { Embeddings } from '@langchain/core/embeddings';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnablePassthrough, RunnableSequence } from '@langchain/core/runnables';
import { FakeChatModel, FakeEmbeddings } from '@langchain/core/utils/testing';
import { QdrantClient } from '@qdrant/js-client-rest';
import { connect, type VectorDatabase, type VectorStore, VectorStoreError } from 'anyvec';
import { AnyvecVectorStore } from 'anyvec/langchain';
import { serve } from 'anyvec/server';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../test/support/seed.ts';

printSeed('documents and payloads');

/** A bag of words: each word has a direction of its own, as far as 64 dimensions allow. */
class WordEmbeddings extends Embeddings {
  constructor() {
    super({});
  }

  embedDocuments(texts: string[]): Promise<number[][]> {
    return Promise.all(texts.map((text) => this.embedQuery(text)));
  }

  async embedQuery(text: string): Promise<number[]> {
    const vector = new Array<number>(64).fill(0.001);
    for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
      let hash = 7;
      for (const letter of word) hash = (hash * 31 + letter.charCodeAt(0)) >>> 0;
      vector[hash % 64]! += 1;
    }
    return vector;
  }
}

interface Note {
  pageContent: string;
  lang: 'en' | 'de';
  year: number;
  tags?: string[];
  loc?: { page: number };
}

const embeddings = new WordEmbeddings();
const notes = [
  { id: 'retry', pageContent: 'retry a failed request', metadata: { lang: 'en', year: 2024, loc: { page: 3 } } },
  { id: 'again', pageContent: 'retry a failed request again', metadata: { lang: 'en', year: 2020, tags: ['http'] } },
  { id: 'bread', pageContent: 'bake bread at home', metadata: { lang: 'en', year: 2021 } },
  { id: 'brot', pageContent: 'Brot backen und warten', metadata: { lang: 'de', year: 2024 } },
].map((note) => new Document<Record<string, unknown>>(note));

const server = await serve({ dialect: 'qdrant' });
afterAll(() => server.close());

describe.each([
  { backend: 'native', url: 'native:' },
  { backend: 'hnswlib', url: 'hnswlib:' },
  { backend: 'qdrant', url: server.url.replace('http:', 'qdrant:') },
])('on $backend', ({ url }) => {
  let database: VectorDatabase;
  let store: AnyvecVectorStore<Note>;
  beforeAll(async () => {
    database = await connect(url);
    store = await AnyvecVectorStore.fromDocuments<Note>(notes, embeddings, {
      database,
      collection: 'notes',
      fields: { lang: 'keyword', year: 'number' },
    });
  });
  afterAll(() => database.close());

  it('documents come back with their ids, texts and metadata, best first, higher scores being better', async () => {
    const found = await store.similaritySearchWithScore('retry a failed request', 3);
    expect(found.map(([document]) => document)).toEqual([notes[0], notes[1], notes[2]]);
    const scores = found.map(([, score]) => score);
    expect(scores[0]).toBeCloseTo(1, 5);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it('filters name metadata fields, in every kind of search', async () => {
    const english = { lang: 'en', year: { $lt: 2024 } } as const;
    const ids = (documents: { id?: string }[]) => documents.map(({ id }) => id);
    expect(ids(await store.similaritySearch('retry a failed request', 1, english))).toEqual(['again']);
    expect(ids(await store.similaritySearch('retry', 4, { 'loc.page': 3 }))).toEqual(['retry']);
    expect(ids(await store.maxMarginalRelevanceSearch('retry', { k: 4, filter: { lang: 'de' } }))).toEqual(['brot']);
    expect(ids(await store.asRetriever({ k: 1, filter: { tags: { $contains: 'http' } } }).invoke('bread'))).toEqual([
      'again',
    ]);
  });

  it('a filter that is none is refused, never left out', async () => {
    // @ts-expect-error functions are what LangChain's memory store filters with
    await expect(store.similaritySearch('x', 1, (note: Document) => note.metadata.lang === 'en')).rejects.toThrow(
      expect.objectContaining({ code: 'InvalidArgument' }),
    );
    await expect(store.similaritySearch('x', 1, { lang: undefined })).rejects.toMatchObject({
      code: 'InvalidArgument',
    });
    // @ts-expect-error metadata have no such field
    expect(await store.similaritySearch('x', 1, { language: 'en' })).toEqual([]);
  });

  it('marginal relevance leaves out what says the same again', async () => {
    const options = { k: 2, fetchK: 4 };
    const query = 'retry a failed request, bake bread';
    const ids = async (lambda: number) =>
      (await store.maxMarginalRelevanceSearch(query, { ...options, lambda })).map(({ id }) => id);
    expect(await ids(1)).toEqual(['retry', 'again']);
    expect(await ids(0.3)).toEqual(['retry', 'bread']);
    const retriever = store.asRetriever({ k: 2, searchType: 'mmr', searchKwargs: { fetchK: 4, lambda: 0.3 } });
    expect((await retriever.invoke(query)).map(({ id }) => id)).toEqual(['retry', 'bread']);
  });

  it('a retrieval chain of LangChain answers from it', async () => {
    const chain = RunnableSequence.from([
      {
        question: new RunnablePassthrough<string>(),
        context: store.asRetriever(1).pipe((found: { pageContent: string }[]) => found[0]?.pageContent ?? ''),
      },
      ChatPromptTemplate.fromTemplate('{question} Answer from: {context}.'),
      new FakeChatModel({}),
      new StringOutputParser(),
    ]);
    expect(await chain.invoke('How is bread made at home?')).toBe(
      'How is bread made at home? Answer from: bake bread at home.',
    );
  });

  it('what is written under an id that is there takes its place; delete takes ids, a filter, or all', async () => {
    const texts = ['one', 'two', 'three', 'four'];
    const metadatas = texts.map((_, n) => ({ n }));
    const numbers = await AnyvecVectorStore.fromTexts(texts, metadatas, embeddings, {
      database,
      collection: 'numbers',
    });
    await numbers.delete({ all: true });
    const documents = texts.map((pageContent, n) => ({ pageContent, metadata: { n } }));
    expect(await numbers.addDocuments(documents, { ids: texts })).toEqual(texts);
    await numbers.addDocuments([new Document({ id: 'one', pageContent: 'uno', metadata: { m: 1 } })]);
    expect(await numbers.store.get('one', { include: { vector: false } })).toEqual({
      id: 'one',
      payload: { pageContent: 'uno', m: 1 },
    });
    expect(await numbers.store.count()).toBe(4);
    await numbers.delete({ ids: ['one', 'absent'] });
    await numbers.delete({ filter: { n: { $gte: 3 } } });
    expect((await numbers.similaritySearch('two', 9)).map(({ id }) => id)).toEqual(['two', 'three']);
    for (const wrong of [
      undefined,
      {},
      { ids: undefined },
      { filter: undefined },
      { ids: ['two'], all: true },
      { filter: {} },
    ])
      await expect(numbers.delete(wrong as never)).rejects.toMatchObject({ code: 'InvalidArgument' });
    expect(await numbers.store.count()).toBe(2);
    await database.dropCollection('numbers');
  });

  it('documents without an id get one, which is returned', async () => {
    const fake = new FakeEmbeddings();
    const made = await AnyvecVectorStore.fromTexts(['a'], {}, fake, { database, collection: 'fake' });
    const [id] = await made.addDocuments([new Document({ pageContent: 'b' })]);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect((await made.similaritySearch('anything', 9)).map(({ pageContent }) => pageContent).sort()).toEqual([
      'a',
      'b',
    ]);
    expect(await made.store.get(id!, { include: { vector: false } })).toMatchObject({ payload: { pageContent: 'b' } });
    await database.dropCollection('fake');
  });

  it('a collection that another program filled opens by its own text field', async () => {
    const other: VectorStore = await database.createCollection('other', { dimension: 64, metric: 'cosine' });
    const vector = await embeddings.embedQuery('hello');
    await other.upsert({ id: 'x', vector, payload: { body: 'hello', pageContent: 7, n: 1 } });
    const settings = { database, collection: 'other' };
    const right = await AnyvecVectorStore.fromExistingCollection(embeddings, { ...settings, contentKey: 'body' });
    expect(await right.similaritySearch('hello', 1)).toEqual([
      new Document({ id: 'x', pageContent: 'hello', metadata: { pageContent: 7, n: 1 } }),
    ]);
    const wrong = await AnyvecVectorStore.fromExistingCollection(embeddings, settings);
    await expect(wrong.similaritySearch('hello', 1)).rejects.toMatchObject({ code: 'Conflict', ids: ['x'] });
    await expect(
      AnyvecVectorStore.fromExistingCollection(embeddings, { database, collection: 'none' }),
    ).rejects.toMatchObject({ code: 'NotFound' });
    await database.dropCollection('other');
  });

  it('metadata of any JSON come back deep-equal, and are not changed', async () => {
    const any = await AnyvecVectorStore.fromTexts([], [], embeddings, { database, collection: 'any' });
    const key = fc.oneof(
      fc.constantFrom('__proto__', 'constructor', 'id', 'score', 'metadata', 'a.b', '$and', '_av', ''),
      fc.string({ unit: 'grapheme' }),
    );
    const metadata = fc.dictionary(key, json, { maxKeys: 4, noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), metadata, async (pageContent, given) => {
        const copy = structuredClone(given);
        const [id] = await any.addDocuments([new Document({ pageContent, metadata: given })]);
        expect(given).toEqual(copy);
        const [back] = await any.similaritySearch(pageContent, 1);
        expect(back).toMatchObject({ id, pageContent });
        expect(Object.entries(back!.metadata)).toEqual(expect.arrayContaining(Object.entries(given)));
        expect(Object.keys(back!.metadata)).toHaveLength(Object.keys(given).length);
        await any.delete({ ids: [id!] });
      }),
      { seed, numRuns: 60, examples: [['x', JSON.parse('{"__proto__":{"x":1},"n":{"__proto__":null}}')]] },
    );
    await database.dropCollection('any');
  });
});

describe('what cannot be kept is refused before anything is written', () => {
  it.each([
    ['metadata with the key of the text', [new Document({ pageContent: 'a', metadata: { pageContent: 'b' } })], {}],
    ['metadata that are no JSON', [new Document({ pageContent: 'a', metadata: { at: new Date() } })], {}],
    ['no text', [{ pageContent: undefined, metadata: {} }], {}],
    ['more ids than documents', [new Document({ pageContent: 'a' })], { ids: ['a', 'b', 'c'] }],
    ['fewer vectors than documents', [new Document({ pageContent: 'a' }), new Document({ pageContent: 'b' })], {}],
  ])('%s', async (_, documents, options) => {
    await using database = await connect('native:');
    const store = await database.createCollection('notes', { dimension: 64, metric: 'cosine' });
    const notes = new AnyvecVectorStore(embeddings, { store });
    const good = new Document({ pageContent: 'good' });
    const vector = await embeddings.embedQuery('a');
    const failure = notes.addVectors([vector, vector], [good, ...documents] as Document[], options);
    await expect(failure).rejects.toSatisfy((error) => VectorStoreError.is(error, 'InvalidArgument'));
    expect(await store.count()).toBe(0);
  });
});

it('a vector of zeros is no reason for marginal relevance to fail', async () => {
  await using database = await connect('native:');
  const store = await database.createCollection('notes', { dimension: 64, metric: 'dot' });
  const notes = new AnyvecVectorStore(embeddings, { store });
  const vectors = [new Array<number>(64).fill(0), await embeddings.embedQuery('one'), new Array<number>(64).fill(0)];
  await notes.addVectors(
    vectors,
    ['a', 'b', 'c'].map((id) => new Document({ id, pageContent: id })),
  );
  const found = await notes.maxMarginalRelevanceSearch('one', { k: 5 });
  expect(found.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c']);
});

it("a collection that LangChain's Qdrant store wrote is used where it is", async () => {
  const client = new QdrantClient({ url: server.url });
  await client.createCollection('langchain', { vectors: { size: 64, distance: 'Cosine' } });
  const id = '0b8f6c0e-6a0e-4f0e-9d6f-1f2f3f4f5f6f';
  const payload = { content: 'retry a failed request', metadata: { lang: 'en', loc: { page: 3 } } };
  await client.upsert('langchain', {
    wait: true,
    points: [{ id, vector: await embeddings.embedQuery('retry'), payload }],
  });
  await using database = await connect(server.url.replace('http:', 'qdrant:'));
  const store = await AnyvecVectorStore.fromExistingCollection(embeddings, {
    database,
    collection: 'langchain',
    contentKey: 'content',
  });
  expect(await store.similaritySearch('retry', 1, { 'metadata.lang': 'en' })).toEqual([
    new Document({ id, pageContent: payload.content, metadata: { metadata: payload.metadata } }),
  ]);
  expect(await store.similaritySearch('retry', 1, { 'metadata.lang': 'de' })).toEqual([]);
});
