import { connect, type VectorStore } from 'anyvec';
import { tagsOf } from '../data/filters.ts';
import { rowOf, type VectorSet } from '../data/vector-set.ts';
import type { Engine, GraphOptions } from './engine.ts';

interface Tagged {
  readonly tags?: string[];
}

const recordsPerCall = 2_000;

/** The whole way through the public API: `store.search`, with ids, checks of what is given, and a promise for each search. */
export async function anyvecStore(set: VectorSet, { m, efConstruction, filters }: GraphOptions): Promise<Engine> {
  const { base, asked, dimension, metric, count } = set;
  const database = await connect({ provider: 'native' });
  const index = { type: 'hnsw', m, efConstruction } as const;
  const fields = { tags: 'keyword' } as const;
  const store: VectorStore<Tagged> = await database.createCollection('bench', { dimension, metric, index, fields });
  const tags = tagsOf(set, filters);
  const payloadOf = (row: number) => (tags[row]!.length === 0 ? {} : { tags: tags[row]! });
  let ef = 64;
  return {
    settings: 'native, in memory, collection.search',
    async build() {
      for (let at = 0; at < count; at += recordsPerCall) {
        const rows = Array.from({ length: Math.min(recordsPerCall, count - at) }, (_, i) => at + i);
        await store.upsert(
          rows.map((row) => ({ id: String(row), vector: rowOf(base, dimension, row), payload: payloadOf(row) })),
        );
      }
      await store.search(rowOf(asked, dimension, 0), { k: 10 });
    },
    save: notKept,
    load: notKept,
    setEffort(effort) {
      ef = effort;
    },
    async search(query, k) {
      const found = await store.search(rowOf(asked, dimension, query), { k, params: { ef } });
      return found.map(({ id }) => Number(id));
    },
    async searchAmong(query, k, { tag }) {
      const filter = { tags: { $contains: tag } };
      const found = await store.search(rowOf(asked, dimension, query), { k, params: { ef }, filter });
      return found.map(({ id }) => Number(id));
    },
  };
}

function notKept(): never {
  throw new TypeError('a collection in memory is built each time');
}
