/** Node only. What is needed to index a project's documentation on any backend: sections, cached embeddings, the model. */
import { join } from 'node:path';
import { type Progress, silent } from '../terminal/progress.ts';
import { type Embedder, openEmbedder } from './embedder.ts';
import { EmbeddingCache } from './embedding-cache.ts';
import { ensureModel, modelInfo } from './model.ts';
import { collectSections, leadingSections, type Section } from './sections.ts';

export interface CorpusOptions {
  /** Folder with the node_modules. */
  readonly projectDir: string;
  /** Folder for the model and the embeddings. */
  readonly cacheDir: string;
  /** Take only so many sections, the first ones of every package. Default: all. */
  readonly maxSections?: number;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** The documentation of one project. */
export interface Corpus {
  readonly sections: readonly Section[];
  /** How many sections there are, taken or not. */
  readonly found: number;
  readonly cache: EmbeddingCache;
  /** The model, fetched and loaded at the first call. */
  embedder(): Promise<Embedder>;
  close(): Promise<void>;
}

/** Reads the sections from disk. Errors: those of `collectSections`; of `ensureModel` and `openEmbedder` when the model is used. */
export async function openCorpus(options: CorpusOptions): Promise<Corpus> {
  const { projectDir, cacheDir, maxSections = Number.POSITIVE_INFINITY, progress = silent, signal } = options;
  const file = join(cacheDir, 'embeddings', 'all-MiniLM-L6-v2-int8.bin');
  const [all, cache] = await Promise.all([
    collectSections(projectDir),
    EmbeddingCache.open(file, modelInfo.checksum, modelInfo.dimension),
  ]);
  let loading: Promise<Embedder> | undefined;
  const load = async () => openEmbedder(await ensureModel({ cacheDir, onStatus: progress.status, signal }));
  return {
    sections: leadingSections(all, maxSections),
    found: all.length,
    cache,
    embedder() {
      loading ??= load();
      return loading;
    },
    async close() {
      await (await loading?.catch(() => undefined))?.close();
    },
  };
}
