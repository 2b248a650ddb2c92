/* The service over WordNet, with embeddings that were made before. */
import { join, relative } from 'node:path';
import { cacheDir } from '../../../scripts/lib/paths.mjs';
import type { Document } from '../documents.ts';
import { miniLmEmbedder } from '../embedders/minilm.ts';
import { type Memory, rememberingEmbedder } from '../embedders/remembering.ts';
import { ingest } from '../ingest/ingest.ts';
import type { ServiceConfigInput } from '../service/config.ts';
import { openService, type Service } from '../service/service.ts';
import { type Question, questionsFrom } from './questions.ts';
import { embedMissing, glossRows, measuredEmbeddings } from './vectors.ts';
import { embeddedText, readSynsets, type Synset } from './wordnet.ts';

export interface WordnetOptions {
  /** Index the definitions alone, so that the examples can be asked. */
  readonly isHeldOut: boolean;
  /** How many synsets. Default: all. */
  readonly count?: number;
  readonly questions: number;
  readonly search?: ServiceConfigInput['search'];
  readonly port?: number;
}

export interface Wordnet {
  readonly service: Service;
  readonly questions: readonly Question[];
  readonly memory: Memory;
  close(): Promise<void>;
}

/** A synset as a document. */
export const toDocument = ({ id, title, gloss, definition, pos, domain }: Synset, isHeldOut: boolean): Document => ({
  id,
  title,
  text: isHeldOut ? definition : gloss,
  payload: { pos, domain },
});

/** Ingests what is not there yet; the collection stays in the cache. */
export async function openWordnet({ isHeldOut, count, questions, search, port = 0 }: WordnetOptions): Promise<Wordnet> {
  const all = await readSynsets();
  const synsets = all.slice(0, count);
  const asked = questionsFrom(all, questions);
  const texts = asked.map(({ text }) => text);
  const memory = await remembered(all, isHeldOut, texts);
  const embedder = rememberingEmbedder(miniLmEmbedder({ cacheDir }), memory);
  const place = join(cacheDir, 'semantic-search', `${isHeldOut ? 'held-out' : 'glosses'}-${synsets.length}`);
  const service = await openService(
    {
      port,
      collection: 'wordnet',
      embedder: 'minilm',
      backends: [{ name: 'native', url: `native:${relative(process.cwd(), place)}` }],
      fields: { pos: 'keyword', domain: 'keyword' },
      ...(search && { search }),
    },
    { embedders: { minilm: embedder } },
  );
  const started = performance.now();
  const documents = synsets.map((synset) => toDocument(synset, isHeldOut));
  let told = started;
  const report = await ingest(service.documents, documents, {
    source: 'wordnet',
    batchSize: 1_000,
    onProgress({ read }) {
      if (performance.now() - told < 10_000) return;
      told = performance.now();
      console.log(`  ${read} of ${documents.length} glosses`);
    },
  });
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(
    `${report.read} glosses of WordNet in ${seconds} s: ${report.upserted} written, ${report.unchanged} unchanged`,
  );
  return {
    service,
    questions: asked,
    memory,
    async close() {
      await service.close();
      await embedder.close?.();
    },
  };
}

/** Embeddings of all texts, of the benchmarks where they have them, else made now and kept. */
async function remembered(
  synsets: readonly Synset[],
  isHeldOut: boolean,
  questions: readonly string[],
): Promise<Memory> {
  const cache = await measuredEmbeddings();
  const rows = glossRows(synsets.length);
  const places = new Map<string, number>();
  const missing = [...questions];
  for (const [place, { title, gloss, definition }] of synsets.entries()) {
    const text = embeddedText(title, isHeldOut ? definition : gloss);
    if (text === embeddedText(title, gloss) && rows(place) !== undefined) places.set(text, place);
    else missing.push(text);
  }
  await embedMissing(cache, missing);
  return {
    get(text) {
      const place = places.get(text);
      return place === undefined ? cache.get(text) : rows(place);
    },
  };
}
