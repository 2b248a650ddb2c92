import { combinedProvider } from './combined.ts';
import { flatProvider } from './flat.ts';
import { loadHnsw } from './hnsw/provider.ts';
import { loadIvf } from './ivf/provider.ts';
import type { VectorIndexProvider } from './vector-index.ts';

/** The engine's own indexes: `hnsw` (the default), `flat`, `ivf-flat`, `ivf-sq8`, `ivf-pq`, `ivf-hnsw`. */
export async function loadNativeIndexes(): Promise<VectorIndexProvider> {
  const [hnsw, ivf] = await Promise.all([loadHnsw(), loadIvf()]);
  return combinedProvider([hnsw, flatProvider, ivf]);
}
