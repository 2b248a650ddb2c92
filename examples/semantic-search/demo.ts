/* The page over the documentation in node_modules: what `npm run demo` ends with. */
import { join, relative, sep } from 'node:path';
import { type Corpus, openCorpus } from '../../src/docs-search/corpus.ts';
import { headline, type Section } from '../../src/docs-search/sections.ts';
import type { Document } from './documents.ts';
import { miniLmEmbedder } from './embedders/minilm.ts';
import { rememberingEmbedder } from './embedders/remembering.ts';
import { ingest } from './ingest/ingest.ts';
import { type Listening, listen } from './service/listen.ts';
import { openService } from './service/service.ts';

export interface DemoOptions {
  /** The project whose packages are searched. */
  readonly projectDir: string;
  /** Holds the model, the embeddings, and the collections. */
  readonly cacheDir: string;
  /** 0: any free one. */
  readonly port: number;
  readonly maxSections?: number;
  /** What can be chosen on the page, the default first: `native`, `hnswlib`, `faiss`. */
  readonly backends: readonly string[];
}

const fields = {
  package: 'keyword',
  kind: 'keyword',
  license: 'keyword',
  keywords: 'keyword',
  words: 'number',
  hasCode: 'boolean',
} as const;

/** Ingests what changed since the last time, and serves it. */
export async function serveDocumentation(options: DemoOptions): Promise<Listening & { readonly documents: number }> {
  const { projectDir, cacheDir, port, maxSections, backends } = options;
  const corpus = await openCorpus({ projectDir, cacheDir, ...(maxSections !== undefined && { maxSections }) });
  const embedder = rememberingEmbedder(miniLmEmbedder({ cacheDir }), corpus.cache);
  try {
    await embedder.ready?.();
    const service = await openService(
      {
        port,
        collection: 'documentation',
        embedder: 'minilm',
        backends: backends.map((name) => ({ name, url: `${name}:${urlPath(join(cacheDir, 'demo', 'page', name))}` })),
        fields,
        mapGroup: 'keywords',
        // A small collection: comparing with the exact answer costs next to nothing.
        search: { recallShare: 0.2 },
      },
      { embedders: { minilm: embedder } },
    );
    try {
      await ingest(service.documents, corpus.sections.map(toDocument), {
        source: 'node_modules',
        prune: true,
        batchSize: 256,
      });
      const listening = await listenSomewhere(service);
      return {
        ...listening,
        documents: corpus.sections.length,
        async close() {
          const isComplete = await listening.close();
          await closeAll(corpus, embedder.close);
          return isComplete;
        },
      };
    } catch (error) {
      await service.close();
      throw error;
    }
  } catch (error) {
    await closeAll(corpus, embedder.close);
    throw error;
  }
}

async function closeAll(corpus: Corpus, closeEmbedder: (() => Promise<void>) | undefined): Promise<void> {
  await closeEmbedder?.();
  await corpus.close();
}

/** On the wanted port, or on a free one where that is taken. */
async function listenSomewhere(service: Awaited<ReturnType<typeof openService>>): Promise<Listening> {
  try {
    return await listen(service);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    return listen({ ...service, config: { ...service.config, port: 0 } });
  }
}

/** A section is a document of one chunk; the embedding was made of its headings and its gist. */
function toDocument({ id, payload, embeddingText }: Section): Document {
  const { digest: _, text, path, version, anchor, section: __, license, ...own } = payload;
  return {
    id,
    title: headline(payload.package, path),
    text,
    payload: { ...own, version, ...(anchor !== '' && { anchor }), ...(license !== undefined && { license }) },
    gist: embeddingText,
  };
}

const urlPath = (path: string) => relative(process.cwd(), path).split(sep).map(encodeURIComponent).join('/');
