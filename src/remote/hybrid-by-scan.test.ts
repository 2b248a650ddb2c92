import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printSeed, seed } from '../../test/support/seed.ts';
import type { Limits } from '../capabilities.ts';
import { connect } from '../connect.ts';
import type { CollectionDriver, StoredRecord } from '../driver.ts';
import { matchAll } from '../filter/normal-form.ts';
import type { Filter } from '../filter/types.ts';
import type { Middleware } from '../middleware/compose.ts';
import { forwardCollection, forwardDriver } from '../middleware/forward.ts';
import type { VectorStore } from '../store.ts';
import type { HybridOptions } from '../types.ts';
import { type HybridCall, searchHybridByScan } from './hybrid-by-scan.ts';

printSeed('hybrid search by scan');

const fields = { title: 'text', 'page.body': 'text', group: 'number' } as const;
const spec = { dimension: 2, metric: 'dot', fields } as const;

/** The engine, as if it could not rank text. */
function byScan(
  pagesOf?: (call: HybridCall) => AsyncIterable<readonly StoredRecord[]>,
  limited: Partial<Limits> = {},
): Middleware {
  const wrap = (inner: CollectionDriver) => {
    const { capabilities } = inner;
    const limits = { ...capabilities.limits, ...limited };
    const own: CollectionDriver = forwardCollection(inner, {
      searchHybrid: (namespace, asked, context) => {
        const call = { collection: own, namespace, asked, context };
        return searchHybridByScan(call, pagesOf?.(call));
      },
      capabilities: { ...capabilities, limits },
    });
    return own;
  };
  return (driver) => forwardDriver(driver, { wrapCollection: wrap });
}

/** Pages of three, with a moment between them. */
async function* smallPages({ collection, namespace, context }: HybridCall) {
  const options = { include: { payload: true, vector: false }, consistency: 'session', limit: 3 } as const;
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? options : { ...options, cursor };
    const page = await collection.filter(namespace, matchAll, from, context);
    await Promise.resolve();
    yield page.records;
    cursor = page.cursor;
  } while (cursor !== undefined);
}

const words = [
  'tove',
  'TOVE',
  'gyre',
  'wabe',
  'ｗａｂｅ',
  'naïve',
  'na\u0308ive',
  '日本語',
  '2',
  'Straße',
  '--',
  '👍',
  '',
];
const phrase = fc.array(fc.constantFrom(...words), { maxLength: 7 }).map((some) => some.join(' '));
const textValue = fc.oneof(
  { weight: 5, arbitrary: phrase },
  { weight: 2, arbitrary: fc.array(phrase, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
const payload = fc.record(
  { title: textValue, page: fc.record({ body: textValue }, { requiredKeys: [] }), group: fc.nat(2) },
  { requiredKeys: ['group'] },
);
/** Few of them: ties are the rule. */
const vector = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 }));
const write = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), id: fc.nat(19), vector, payload }),
  fc.record({ kind: fc.constant('patch' as const), id: fc.nat(19), title: textValue }),
  fc.record({ kind: fc.constant('remove' as const), id: fc.nat(19) }),
);
const fusion = fc.constantFrom<HybridOptions['fusion'][]>(
  { type: 'rrf' },
  { type: 'rrf', rankConstant: 1 },
  { type: 'weighted', vectorWeight: 0.3 },
);
const question = fc.record(
  {
    text: phrase,
    vector,
    k: fc.integer({ min: 1, max: 8 }),
    deeper: fc.nat(8),
    fusion,
    filter: fc.constantFrom<Filter[]>({ group: 1 }, { group: { $ne: 0 } }, { title: { $exists: true } }, { absent: 1 }),
    fields: fc.constantFrom<Record<string, number>[]>({ title: 1 }, { title: 3, 'page.body': 0.5 }),
    include: fc.constantFrom({ payload: false }, { payload: true, vector: true }),
  },
  { requiredKeys: ['text', 'k', 'deeper'] },
);

async function apply(store: VectorStore, writes: readonly (typeof write extends fc.Arbitrary<infer W> ? W : never)[]) {
  for (const step of writes) {
    const id = `r${step.id}`;
    if (step.kind === 'put') await store.upsert({ id, vector: step.vector, payload: step.payload });
    else if (step.kind === 'patch') await store.setPayload(id, { title: step.title });
    else await store.delete(id);
  }
}

