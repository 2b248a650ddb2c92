import { invalid, unsupported } from '../../../errors.ts';
import type { IndexSpec } from '../../../types.ts';
import { compileHnsw } from '../../kernels/hnsw.ts';
import type { ResolvedIndex, VectorIndexProvider } from '../vector-index.ts';
import { usefulThreads } from './crew.ts';
import type { ThreadedSettings } from './graph.ts';
import { HnswIndex } from './hnsw-index.ts';
import { quantizationOf } from './quantization.ts';
import { restoredFromBytes, restoredFromContent } from './saved.ts';
import { graphSettings, resolveSettings } from './settings.ts';

const ownOptions = ['index.options.quantization', 'index.options.threads'];

/** Loads the engine's own HNSW: `m`, `efConstruction`, `ef`, and as options `seed`, `quantization` and `threads`. */
export async function loadHnsw(): Promise<VectorIndexProvider> {
  const modules = await compileHnsw(usefulThreads() > 0 ? 'shared' : 'single');
  const settled = ({ spec }: ResolvedIndex) => ({
    spec,
    settings: settingsOf(spec),
    quantization: quantizationOf(spec),
  });
  return {
    types: ['hnsw'],
    resolve(spec) {
      if (spec.type !== 'auto' && spec.type !== 'hnsw')
        throw unsupported(`the index type ${JSON.stringify(spec.type)}`, 'this is the provider of hnsw');
      const { spec: settings, ignoredHints } = resolveSettings(spec, 'hnsw');
      const { threads } = spec.options ?? {};
      if (threads !== undefined) settingsOf(spec);
      const options = {
        ...settings.options,
        quantization: quantizationOf(spec),
        ...(threads !== undefined && { threads }),
      };
      return {
        spec: { ...settings, options },
        ignoredHints: ignoredHints.filter((hint) => !ownOptions.includes(hint)),
      };
    },
    create: (resolved, vectors) => new HnswIndex(modules, settled(resolved), vectors),
    load(bytes, resolved, vectors) {
      const spec = settled(resolved);
      return new HnswIndex(modules, spec, vectors, restoredFromBytes(modules, spec.settings, vectors, bytes));
    },
    async loadFrom(content, resolved, vectors) {
      const spec = settled(resolved);
      return new HnswIndex(modules, spec, vectors, await restoredFromContent(modules, spec.settings, vectors, content));
    },
    usedParams: () => ['ef'],
  };
}

/** The settings of a resolved specification. */
function settingsOf(spec: IndexSpec): ThreadedSettings {
  return { ...graphSettings(spec), threads: threadsOf(spec) };
}

/** Threads that build beside this one: the option `threads`, 0 to 64, or as many as are of use. A build by several is not the same twice. */
function threadsOf({ options }: IndexSpec): number {
  const given = options?.threads;
  if (given === undefined) return usefulThreads();
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 0 || given > 64)
    throw invalid('index.options.threads', 'an integer from 0 to 64 is needed');
  return usefulThreads() === 0 ? 0 : given;
}
