import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MilvusKind, startMilvus, type TestServer } from '../../conformance/backends/milvus.ts';
import { evaluate } from '../../src/filter/evaluate.ts';
import { parseFilter } from '../../src/filter/parse.ts';
import { connect, type Filter, type Payload, type VectorDatabase, type VectorStore } from '../../src/index.ts';
import {
  declaredDocument,
  declaredFields,
  declaredFilter,
  document,
  filter,
} from '../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../test/support/seed.ts';

printSeed('filters on Milvus');

const deep = process.env.ANYVEC_DEEP === '1';
const filters = deep ? 10_000 : 300;
const documents = 200;

describe.each<MilvusKind>(['milvus', 'milvus-lite'])('%s', (kind) => {
  let server: TestServer;
  let db: VectorDatabase;

  beforeAll(async () => {
    server = await startMilvus(kind);
    db = await connect(server.url);
  }, 60_000);

  afterAll(async () => {
    await db?.close();
    await server?.stop();
  });

  async function filled(name: string, fields: object, payloads: readonly Payload[]): Promise<VectorStore> {
    const store = await db.createCollection(name, {
      dimension: 2,
      metric: 'euclidean',
      index: { type: 'flat' },
      fields,
    });
    await store.upsert(payloads.map((payload, i) => ({ id: String(i), vector: [i, 1], payload })));
    return store;
  }

  async function compare(
    store: VectorStore,
    fields: object,
    payloads: readonly Payload[],
    asked: object,
  ): Promise<void> {
    const node = parseFilter(asked, { fields: fields as Record<string, never> });
    const expected = payloads.flatMap((payload, i) => (evaluate(node, payload) ? [String(i)] : []));
    const given = asked as Filter;
    const page = await store.filter(given, { limit: 1_000, include: { payload: false } });
    expect(page.records.map(({ id }) => id).sort(), JSON.stringify(asked)).toEqual(expected.sort());
  }

  test.each([
    ['undeclared-fields', {}, document, filter],
    ['declared-fields', declaredFields, declaredDocument, declaredFilter],
  ] as const)(
    'random filters on %s select what the reference evaluator selects',
    async (name, fields, documentOf, filterOf) => {
      const payloads = fc.sample(documentOf as fc.Arbitrary<Payload>, { numRuns: documents, seed });
      const store = await filled(name, fields, payloads);
      await fc.assert(
        fc.asyncProperty(filterOf, (asked) => compare(store, fields, payloads, asked)),
        { numRuns: filters, seed },
      );
    },
    1_800_000,
  );
});
