/**
 * The indexes of faiss (by the addon faiss-node), with ids, payloads, filters, deletes and persistence by the engine.
 *
 * ```ts
 * const db = await connect('faiss:./data');
 * await db.createCollection('docs', { dimension: 384, metric: 'cosine', index: { type: 'ivf-sq8', nlist: 256, nprobe: 16 } });
 * await db.createCollection('big', { dimension: 384, metric: 'cosine', index: { type: 'faiss', options: { factory: 'RR,IVF256,PQ96' } } });
 * ```
 *
 * | `type` | faiss | settings (default) |
 * |---|---|---|
 * | `hnsw` (default) | `HNSW{m}` | `m` 2–128 (16), `efConstruction` 4–4,096 (200), `ef` 1–65,536 (64), `params.ef` |
 * | `flat` | `Flat` | |
 * | `ivf-flat`, `ivf-sq8` | `IVF{nlist},Flat`, `IVF{nlist},SQ8` | `nlist` 1–65,536 (256), `nprobe` (a sixteenth of the lists, at least 8), `params.nprobe` |
 * | `ivf-pq` | `IVF{nlist},PQ{subquantizers}x{nbits}` | also `options.subquantizers` (one for eight numbers), `options.nbits` 1–8 (8) |
 * | `faiss` | `options.factory` (`Flat`) | `ef`, `efConstruction` or `nprobe`, as the string has a graph or lists |
 *
 * `options.oversampling` 1–100 (by code: 1 for floats, 2 for SQ8, 4 for SQ4, 16 for one bit per number): candidates per match, which the engine
 * scores exactly. Refinement by faiss (`RFlat`) is therefore not needed.
 *
 * - **Install**: `npm install faiss-node@0.5.1`. It downloads or compiles itself in an install script: npm 12 runs that only after
 *   `npm approve-scripts faiss-node && npm rebuild faiss-node`.
 * - **Factory strings**: `Flat SQ4 SQ6 SQ8 SQfp16 PQ{m}[x{bits}] PQ{m}x4fs LSH[r][t]`, each after `IVF{n},`, `IVF{n}_HNSW{m},` or `IMI2x{b},`
 *   (but LSH), `HNSW{m}[_Flat|_SQ8|_PQ{m}]`, after any of `PCA{d} PCAR{d} OPQ{m}[_{d}] RR[{d}] ITQ[{d}] L2norm Pad{d}`, before `RFlat`. What
 *   faiss or the addon cannot take is refused with the reason, before native code sees it. Under `dot` no LSH, IMI, PCA, ITQ nor PQ in a graph.
 * - **Training**: lists, product and scalar codes learn from the vectors: until there are 39 for each centroid (1,000 for scalar codes) every search
 *   compares with each vector. The first search after that trains, in the calling thread: a second or so for the default lists, several
 *   for product codes, minutes for OPQ at hundreds of dimensions. `recreateIndex` learns anew.
 * - **Search effort**: the addon cannot set `efSearch` or `nprobe`; they are changed in the bytes of a temporary file that the index is reloaded
 *   from. The defaults cost nothing. `params` that ask for more than before reload once; for less, after a number of queries in a row.
 * - **Updates and deletes** leave tombstones; once they outnumber the records, each write moves two vectors to a new index.
 * - **Memory**: faiss-node leaks the query of every search (4 bytes per number: 1.5 MB after a thousand queries of 384). `close()` leaves the
 *   rest to the garbage collector.
 * - **Threads**: faiss uses all cores through OpenMP, which burns time when others want them too: set `OMP_NUM_THREADS=1` for servers. The addon
 *   serves one thread per process: do not load it in several workers.
 */
import { embeddedAdapter } from '../../src/engine/embedded.ts';
import type { VectorIndexProvider } from '../../src/engine/index/vector-index.ts';
import { loadFaiss } from './client.ts';
import { faissProvider } from './index-provider.ts';

export type { FaissModule } from './client.ts';
export { faissProvider };

/** Loads faiss-node and offers its indexes. Throws `Unavailable` with the commands to type where it cannot be loaded. */
export async function loadIndexes(): Promise<VectorIndexProvider> {
  return faissProvider(await loadFaiss());
}

/** The backend `faiss`, as `connect` sees it: types, settings and installation at the top of this module. */
export const adapter = embeddedAdapter({ provider: 'faiss', loadIndexes });