test('ranked by a scan, every record, score and tie is what the engine gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(write, { minLength: 5, maxLength: 60 }),
      fc.array(write, { maxLength: 8 }),
      fc.array(question, { minLength: 3, maxLength: 6 }),
      async (writes, elsewhere, questions) => {
        await using engine = await connect('native:');
        await using scanned = await connect('native:', { middleware: [byScan(smallPages)] });
        const stores = await Promise.all([engine, scanned].map((db) => db.createCollection('c', spec)));
        for (const store of stores) {
          await apply(store, writes);
          await apply(store.namespace('other'), elsewhere);
        }
        const [expected, found] = stores as [VectorStore, VectorStore];
        for (const { text, vector: near, deeper, ...options } of questions) {
          const query = { text, ...(near && { vector: near }) };
          const asked = { ...options, candidates: options.k + deeper, exact: true };
          for (const name of ['', 'other']) {
            const at = (store: VectorStore) => (name === '' ? store : store.namespace(name));
            expect(await at(found).searchHybrid(query, asked)).toEqual(await at(expected).searchHybrid(query, asked));
          }
        }
      },
    ),
    { seed, numRuns: 60 },
  );
});

async function elevenRecords(middleware: Middleware): Promise<VectorStore> {
  const db = await connect('native:', { middleware: [middleware] });
  const store = await db.createCollection('c', spec);
  await store.upsert(
    Array.from({ length: 11 }, (_, i) => ({ id: `r${i}`, vector: [i, 1], payload: { title: 'tove', group: i } })),
  );
  return store;
}

test('a namespace of more records than the scan budget is refused, and told what to do', async () => {
  const store = await elevenRecords(byScan(undefined, { scanBudget: 10 }));
  const refused = expect.objectContaining({
    code: 'Unsupported',
    message: expect.stringMatching(/10 records.*namespaces/),
  });
  await expect(store.searchHybrid({ text: 'tove' })).rejects.toEqual(refused);
  await expect(store.searchHybrid({ text: 'tove', vector: [1, 1] }, { filter: { group: 1 } })).rejects.toEqual(refused);
  // Nothing is ranked where nothing is asked for, and another namespace has a budget of its own.
  expect(await store.searchHybrid({ text: '?!' })).toEqual([]);
  expect(await store.searchHybrid({ text: '?!', vector: [1, 0] }, { k: 1 })).toMatchObject([{ id: 'r10' }]);
  await store.namespace('other').upsert({ id: 'a', vector: [1, 1], payload: { title: 'tove', group: 0 } });
  expect(await store.namespace('other').searchHybrid({ text: 'tove' })).toMatchObject([{ id: 'a' }]);
  await store.delete('r3');
  expect(await store.searchHybrid({ text: 'tove' })).toHaveLength(10);
});

test('an abort ends the scan, and a failed page the search', async () => {
  const aborter = new AbortController();
  let pages = 0;
  const store = await elevenRecords(
    byScan(async function* (call) {
      for await (const page of smallPages(call)) {
        pages += 1;
        if (pages === 2) aborter.abort();
        call.context.signal.throwIfAborted();
        yield page;
      }
    }),
  );
  await expect(store.searchHybrid({ text: 'tove' }, { signal: aborter.signal })).rejects.toMatchObject({
    code: 'Aborted',
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(pages).toBe(2);
});

test('a record that is deleted while texts are ranked is left out', async () => {
  const store: VectorStore = await elevenRecords(
    byScan(async function* (call) {
      yield* smallPages(call);
      await call.collection.delete(call.namespace, { ids: ['r3'] }, call.context);
    }),
  );
  const ids = (await store.searchHybrid({ text: 'tove' }, { k: 11 })).map(({ id }) => id);
  expect(ids).toHaveLength(10);
  expect(ids).not.toContain('r3');
});

test('where a search gives less than 50 records no more are fused, and more are refused', async () => {
  const store = await elevenRecords(byScan(undefined, { k: 5 }));
  const query = { text: 'tove', vector: [1, 1] };
  expect(await store.searchHybrid(query, { k: 5, exact: true })).toHaveLength(5);
  await expect(store.searchHybrid(query, { k: 5, candidates: 6 })).rejects.toMatchObject({ code: 'Unsupported' });
});
