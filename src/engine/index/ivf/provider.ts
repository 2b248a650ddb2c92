import { compileHnsw } from '../../kernels/hnsw.ts';
import { compileIvf } from '../../kernels/ivf.ts';
import type { VectorIndexProvider } from '../vector-index.ts';
import { IvfIndex } from './ivf-index.ts';
import { resolveIvf, types } from './settings.ts';

/** Loads the engine's own inverted lists: `ivf-flat`, `ivf-sq8`, `ivf-pq` and `ivf-hnsw`. */
export async function loadIvf(): Promise<VectorIndexProvider> {
  const [ivf, hnsw] = await Promise.all([compileIvf(), compileHnsw()]);
  const modules = {
    get ivf() {
      return ivf();
    },
    hnsw,
  };
  return {
    types,
    resolve: (spec, dimension, metric) => resolveIvf(spec, dimension, metric),
    create: (resolved, vectors) => new IvfIndex(modules, resolved, vectors),
    load: (bytes, resolved, vectors) => new IvfIndex(modules, resolved, vectors, bytes),
    usedParams: () => ['nprobe'],
  };
}
