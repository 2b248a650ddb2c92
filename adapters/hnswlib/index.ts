/**
 * HNSW by hnswlib (the addon hnswlib-node), with ids, payloads, filters, deletes and persistence by the engine.
 *
 * ```ts
 * const db = await connect('hnswlib:./data');
 * await db.createCollection('docs', { dimension: 384, metric: 'cosine', index: { type: 'hnsw', m: 16, efConstruction: 200, ef: 64 } });
 * ```
 *
 * - **Install**: `npm install hnswlib-node@3` (needs a C++ compiler, make and Python). npm 12 compiles it only after
 *   `npm approve-scripts hnswlib-node && npm rebuild hnswlib-node`.
 * - **Settings**: `m` 2–128 (default 16), `efConstruction` 4–4,096 (200), `ef` 1–65,536 (64; `params.ef` overrides it per query),
 *   `options.seed` (100). The same vectors in the same order and the same seed give the same graph.
 * - **Memory**: the addon keeps its own f32 copy of every vector, up to twice that while it grows. Up to 256 vectors there is no graph.
 * - **Updates and deletes** leave tombstones; once they outnumber the records, each write moves two vectors to a new graph, so that no call
 *   pays for a whole rebuild.
 * - **Event loop**: adding and searching run in the calling thread (about 1 ms per added vector of 384 numbers). Saving and loading go through
 *   the temporary directory, which needs room for the index.
 */
import { embeddedAdapter } from '../../src/engine/embedded.ts';
import type { VectorIndexProvider } from '../../src/engine/index/vector-index.ts';
import { loadHnswlib } from './client.ts';
import { hnswlibProvider } from './index-provider.ts';

export type { HnswlibModule } from './client.ts';
export { hnswlibProvider };

/** Loads hnswlib-node and offers its indexes. Throws `Unavailable` with the commands to type where it cannot be loaded. */
export async function loadIndexes(): Promise<VectorIndexProvider> {
  return hnswlibProvider(await loadHnswlib());
}

/** The backend `hnswlib`, as `connect` sees it: settings, memory and installation at the top of this module. */
export const adapter = embeddedAdapter({ provider: 'hnswlib', loadIndexes });
