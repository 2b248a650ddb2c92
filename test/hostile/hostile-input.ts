import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Config, connect, type VectorStore, VectorStoreError } from '../../src/index.ts';
import { printSeed, seed } from '../support/seed.ts';

/** Anything a JavaScript caller may pass, right or wrong. */
const anything = fc.anything({
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
  maxDepth: 2,
});
const vectors = fc.oneof(
  fc.array(fc.oneof(fc.double(), fc.constantFrom(1e17, -1e17, 1e39, NaN, Infinity, -0, 5e-324), anything), {
    maxLength: 9,
  }),
  fc.float32Array({ maxLength: 9 }),
  fc.constantFrom(new Float32Array(4), new Float32Array(8), new Float64Array(4), new Array(4), { length: 4 }),
  anything,
);
const ids = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '\0', '\ud800', 'x'.repeat(513), 'ü'.repeat(257), '__proto__', 'constructor', 'a","b'),
  anything,
);
const numbers = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 1.5, 2 ** 31, 2 ** 53, 10_001), anything);
const payloads = fc.oneof(
  fc.object({ maxDepth: 3 }),
  fc.constantFrom(JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{"x":1}}}')),
  anything,
);
const filters = fc.oneof(
  fc.dictionary(
    fc.oneof(fc.constantFrom('a', '$and', '$or', '$not', '$nor', '__proto__', 'a.b', '"', ''), fc.string()),
    fc.oneof(
      anything,
      fc.dictionary(fc.constantFrom('$eq', '$in', '$gt', '$exists', '$all', '$match', '$x'), anything, { maxKeys: 2 }),
    ),
    { maxKeys: 2 },
  ),
  anything,
);
const some = (value: fc.Arbitrary<unknown>) => fc.oneof(value, fc.array(value, { maxLength: 3 }));
const records = fc.oneof(fc.record({ id: ids, vector: vectors, payload: payloads }, { requiredKeys: [] }), anything);
const options = fc.oneof(
  fc.record(
    {
      k: numbers,
      filter: filters,
      exact: anything,
      minScore: numbers,
      params: fc.oneof(fc.record({ ef: numbers, nprobe: numbers }), anything),
      include: anything,
      limit: numbers,
      cursor: anything,
      batchSize: numbers,
      concurrency: numbers,
      mode: anything,
      unset: some(ids),
      details: anything,
      timeoutMs: fc.constantFrom(-1, NaN, '5'),
      signal: anything,
    },
    { requiredKeys: [] },
  ),
  anything,
);
const targets = fc.oneof(some(ids), fc.record({ filter: filters }), fc.record({ all: anything }), anything);
const indexes = fc.oneof(
  fc.record(
    {
      type: fc.oneof(fc.constantFrom('flat', 'hnsw', 'ivf-flat', 'faiss', 'auto'), anything),
      m: numbers,
      efConstruction: numbers,
      ef: numbers,
      nlist: numbers,
      nprobe: numbers,
      options: fc.oneof(
        anything,
        fc.record({
          factory: fc.oneof(
            fc.string(),
            fc.constantFrom('IVF99999999,Flat', 'PQ7', 'NSG32', 'IDMap,Flat', '../../x', 'Flat\0'),
          ),
        }),
      ),
    },
    { requiredKeys: [] },
  ),
  anything,
);

const calls: Record<string, fc.Arbitrary<unknown[]>> = {
  upsert: fc.tuple(some(records), options),
  delete: fc.tuple(targets, options),
  search: fc.tuple(vectors, options),
  searchBatch: fc.tuple(some(vectors), options),
  filter: fc.tuple(filters, options),
  setPayload: fc.tuple(targets, payloads, options),
  get: fc.tuple(some(ids), options),
  count: fc.tuple(filters, options),
  recreateIndex: fc.tuple(indexes, options),
  dropNamespace: fc.tuple(ids, options),
  namespace: fc.tuple(ids),
  scan: fc.tuple(options),
};

/** Codes that bad input may end in; anything else is a defect. */
const permitted = new Set(['InvalidArgument', 'Unsupported', 'PartialFailure', 'Aborted', 'Timeout']);

/** Throws everything at every method: only typed errors come back, prototypes stay clean, and the store works on. */
async function attack(config: Config, runs: number): Promise<{ calls: number; refused: number }> {
  await using db = await connect(config);
  const store = await db.createCollection('victim', { dimension: 4, metric: 'cosine', fields: { a: 'number' } });
  const arbitrary = fc.oneof(
    ...Object.entries(calls).map(([method, args]) => args.map((given) => ({ method, given }))),
  );
  let made = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(arbitrary, async ({ method, given }) => {
      made++;
      const error = await callAny(store, method, given);
      if (error === undefined) return;
      refused++;
      expect(VectorStoreError.is(error), `${method}: ${String(error)}`).toBe(true);
      const { code, message } = error as VectorStoreError;
      expect(permitted, `${method}: ${code} ${message}`).toContain(code);
    }),
    { seed, numRuns: runs },
  );
  expect(Object.keys(Object.prototype)).toEqual([]);
  await store.delete({ all: true });
  await store.upsert({ id: 'alive', vector: [1, 2, 3, 4], payload: { a: 1 } });
  expect((await store.search([1, 2, 3, 4], { filter: { a: 1 } }))[0]?.id).toBe('alive');
  return { calls: made, refused };
}

async function callAny(store: VectorStore, method: string, given: unknown[]): Promise<unknown> {
  try {
    const result: unknown = (store as unknown as Record<string, (...args: unknown[]) => unknown>)[method]!(...given);
    if (method === 'scan') await (result as AsyncIterator<unknown>).next();
    else await result;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The test of one backend. Each has a file of its own, hence a process of its own: a native abort fails that file, and only that. */
export function testHostileInput(provider: 'native' | 'hnswlib' | 'faiss'): void {
  printSeed(`hostile input to ${provider}`);
  it(`any input to any method of ${provider} gives an answer or a typed error`, async () => {
    const { calls, refused } = await attack({ provider }, process.env.ANYVEC_DEEP ? 50_000 : 5_000);
    console.log(`${calls} calls, ${refused} refused`);
    expect(refused).toBeGreaterThan(calls / 2);
  }, 300_000);
}
