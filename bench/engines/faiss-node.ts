import { createRequire } from 'node:module';
import type { Index } from 'faiss-node';
import { type ByteSource, findEffort } from '../../adapters/faiss/serialized.ts';
import type { VectorSet } from '../data/vector-set.ts';
import { asArrays, type Engine, type GraphOptions } from './engine.ts';

interface Faiss {
  readonly Index: typeof Index;
  readonly MetricType: { readonly METRIC_L2: 1; readonly METRIC_INNER_PRODUCT: 0 };
}

const rowsPerCall = 1_000;

/**
 * HNSW of faiss-node with its own efConstruction (40). It has no setter of efSearch: the number is written into the serialised index, and
 * the index read again.
 */
export function faissNode(set: VectorSet, { m }: GraphOptions): Engine {
  const { Index, MetricType }: Faiss = createRequire(import.meta.url)('faiss-node');
  const { dimension, metric, count, base } = set;
  // Under cosine the vectors have length 1: squared distances rank alike.
  let index = Index.fromFactory(dimension, `HNSW${m}`, MetricType.METRIC_L2);
  const queries = asArrays(set.asked, dimension);
  let bytes: Buffer | undefined;
  let effort = 16;
  const search = (query: number, k: number): number[] => index.search(queries[query]!, k).labels;
  const setEffort = (wanted: number) => {
    if (wanted === effort) return;
    bytes ??= index.toBuffer();
    patch(bytes, wanted);
    index = Index.fromBuffer(bytes);
    effort = wanted;
  };
  return {
    settings: `faiss-node 0.5.1 (Debian libfaiss, generic SSE), ${metric}, HNSW${m}, efSearch patched`,
    build() {
      for (let at = 0; at < count; at += rowsPerCall) {
        index.add(Array.from(base.subarray(at * dimension, Math.min(count, at + rowsPerCall) * dimension)));
      }
    },
    save: (file) => index.write(file),
    load(file) {
      bytes = undefined;
      index = Index.read(file);
      effort = 16;
    },
    setEffort,
    search,
  };
}

/** Writes efSearch where the serialised index has it. */
function patch(bytes: Buffer, efSearch: number): void {
  const source: ByteSource = {
    size: bytes.length,
    read: (at, length) => new DataView(bytes.buffer, bytes.byteOffset + at, length),
  };
  const { efSearch: field } = findEffort(source);
  if (field === undefined || field.bytes !== 4) throw new TypeError('not an HNSW index of a known faiss');
  bytes.writeInt32LE(efSearch, field.at);
}
