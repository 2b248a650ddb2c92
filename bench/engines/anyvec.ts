import { readFileSync, writeFileSync } from 'node:fs';
import type { VectorIndexProvider } from '../../src/engine/index/vector-index.ts';
import { atOnce } from '../../src/time-slice.ts';
import type { IndexSpec } from '../../src/types.ts';
import { type FilterSpec, tagsOf } from '../data/filters.ts';
import { aligned, rowOf, type VectorSet } from '../data/vector-set.ts';
import { built } from './built.ts';
import type { Engine, GraphOptions } from './engine.ts';

type Hnsw = typeof import('../../src/engine/index/hnsw/provider.ts');
type Ivf = typeof import('../../src/engine/index/ivf/provider.ts');
type Flat = typeof import('../../src/engine/index/flat.ts');
type Partitions = typeof import('../../src/engine/partition.ts');

const rowsPerCall = 500;

/** Lists of the article that the settings are from. */
const nlist = 4_096;
/** 16 times smaller than f32: a byte for four components. */
const componentsPerByte = 4;

/** The engine's HNSW. */
export async function anyvec(set: VectorSet, { m, efConstruction, filters }: GraphOptions): Promise<Engine> {
  const { loadHnsw } = (await built('src/engine/index/hnsw/provider.js')) as Hnsw;
  const settings = `hnsw, M ${m}, efConstruction ${efConstruction}, rescored with the original vectors`;
  return open(set, filters, await loadHnsw(), { type: 'hnsw', m, efConstruction, options: { threads: 0 } }, settings);
}

/** Lists of the vectors themselves; the effort is `nprobe`. */
export async function anyvecIvfFlat(set: VectorSet, { filters }: GraphOptions): Promise<Engine> {
  const { loadIvf } = (await built('src/engine/index/ivf/provider.js')) as Ivf;
  return open(set, filters, await loadIvf(), { type: 'ivf-flat', nlist }, `ivf-flat, nlist ${nlist}`);
}

/** Lists of codes 16 times smaller than the vectors, which rescore what they propose; the effort is `nprobe`. */
export async function anyvecIvfPq(set: VectorSet, { filters }: GraphOptions): Promise<Engine> {
  const { loadIvf } = (await built('src/engine/index/ivf/provider.js')) as Ivf;
  const options = { pqM: set.dimension / componentsPerByte };
  return open(
    set,
    filters,
    await loadIvf(),
    { type: 'ivf-pq', nlist, options },
    `ivf-pq, nlist ${nlist}, 16 x, rescored`,
  );
}

/** The engine beneath its collections, synchronous: the index proposes, the partition resolves filters and scores by the original vectors. */
async function open(
  set: VectorSet,
  filters: readonly FilterSpec[],
  provider: VectorIndexProvider,
  spec: IndexSpec,
  settings: string,
): Promise<Engine> {
  const { flatProvider } = (await built('src/engine/index/flat.js')) as Flat;
  const { Partition } = (await built('src/engine/partition.js')) as Partitions;
  const { base, asked, dimension, metric, count } = set;
  const resolved = provider.resolve(spec, dimension, metric);
  const flat = flatProvider.resolve({ type: 'flat' }, dimension, metric);
  const fields = { tags: 'keyword' } as const;
  // An index that does nothing, until there is one to build or to load.
  const partition = new Partition({ dimension, metric, fields }, (vectors) => flatProvider.create(flat, vectors));
  fill();
  const params = { ef: 64, nprobe: 16 };
  const options = {
    maxDistance: Number.POSITIVE_INFINITY,
    exact: false,
    params,
    include: { payload: false, vector: false },
    consistency: 'strong',
  } as const;
  const all = { kind: 'all' } as const;

  function fill(): void {
    const tags = tagsOf(set, filters);
    for (let at = 0; at < count; at += rowsPerCall) {
      const slots = rowsFrom(at);
      const ids = slots.map(String);
      partition.allot(ids);
      const records = slots.map((slot, i) => ({
        slot,
        id: ids[i]!,
        vector: rowOf(base, dimension, slot),
        payload: tags[slot]!.length === 0 ? {} : { tags: tags[slot]! },
      }));
      atOnce(partition.put(records));
    }
  }

  function rowsFrom(at: number): number[] {
    return Array.from({ length: Math.min(rowsPerCall, count - at) }, (_, i) => at + i);
  }

  return {
    settings,
    build() {
      const index = provider.create(resolved, partition.vectors);
      for (let at = 0; at < count; at += rowsPerCall) index.add(rowsFrom(at));
      // What was put off.
      index.settle?.(Number.POSITIVE_INFINITY);
      partition.replaceIndex(index);
    },
    save(file) {
      const bytes = partition.index.serialize();
      if (bytes === undefined) throw new Error('the index has nothing to save: it was not built');
      writeFileSync(file, bytes);
    },
    load(file) {
      partition.replaceIndex(provider.load(new Uint8Array(aligned(readFileSync(file))), resolved, partition.vectors));
    },
    setEffort(effort) {
      params.ef = effort;
      params.nprobe = effort;
    },
    search(query, k) {
      const found = atOnce(partition.search(rowOf(asked, dimension, query), { ...options, k, filter: all }));
      return found.map(({ id }) => Number(id));
    },
    searchAmong(query, k, { tag }) {
      const filter = { kind: 'contains', field: 'tags', path: ['tags'], value: tag } as const;
      const found = atOnce(partition.search(rowOf(asked, dimension, query), { ...options, k, filter }));
      return found.map(({ id }) => Number(id));
    },
    indexBytes: () => partition.index.byteLength + partition.vectors.byteLength,
  };
}
