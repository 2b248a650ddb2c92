import type { Pinecone, PineconeRecord } from '@pinecone-database/pinecone';
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../../connect.ts';
import { type RunningServer, type ServeOptions, serve } from '../../index.ts';

const servers: RunningServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

const serverless = { serverless: { cloud: 'aws', region: 'us-east-1' } } as const;

async function start(options: Partial<ServeOptions> = {}): Promise<RunningServer> {
  const server = await serve({ dialect: 'pinecone', apiKey: 'secret', ...options });
  servers.push(server);
  return server;
}

/** The official clients, both ends of the range. */
describe.each([
  ['8.2', () => import('pinecone-8')],
  ['9.0', () => import('@pinecone-database/pinecone')],
] as const)('through the official client %s', (_version, load) => {
  // The two differ in types of calls that are not made here.
  const loadSdk = async () => (await load()) as typeof import('@pinecone-database/pinecone');

  async function client(options: Partial<ServeOptions> = {}, apiKey = 'secret'): Promise<Pinecone> {
    const { url } = await start(options);
    const { Pinecone } = await loadSdk();
    return new Pinecone({ apiKey, controllerHostUrl: url, maxRetries: 0 });
  }

  async function index(options: Partial<ServeOptions> = {}, metric: 'cosine' | 'dotproduct' | 'euclidean' = 'cosine') {
    const pinecone = await client(options);
    const model = await pinecone.createIndex({ name: 'books', dimension: 2, metric, spec: serverless });
    return { pinecone, index: pinecone.index({ host: model!.host }), host: model!.host };
  }

  const records: PineconeRecord[] = [
    { id: 'a', values: [1, 0], metadata: { genre: 'novel', year: 1900, tags: ['x', 'y'], sold: true } },
    { id: 'b', values: [0, 1], metadata: { genre: 'essay', year: 1950 } },
    { id: 'c', values: [3, 4] },
  ];

  it('an index is created, listed, described, configured and deleted', async () => {
    const pinecone = await client();
    const created = await pinecone.createIndex({
      name: 'books',
      dimension: 3,
      metric: 'dotproduct',
      spec: serverless,
      tags: { team: 'a', old: 'x' },
    });
    expect(created).toMatchObject({
      name: 'books',
      tags: { team: 'a', old: 'x' },
      deletionProtection: 'disabled',
      status: { ready: true, state: 'Ready' },
    });
    const described = await pinecone.describeIndex('books');
    expect([described.dimension, described.metric, described.vectorType, described.host]).toEqual([
      3,
      'dotproduct',
      'dense',
      created!.host,
    ]);
    await pinecone.createIndex({ name: 'another', dimension: 2, metric: 'cosine', spec: serverless });
    expect((await pinecone.listIndexes()).indexes?.map((model) => [model.name, model.dimension])).toEqual([
      ['another', 2],
      ['books', 3],
    ]);
    const configure = (options: object) =>
      (pinecone.configureIndex as (options: object) => Promise<unknown>)({ name: 'books', ...options });
    await configure({ deletionProtection: 'enabled', tags: { team: 'b', old: '' } });
    expect(await pinecone.describeIndex('books')).toMatchObject({ deletionProtection: 'enabled', tags: { team: 'b' } });
    await expect(pinecone.deleteIndex('books')).rejects.toThrow('Deletion protection');
    await configure({ deletionProtection: 'disabled' });
    await pinecone.deleteIndex('books');
    expect((await pinecone.listIndexes()).indexes?.map(({ name }) => name)).toEqual(['another']);
  });

  it('an index that exists, does not exist, or cannot exist is the error that the service gives', async () => {
    const { pinecone, index: books } = await index();
    await expect(
      pinecone.createIndex({ name: 'books', dimension: 2, metric: 'cosine', spec: serverless }),
    ).rejects.toMatchObject({ name: 'PineconeConflictError' });
    await expect(pinecone.describeIndex('nothing')).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
    await expect(pinecone.deleteIndex('nothing')).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
    for (const name of ['Upper', 'under_score', '-a', 'a-', 'x'.repeat(46)]) {
      await expect(
        pinecone.createIndex({ name, dimension: 2, metric: 'cosine', spec: serverless }),
      ).rejects.toMatchObject({ name: 'PineconeBadRequestError' });
    }
    await pinecone.deleteIndex('books');
    await expect(books.listPaginated()).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
  });

  it('an index becomes ready after a while, if that is asked for', async () => {
    const pinecone = await client({ quirks: { readyAfterMs: 300 } });
    const created = await pinecone.createIndex({ name: 'books', dimension: 2, metric: 'cosine', spec: serverless });
    expect(created!.status).toEqual({ ready: false, state: 'Initializing' });
    await new Promise((resolve) => setTimeout(resolve, 320));
    expect((await pinecone.describeIndex('books')).status).toEqual({ ready: true, state: 'Ready' });
  });

  it('a wrong key is rejected', async () => {
    await expect((await client({}, 'wrong')).listIndexes()).rejects.toMatchObject({
      name: 'PineconeAuthorizationError',
    });
  });

  it('records are upserted, fetched, queried, listed, counted and deleted', async () => {
    const { index: books } = await index();
    await books.upsert({ records });
    expect((await books.fetch({ ids: ['a', 'c', 'nothing'] })).records).toEqual({
      a: records[0],
      c: records[2],
    });
    const { matches } = await books.query({ vector: [3, 4], topK: 2, includeMetadata: true, includeValues: true });
    expect(matches.map(({ id, score, values }) => [id, score, values])).toEqual([
      ['c', 1, [3, 4]],
      ['b', Math.fround(0.8), [0, 1]],
    ]);
    expect(matches[1]!.metadata).toEqual(records[1]!.metadata);
    expect((await books.query({ id: 'c', topK: 1 })).matches).toEqual([{ id: 'c', score: 1, values: [] }]);
    const first = await books.listPaginated({ limit: 2 });
    expect(first.vectors).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect((await books.listPaginated({ limit: 2, paginationToken: first.pagination!.next })).vectors).toEqual([
      { id: 'c' },
    ]);
    expect((await books.listPaginated({ prefix: 'b' })).vectors).toEqual([{ id: 'b' }]);
    expect(await books.describeIndexStats()).toMatchObject({
      dimension: 2,
      totalRecordCount: 3,
      namespaces: { '': { recordCount: 3 } },
    });
    await books.deleteOne({ id: 'a' });
    await books.deleteMany({ ids: ['b', 'nothing'] });
    expect((await books.describeIndexStats()).totalRecordCount).toBe(1);
    await books.deleteAll();
    expect((await books.listPaginated()).vectors ?? []).toEqual([]);
  });

  it('upserting replaces the whole record; updating merges metadata and replaces values', async () => {
    const { index: books } = await index();
    await books.upsert({ records: [records[0]!] });
    await books.upsert({ records: [{ id: 'a', values: [5, 5], metadata: { only: 'this' } }] });
    await books.update({ id: 'a', metadata: { more: 1 } });
    expect((await books.fetch({ ids: ['a'] })).records.a).toEqual({
      id: 'a',
      values: [5, 5],
      metadata: { only: 'this', more: 1 },
    });
    await books.update({ id: 'a', values: [0, 7] });
    await books.update({ id: 'nothing', metadata: { a: 1 } });
    expect((await books.fetch({ ids: ['a', 'nothing'] })).records).toEqual({
      a: { id: 'a', values: [0, 7], metadata: { only: 'this', more: 1 } },
    });
  });

  it('filters select in queries, fetches by metadata, updates and deletes', async () => {
    const { index: books } = await index();
    await books.upsert({ records });
    const found = async (filter: object) => Object.keys((await books.fetchByMetadata({ filter })).records);
    expect(await found({ genre: 'novel' })).toEqual(['a']);
    expect(await found({ year: { $gte: 1900, $lt: 1950 } })).toEqual(['a']);
    expect(await found({ $or: [{ tags: 'y' }, { genre: { $in: ['essay'] } }] })).toEqual(['a', 'b']);
    expect(await found({ genre: { $exists: false } })).toEqual(['c']);
    expect(
      (await books.query({ vector: [1, 1], topK: 5, filter: { year: { $gt: 1900 } } })).matches.map(({ id }) => id),
    ).toEqual(['b']);
    await books.update({ filter: { genre: 'essay' }, metadata: { read: true } });
    expect(await found({ read: true })).toEqual(['b']);
    await books.deleteMany({ filter: { genre: { $eq: 'novel' } } });
    expect((await books.listPaginated()).vectors).toEqual([{ id: 'b' }, { id: 'c' }]);
  });

  it('pages of a fetch by metadata give each record once, also when the last one given is deleted', async () => {
    const { index: books } = await index();
    await books.upsert({
      records: Array.from({ length: 250 }, (_, i) => ({
        id: `r${1000 + i}`,
        values: [1, i],
        metadata: { even: i % 2 === 0 },
      })),
    });
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = await books.fetchByMetadata({
        filter: { even: true },
        limit: 40,
        ...(token && { paginationToken: token }),
      });
      const ids = Object.keys(page.records);
      seen.push(...ids);
      token = page.pagination?.next;
      await books.deleteOne({ id: ids.at(-1)! });
    } while (token !== undefined);
    expect([seen.length, new Set(seen).size]).toEqual([125, 125]);
  });

  it('a namespace without records is empty, or by a switch 404', async () => {
    const { index: books } = await index({ quirks: { missingNamespace: 'not-found' } });
    await books.upsert({ records });
    const nowhere = books.namespace('nowhere');
    for (const call of [
      () => nowhere.query({ vector: [1, 1], topK: 1 }),
      () => nowhere.fetch({ ids: ['a'] }),
      () => nowhere.listPaginated(),
      () => nowhere.fetchByMetadata({ filter: { a: 1 } }),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
    }
    const { index: others } = await index();
    expect((await others.namespace('nowhere').query({ vector: [1, 1], topK: 1 })).matches).toEqual([]);
  });

  it('namespaces are apart, and the default one goes by two names', async () => {
    const { index: books } = await index();
    await books.upsert({ records: [records[0]!] });
    await books.namespace('%/"x').upsert({ records: [{ ...records[0]!, values: [9, 9] }, records[1]!] });
    await books.namespace('x'.repeat(300)).upsert({ records: [records[2]!] });
    expect((await books.describeIndexStats()).namespaces).toEqual({
      '': { recordCount: 1 },
      '%/"x': { recordCount: 2 },
      ['x'.repeat(300)]: { recordCount: 1 },
    });
    expect((await books.namespace('__default__').fetch({ ids: ['a'] })).records.a!.values).toEqual([1, 0]);
    expect((await books.namespace('%/"x').fetch({ ids: ['a'] })).records.a!.values).toEqual([9, 9]);
    await books.namespace('%/"x').deleteAll();
    expect(Object.keys((await books.describeIndexStats()).namespaces!)).toEqual(['', 'x'.repeat(300)]);
    await expect(books.namespace('never').deleteAll()).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
  });

  it.each([
    ['cosine', 0.6, 0.6],
    ['dotproduct', 3, 3],
    ['euclidean', 20, Math.fround(Math.sqrt(20))],
  ] as const)('scores under %s, squared or true distances by a switch', async (metric, squared, plain) => {
    for (const [euclideanScore, score] of [
      ['squared', squared],
      ['true', plain],
    ] as const) {
      const { index: books } = await index({ quirks: { euclideanScore } }, metric);
      await books.upsert({ records });
      const { matches } = await books.query({ vector: [1, 0], topK: 3 });
      expect(matches.find(({ id }) => id === 'c')!.score).toBeCloseTo(score, 6);
      const order = matches.map((match) => match.score!);
      expect(order).toEqual([...order].sort((a, b) => (metric === 'euclidean' ? a - b : b - a)));
    }
  });

  it.each<[string, (books: ReturnType<Pinecone['index']>) => Promise<unknown>]>([
    ['a vector of another length', (books) => books.upsert({ records: [{ id: 'a', values: [1] }] })],
    ['a query of another length', (books) => books.query({ vector: [1, 2, 3], topK: 1 })],
    ['a vector of zeros', (books) => books.upsert({ records: [{ id: 'a', values: [0, 1e-9] }] })],
    ['a number beyond single precision', (books) => books.upsert({ records: [{ id: 'a', values: [1e39, 1] }] })],
    ['NaN, which JSON makes null', (books) => books.upsert({ records: [{ id: 'a', values: [Number.NaN, 1] }] })],
    [
      'a null in metadata',
      (books) => books.upsert({ records: [{ id: 'a', values: [1, 1], metadata: { a: null as never } }] }),
    ],
    [
      'nested metadata',
      (books) => books.upsert({ records: [{ id: 'a', values: [1, 1], metadata: { a: { b: 1 } as never } }] }),
    ],
    [
      'a list of numbers in metadata',
      (books) => books.upsert({ records: [{ id: 'a', values: [1, 1], metadata: { a: [1] as never } }] }),
    ],
    ['a metadata key with $', (books) => books.upsert({ records: [{ id: 'a', values: [1, 1], metadata: { $a: 1 } }] })],
    [
      'metadata of more than 40 KB',
      (books) => books.upsert({ records: [{ id: 'a', values: [1, 1], metadata: { a: 'x'.repeat(41_000) } }] }),
    ],
    ['an id that is not ASCII', (books) => books.upsert({ records: [{ id: 'é', values: [1, 1] }] })],
    ['an id with NUL', (books) => books.upsert({ records: [{ id: 'a\0', values: [1, 1] }] })],
    [
      'a namespace that is not ASCII',
      (books) => books.namespace('é').upsert({ records: [{ id: 'a', values: [1, 1] }] }),
    ],
    ['an id of 513 characters', (books) => books.upsert({ records: [{ id: 'x'.repeat(513), values: [1, 1] }] })],
    [
      '1,001 records',
      (books) => books.upsert({ records: Array.from({ length: 1_001 }, (_, i) => ({ id: `${i}`, values: [1, i] })) }),
    ],
    ['topK beyond 10,000', (books) => books.query({ vector: [1, 1], topK: 10_001 })],
    ['topK beyond 1,000 with metadata', (books) => books.query({ vector: [1, 1], topK: 1_001, includeMetadata: true })],
    ['an operator that is none', (books) => books.query({ vector: [1, 1], topK: 1, filter: { a: { $regex: 'x' } } })],
    ['$not', (books) => books.query({ vector: [1, 1], topK: 1, filter: { $not: { a: 1 } } })],
    ['a range of strings', (books) => books.query({ vector: [1, 1], topK: 1, filter: { a: { $gt: 'x' } } })],
    ['deleting by an empty filter', (books) => books.deleteMany({ filter: {} })],
    ['statistics by a filter', (books) => books.describeIndexStats({ filter: { a: 1 } })],
  ])('%s is refused, and changes nothing', async (_what, call) => {
    const { index: books } = await index();
    await books.upsert({ records });
    await expect(call(books)).rejects.toMatchObject({ name: 'PineconeBadRequestError' });
    expect((await books.describeIndexStats()).totalRecordCount).toBe(3);
    expect((await books.fetch({ ids: ['a'] })).records.a).toEqual(records[0]);
  });

  it('what it does not cover is answered so, never as a success', async () => {
    const { pinecone, index: books } = await index();
    const uncovered = [
      () => books.searchRecords({ query: { topK: 1, inputs: { text: 'x' } } }),
      () => books.upsertRecords({ records: [{ id: 'a', text: 'x' }] }),
      () => books.startImport({ uri: 's3://bucket/path' }),
      () => books.listImports(),
      () => pinecone.createCollection({ name: 'c', source: 'books' }),
      () => pinecone.listCollections(),
      () => pinecone.createBackup({ indexName: 'books' }),
      () => pinecone.listBackups({ indexName: 'books' }),
      () => pinecone.inference.embed({ model: 'm', inputs: ['x'], parameters: {} }),
      () => pinecone.inference.listModels(),
      () => pinecone.listAssistants(),
    ];
    for (const call of uncovered) await expect(call()).rejects.toThrow();
    for (const call of uncovered) {
      const error = await call().catch((reason: Error) => reason);
      expect((error as Error).name).toMatch(
        /PineconeNotImplementedError|PineconeUnmappedHttpError|PineconeMaxRetriesExceededError/,
      );
    }
  });

  it('sparse indexes hold sparse vectors, and find what shares an index with the query', async () => {
    const pinecone = await client();
    const model = await pinecone.createIndex({ name: 'words', vectorType: 'sparse', spec: serverless });
    expect([model!.vectorType, model!.metric, model!.dimension]).toEqual(['sparse', 'dotproduct', undefined]);
    const words = pinecone.index({ host: model!.host });
    const sparse = (indices: number[], values: number[]) => ({ indices, values });
    await words.upsert({
      records: [
        { id: 'a', sparseValues: sparse([7, 2 ** 32 - 1], [0.5, 0.4]), metadata: { n: 1 } },
        { id: 'b', sparseValues: sparse([3, 7], [1, 2]) },
        { id: 'c', sparseValues: sparse([5], [1]) },
      ],
    });
    expect((await words.fetch({ ids: ['a'] })).records.a).toEqual({
      id: 'a',
      values: [],
      sparseValues: sparse([7, 2 ** 32 - 1], [0.5, 0.4]),
      metadata: { n: 1 },
    });
    const hits = async (query: object) =>
      (await words.query({ topK: 5, ...query } as never)).matches.map(({ id, score }) => [id, score]);
    expect(await hits({ sparseVector: sparse([7, 3], [2, 1]) })).toEqual([
      ['b', 5],
      ['a', 1],
    ]);
    expect(await hits({ sparseVector: sparse([7], [2]), filter: { n: 1 } })).toEqual([['a', 1]]);
    expect(await hits({ id: 'c' })).toEqual([['c', 1]]);
    await words.update({ id: 'c', sparseValues: sparse([7], [9]), metadata: { n: 2 } });
    expect(await hits({ sparseVector: sparse([7], [1]) })).toEqual([
      ['c', 9],
      ['b', 2],
      ['a', 0.5],
    ]);
    expect(await words.describeIndexStats()).toMatchObject({ totalRecordCount: 3 });
    for (const call of [
      () => words.upsert({ records: [{ id: 'd', values: [1, 2] }] }),
      () => words.query({ vector: [1, 2], topK: 1 }),
      () => words.upsert({ records: [{ id: 'd', sparseValues: sparse([1, 1], [1, 1]) }] }),
      () => words.upsert({ records: [{ id: 'd', sparseValues: sparse([1], [1, 1]) }] }),
    ])
      await expect(call()).rejects.toMatchObject({ name: 'PineconeBadRequestError' });
  });

  it('dense indexes of dot products add the product of sparse values beside; others hold them, but do not search by them', async () => {
    const { index: books } = await index({}, 'dotproduct');
    const sparseValues = { indices: [1], values: [10] };
    await books.upsert({
      records: [
        { id: 'a', values: [1, 0] },
        { id: 'b', values: [0, 1], sparseValues },
      ],
    });
    const { matches } = await books.query({
      vector: [1, 0.5],
      sparseVector: sparseValues,
      topK: 2,
      includeValues: true,
    });
    expect(matches).toEqual([
      { id: 'b', score: 100.5, values: [0, 1], sparseValues },
      { id: 'a', score: 1, values: [1, 0] },
    ]);
    expect((await books.query({ vector: [1, 0.5], topK: 1 })).matches[0]).toMatchObject({ id: 'a', score: 1 });
    const { index: others } = await index();
    await others.upsert({ records: [{ id: 'b', values: [0, 1], sparseValues }] });
    expect((await others.fetch({ ids: ['b'] })).records.b!.sparseValues).toEqual(sparseValues);
    expect((await others.query({ id: 'b', topK: 1 })).matches).toEqual([{ id: 'b', score: 1, values: [] }]);
    await expect(others.query({ vector: [1, 1], sparseVector: sparseValues, topK: 1 })).rejects.toMatchObject({
      name: 'PineconeBadRequestError',
    });
  });

  it('namespaces are created, listed, described and deleted', async () => {
    const { index: books } = await index({ quirks: { missingNamespace: 'not-found' } });
    await books.namespace('n1').upsert({ records });
    await books.upsert({ records: [records[0]!] });
    const schema = { fields: { genre: { filterable: true } } };
    expect(await books.createNamespace({ name: 'made', schema })).toMatchObject({ name: 'made', schema });
    await expect(books.createNamespace({ name: 'made' })).rejects.toMatchObject({ name: 'PineconeConflictError' });
    await expect(books.createNamespace({ name: 'é' })).rejects.toMatchObject({ name: 'PineconeBadRequestError' });
    const listed = await books.listNamespaces();
    expect(listed.namespaces!.map(({ name, recordCount }) => [name, Number(recordCount)])).toEqual([
      ['__default__', 1],
      ['made', 0],
      ['n1', 3],
    ]);
    const names = async (options: object) => {
      const { namespaces, pagination } = await books.listNamespaces(options as never);
      return { names: namespaces!.map(({ name }) => name), next: pagination?.next };
    };
    expect(await names({ prefix: 'n' })).toEqual({ names: ['n1'], next: undefined });
    const first = await names({ limit: 2 });
    expect(first.names).toEqual(['__default__', 'made']);
    expect(await names({ limit: 2, paginationToken: first.next })).toEqual({ names: ['n1'], next: undefined });
    expect(await books.describeNamespace('made')).toMatchObject({ name: 'made', schema });
    expect((await books.namespace('made').query({ vector: [1, 1], topK: 1 })).matches).toEqual([]);
    for (const name of ['made', 'n1']) {
      await books.deleteNamespace(name);
      await expect(books.describeNamespace(name)).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
      await expect(books.deleteNamespace(name)).rejects.toMatchObject({ name: 'PineconeNotFoundError' });
    }
    expect((await names({})).names).toEqual(['__default__']);
  });

  it('zeros may be asked for where there are distances from them', async () => {
    const { index: books } = await index({}, 'euclidean');
    await books.upsert({ records });
    expect((await books.query({ vector: [0, 0], topK: 3 })).matches.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    const { index: others } = await index();
    await expect(others.query({ vector: [0, 0], topK: 3 })).rejects.toMatchObject({ name: 'PineconeBadRequestError' });
  });

  it('numbers come back with as many digits as they were sent with', async () => {
    const { index: books } = await index();
    const values = [0.4, 1e-7];
    await books.upsert({ records: [{ id: 'a', values }] });
    expect((await books.fetch({ ids: ['a'] })).records.a!.values).toEqual(values);
    await books.update({ id: 'a', values: [0.11, -123456.7] });
    expect((await books.fetch({ ids: ['a'] })).records.a!.values).toEqual([0.11, -123456.7]);
  });

  it('a thousand ids are fetched at once, and an empty filter of a query is none', async () => {
    const { index: books, host } = await index();
    const ids = Array.from({ length: 1_000 }, (_, i) => `${'/'.repeat(20)}${i}`);
    await books.upsert({ records: ids.map((id, i) => ({ id, values: [1, i] })) });
    expect(Object.keys((await books.fetch({ ids })).records)).toHaveLength(1_000);
    // The client of this language refuses it, others send it.
    const response = await fetch(`${host}/query`, {
      method: 'POST',
      headers: { 'api-key': 'secret', 'content-type': 'application/json' },
      body: '{"vector":[1,1],"topK":3,"filter":{}}',
    });
    expect(((await response.json()) as { matches: unknown[] }).matches).toHaveLength(3);
    await expect(books.deleteMany({ filter: {} })).rejects.toThrow();
    expect((await books.listPaginated({ prefix: 'none' })).vectors).toEqual([]);
  });

  it('a dedicated read capacity is told as it was asked for', async () => {
    const pinecone = await client();
    const readCapacity = { mode: 'Dedicated', nodeType: 'b1', manual: { replicas: 2, shards: 1 } } as const;
    const spec = { serverless: { ...serverless.serverless, readCapacity } };
    await pinecone.createIndex({ name: 'books', dimension: 2, metric: 'cosine', spec });
    const described = await pinecone.describeIndex('books');
    const told = 'serverless' in described.spec ? described.spec.serverless?.readCapacity : undefined;
    expect(told).toMatchObject({
      mode: 'Dedicated',
      dedicated: { nodeType: 'b1', manual: { replicas: 2, shards: 1 } },
      status: { state: 'Ready' },
    });
  });

  it('the headers number writes, and say what a query has seen; with a lag it sees it later', async () => {
    const { url } = await start({ quirks: { writeLagMs: 150 } });
    const { Pinecone } = await loadSdk();
    const headers: Headers[] = [];
    const fetchApi = async (input: string, init: RequestInit) => {
      const response = await fetch(input, init);
      headers.push(response.headers);
      return response;
    };
    const pinecone = new Pinecone({ apiKey: 'secret', controllerHostUrl: url, fetchApi: fetchApi as never });
    const { host } = (await pinecone.createIndex({ name: 'books', dimension: 2, metric: 'cosine', spec: serverless }))!;
    const books = pinecone.index({ host });
    await books.upsert({ records });
    const written = Number(headers.at(-1)!.get('x-pinecone-request-lsn'));
    const look = async () => {
      const { matches } = await books.query({ vector: [1, 1], topK: 5 });
      return { found: matches.length, lsn: Number(headers.at(-1)!.get('x-pinecone-max-indexed-lsn')) };
    };
    const before = await look();
    expect([before.found, before.lsn < written]).toEqual([0, true]);
    await expect.poll(async () => (await look()).lsn, { timeout: 5_000 }).toBeGreaterThanOrEqual(written);
    expect((await look()).found).toBe(3);
  });

  it('a database given to it holds everything for the next server', async () => {
    const database = await connect('native:');
    const first = await index({ database });
    await first.index.namespace('x'.repeat(300)).upsert({ records });
    await servers.pop()!.close();
    const pinecone = await client({ database });
    const { host, dimension } = await pinecone.describeIndex('books');
    expect(dimension).toBe(2);
    const again = pinecone.index({ host: host.replace(/:\d+/, new URL(servers.at(-1)!.url).port.replace(/^/, ':')) });
    expect((await again.describeIndexStats()).namespaces).toEqual({ ['x'.repeat(300)]: { recordCount: 3 } });
    await database.close();
  });
});
