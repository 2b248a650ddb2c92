import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { connect } from '../../connect.ts';
import type { Filter } from '../../filter/types.ts';
import type { VectorStore } from '../../store.ts';
import type { JsonValue } from '../../types.ts';
import { connectShards, type ShardOptions } from './index.ts';

const ids = Array.from({ length: 24 }, (_, i) => `id-${i}`);
const spec = { dimension: 3, metric: 'euclidean', fields: { year: 'number' } } as const;

type Step = (store: VectorStore) => Promise<unknown>;

const id = fc.constantFrom(...ids);
const namespace = fc.constantFrom('', 'a');
const tenant: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue>('x', 'y', 'z', 1, '1', true, null, 2.5, { o: 1 });
const payload = fc.record({ tenant, year: fc.nat(5) }, { requiredKeys: [] });
const vector = fc.tuple(
  fc.integer({ min: -2, max: 2 }),
  fc.integer({ min: -2, max: 2 }),
  fc.integer({ min: -2, max: 2 }),
);
const scalar = fc.constantFrom('x', 'y', 'z', 1, '1', true, 2.5);
const filter = fc.oneof(
  scalar.map((value) => ({ tenant: value })),
  fc.uniqueArray(scalar, { maxLength: 3 }).map((values) => ({ tenant: { $in: values } })),
  fc.tuple(scalar, fc.nat(5)).map(([value, year]) => ({ tenant: value, year: { $lte: year } })),
  fc.tuple(scalar, scalar).map(([a, b]) => ({ $or: [{ tenant: a }, { tenant: b, year: 1 }] })),
  fc.tuple(scalar, scalar).map(([a, b]) => ({ $and: [{ tenant: { $ne: a } }, { tenant: { $in: [a, b] } }] })),
  scalar.map((value) => ({ $not: { tenant: value } })),
  fc.nat(5).map((year) => ({ year })),
);
const record = fc.record({ id, vector: fc.option(vector, { freq: 8 }), payload });

/** In order of ids: the order of listings is anybody's. */
function sorted<T extends { id: string }>(records: T[]): T[] {
  return records.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function paged(store: VectorStore, filter: Filter, limit: number) {
  const records: { id: string }[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await store.filter(filter, { limit, include: { vector: true }, ...(cursor && { cursor }) });
    records.push(...page.records);
    cursor = page.cursor;
    if (cursor === undefined) return sorted(records);
  }
}

const step: fc.Arbitrary<{ name: string; run: Step }> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(record, { maxLength: 8 }).map((records) => ({
      name: `upsert ${JSON.stringify(records)}`,
      run: async (store: VectorStore) => (await store.upsert(records)).acknowledged,
    })),
  },
  fc.array(id, { maxLength: 5 }).map((some) => ({
    name: `delete ${some}`,
    run: async (store: VectorStore) => missingSorted(await store.delete(some)),
  })),
  filter.map((where) => ({
    name: `delete ${JSON.stringify(where)}`,
    run: async (store: VectorStore) => (await store.delete({ filter: where })).acknowledged,
  })),
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.array(id, { maxLength: 6 }), payload, fc.constantFrom('merge', 'replace'))
      .map(([some, patch, mode]) => ({
        name: `setPayload ${some} ${JSON.stringify(patch)} ${mode}`,
        run: async (store: VectorStore) =>
          missingSorted(await store.setPayload(some, patch, { mode: mode as 'merge' })),
      })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(filter, payload).map(([where, patch]) => ({
      name: `setPayload ${JSON.stringify(where)} ${JSON.stringify(patch)}`,
      run: async (store: VectorStore) =>
        (await store.setPayload({ filter: where }, patch, { details: true })).acknowledgedIds?.sort(),
    })),
  },
  fc.array(id, { maxLength: 3 }).map((some) => ({
    name: `unset ${some}`,
    run: async (store: VectorStore) => missingSorted(await store.setPayload(some, {}, { unset: ['tenant'] })),
  })),
  fc.tuple(filter, fc.integer({ min: 1, max: 9 })).map(([where, limit]) => ({
    name: `filter ${JSON.stringify(where)} by ${limit}`,
    run: (store: VectorStore) => paged(store, where, limit),
  })),
  filter.map((where) => ({ name: `count ${JSON.stringify(where)}`, run: (store: VectorStore) => store.count(where) })),
  fc.array(id, { maxLength: 6 }).map((some) => ({ name: `get ${some}`, run: (store: VectorStore) => store.get(some) })),
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.array(vector, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 30 }),
        fc.option(filter, { nil: undefined }),
        fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
      )
      .map(([queries, k, where, maxDistance]) => ({
        name: `search ${JSON.stringify([queries, k, where, maxDistance])}`,
        run: (store: VectorStore) =>
          store.searchBatch(queries, {
            k,
            exact: true,
            ...(where && { filter: where }),
            ...(maxDistance !== undefined && { maxDistance }),
          }),
      })),
  },
);

function missingSorted({ acknowledged, missing }: { acknowledged: number; missing: string[] }) {
  return { acknowledged, missing: [...missing].sort() };
}

async function agree(options: ShardOptions, shards: number): Promise<void> {
  const steps = fc.array(fc.tuple(namespace, step), { minLength: 1, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(steps, async (history) => {
      await using one = await connect('native:');
      await using many = await connectShards(
        Array.from({ length: shards }, () => 'native:'),
        options,
      );
      const single = await one.createCollection('c', spec);
      const spread = await many.createCollection('c', spec);
      for (const [i, [name, { name: what, run }]] of history.entries()) {
        const at = (store: VectorStore) => (name === '' ? store : store.namespace(name));
        const wanted = await run(at(single));
        expect(await run(at(spread)), `step ${i}: ${what}`).toEqual(wanted);
      }
      for (const name of ['', 'a']) {
        const at = (store: VectorStore) => (name === '' ? store : store.namespace(name));
        expect(await paged(at(spread), {}, 5), 'in the end').toEqual(await paged(at(single), {}, 5));
      }
      expect(await spread.listNamespaces()).toEqual(await single.listNamespaces());
      const { count, namespaces } = await spread.stats();
      expect({ count, namespaces }).toEqual(pick(await single.stats()));
    }),
    { numRuns: 150 },
  );
}

function pick({ count, namespaces }: { count: number; namespaces: number }) {
  return { count, namespaces };
}

describe('a sharded store is a single one, for any history', () => {
  test.each<[string, ShardOptions, number]>([
    ['by hash, three shards', {}, 3],
    ['by hash, one shard', {}, 1],
    ['by field, three shards', { by: { field: 'tenant' } }, 3],
    ['by field, five shards, partial', { by: { field: 'tenant' }, onFailure: 'partial' }, 5],
  ])('%s', async (_, options, shards) => agree(options, shards), 60_000);
});
