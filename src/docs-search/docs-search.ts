/** Node only. The documentation of a project, indexed in a database and ready for questions. */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';

import type { Config } from '../config.ts';
import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { type AskOptions, ask, type DocsMatch } from './ask.ts';
import { type Corpus, type CorpusOptions, openCorpus } from './corpus.ts';
import { type IndexReport, indexSections } from './index-docs.ts';

export interface DocsSearchOptions extends CorpusOptions {
  /** Where the index lives, as `connect` takes it. */
  readonly database: string | Config;
}

/** An open index. */
export interface DocsSearch extends AsyncDisposable {
  readonly report: IndexReport;
  /** The sections nearest to the question, best first. See {@link ask}. */
  ask(question: string, options?: AskOptions): Promise<DocsMatch[]>;
  close(): Promise<void>;
}

/**
 * Reads the project's documentation, brings the index in line with it (the first time this embeds every section), and
 * opens it for questions.
 *
 * Errors: those of `connect`, `openCorpus`, `ensureModel`, `openEmbedder` and `indexSections`.
 */
export async function openDocsSearch(options: DocsSearchOptions): Promise<DocsSearch> {
  const { database, projectDir, progress, signal } = options;
  const db = await connect(database);
  let corpus: Corpus | undefined;
  try {
    corpus = await openCorpus(options);
    const { cache, embedder } = corpus;
    const collection = await collectionName(projectDir);
    const { store, report } = await indexSections(db, corpus.sections, {
      collection,
      cache,
      embedder,
      progress,
      signal,
    });
    const opened = { db, corpus };
    return {
      report,
      ask: async (question, asked) => ask(store, await opened.corpus.embedder(), question, { signal, ...asked }),
      close: () => closeAll(opened.db, opened.corpus),
      [Symbol.asyncDispose]: () => closeAll(opened.db, opened.corpus),
    };
  } catch (error) {
    await closeAll(db, corpus);
    throw error;
  }
}

/** One per project, so that two projects can share a server, and no other collection is ever touched. */
export async function collectionName(projectDir: string): Promise<string> {
  const path = await realpath(projectDir).catch(() => projectDir);
  return `anyvec-docs-${createHash('sha256').update(path).digest('hex').slice(0, 12)}`;
}

async function closeAll(db: VectorDatabase, corpus: Corpus | undefined): Promise<void> {
  await corpus?.close();
  await db.close();
}
