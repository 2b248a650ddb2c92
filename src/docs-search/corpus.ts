/** Node only. What is needed to index a project's documentation on any backend: sections, cached embeddings, the model. */
import { join } from 'node:path';

import { type Embedder, openEmbedder } from './embedder.ts';
import { EmbeddingCache } from './embedding-cache.ts';
import { ensureModel, modelInfo } from './model.ts';
import { type Progress, silent } from './progress.ts';
import { collectSections, type Section } from './sections.ts';

export interface CorpusOptions {
  /** Folder with the node_modules. */
  readonly projectDir: string;
  /** Folder for the model and the embeddings. */
  readonly cacheDir: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** The documentation of one project. */
export interface Corpus {
  readonly sections: readonly Section[];
  readonly cache: EmbeddingCache;
  /** The model, fetched and loaded at the first call. */
  embedder(): Promise<Embedder>;
  close(): Promise<void>;
}

/** Reads the sections from disk. Errors: those of `collectSections`; of `ensureModel` and `openEmbedder` when the model is used. */
export async function openCorpus({ projectDir, cacheDir, progress = silent, signal }: CorpusOptions): Promise<Corpus> {
  const file = join(cacheDir, 'embeddings', 'all-MiniLM-L6-v2-int8.bin');
  const [sections, cache] = await Promise.all([
    collectSections(projectDir),
    EmbeddingCache.open(file, modelInfo.checksum, modelInfo.dimension),
  ]);
  let loading: Promise<Embedder> | undefined;
  const load = async () => openEmbedder(await ensureModel({ cacheDir, onStatus: progress.status, signal }));
  return {
    sections,
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
