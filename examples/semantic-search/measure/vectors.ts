/* Embeddings of WordNet's texts, made once by one thread of onnxruntime-node and kept in the cache. */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { embeddingsFile, glossDimension, glossSeed } from '../../../bench/data/gloss-embeddings.ts';
import { SentenceEncoder } from '../../../bench/data/sentence-encoder.ts';
import { shuffled } from '../../../bench/lib/random.ts';
import { cacheDir } from '../../../scripts/lib/paths.mjs';
import { EmbeddingCache } from '../../../src/docs-search/embedding-cache.ts';
import { modelInfo } from '../../../src/docs-search/model.ts';

const capacity = 200_000;
const chunk = 500;
const saveEvery = 5_000;

/** The embeddings that were made for measurements, by text. */
export function measuredEmbeddings(): Promise<EmbeddingCache> {
  const path = join(cacheDir, 'semantic-search', 'wordnet-embeddings.bin');
  return EmbeddingCache.open(path, modelInfo.checksum, modelInfo.dimension, capacity);
}

/** Embeds what the cache does not hold yet, and tells how far it is. What was done is kept when it is ended. */
export async function embedMissing(cache: EmbeddingCache, texts: readonly string[]): Promise<void> {
  const missing = [...new Set(texts)].filter((text) => cache.get(text) === undefined);
  if (missing.length === 0) return;
  console.log(`embedding ${missing.length} texts of WordNet with ${modelInfo.name}, once`);
  const encoder = await SentenceEncoder.open();
  const started = performance.now();
  for (let at = 0; at < missing.length; at += chunk) {
    const some = missing.slice(at, at + chunk);
    const rows = await encoder.encode(some);
    for (const [i, text] of some.entries()) {
      cache.set(text, rows.subarray(i * glossDimension, (i + 1) * glossDimension));
    }
    const done = at + some.length;
    if (done % saveEvery !== 0 && done < missing.length) continue;
    await cache.save();
    const left = ((performance.now() - started) / done) * (missing.length - done);
    console.log(`  ${done} of ${missing.length}, about ${Math.ceil(left / 1_000)} s left`);
  }
}

/** The rows that the benchmarks embedded: by place in WordNet's files, undefined where they have not come that far. */
export function glossRows(count: number): (place: number) => Float32Array | undefined {
  const rowBytes = 4 * glossDimension;
  const done = existsSync(embeddingsFile) ? Math.floor(statSync(embeddingsFile).size / rowBytes) : 0;
  const rows = new Float32Array(done * glossDimension);
  if (done > 0) readInto(new Uint8Array(rows.buffer));
  const at = new Int32Array(count).fill(-1);
  for (const [row, place] of shuffled(count, glossSeed).entries()) if (row < done) at[place] = row;
  return (place) => {
    const row = at[place] ?? -1;
    return row < 0 ? undefined : rows.subarray(row * glossDimension, (row + 1) * glossDimension);
  };
}

function readInto(bytes: Uint8Array): void {
  const file = openSync(embeddingsFile, 'r');
  try {
    for (let at = 0; at < bytes.length; ) {
      const read = readSync(file, bytes, at, Math.min(bytes.length - at, 2 ** 28), at);
      if (read === 0) throw new Error(`${embeddingsFile} ended early`);
      at += read;
    }
  } finally {
    closeSync(file);
  }
}
