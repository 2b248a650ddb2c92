/** Node only. Brings a collection in line with the sections found on disk: embeds and writes only what changed. */
import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import type { Filter } from '../filter/types.ts';
import type { VectorStore } from '../store.ts';
import { type Progress, silent } from '../terminal/progress.ts';
import type { RecordInput } from '../types.ts';
import type { Embedder } from './embedder.ts';
import type { EmbeddingCache } from './embedding-cache.ts';
import { modelInfo } from './model.ts';
import { type Section, type SectionPayload, sectionPayload } from './sections.ts';

/** A collection of documentation sections. */
export type DocsStore = VectorStore<SectionPayload>;

/** What an indexing run did, in sections. */
export interface IndexReport {
  readonly total: number;
  /** Stored before and unchanged. */
  readonly unchanged: number;
  /** Written: new or changed. */
  readonly written: number;
  /** Of those, how many had to be embedded; the others' embeddings were cached. */
  readonly embedded: number;
  /** Stored before and gone from disk. */
  readonly removed: number;
  readonly ms: number;
}

export interface IndexOptions {
  /** Portable collection name. */
  readonly collection: string;
  /** Called at most once, and only if something has to be embedded. */
  readonly embedder: () => Promise<Embedder>;
  readonly cache: EmbeddingCache;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** The same on every backend: that is all it takes to swap one for another. */
const spec = {
  dimension: modelInfo.dimension,
  metric: 'cosine',
  // Each backend's own default type; the settings are for those that build an HNSW graph.
  index: { type: 'auto', m: 16, efConstruction: 200 },
  payload: sectionPayload,
  fields: {
    package: 'keyword',
    license: 'keyword',
    section: 'keyword',
    path: 'keyword',
    keywords: 'keyword',
    kind: 'keyword',
    words: 'number',
    hasCode: 'boolean',
  },
} as const;

const saveEveryMs = 15_000;

/**
 * Opens (or creates) the collection and makes it hold exactly these sections.
 *
 * Errors: those of `createCollection`, `scan`, `upsert` and `delete`; `Aborted`, with what was embedded kept in the cache.
 */
export async function indexSections(
  db: VectorDatabase,
  sections: readonly Section[],
  options: IndexOptions,
): Promise<{ store: DocsStore; report: IndexReport }> {
  const { signal } = options;
  const started = performance.now();
  const store = await openCollection(db, options);
  const stored = await storedDigests(store, signal);
  const changed = sections.filter(({ id, payload }) => stored.get(id) !== payload.digest);
  const current = new Set(sections.map(({ id }) => id));
  const vanished = [...stored.keys()].filter((id) => !current.has(id));
  const counter = { embedded: 0 };
  if (changed.length > 0) await write(store, embeddedRecords(changed, options, counter), options);
  if (vanished.length > 0) await store.delete(vanished, { signal });
  if (changed.length + vanished.length > 0) await store.flush();
  const report = {
    total: sections.length,
    unchanged: sections.length - changed.length,
    written: changed.length,
    embedded: counter.embedded,
    removed: vanished.length,
    ms: performance.now() - started,
  };
  return { store, report };
}

/**
 * Refuses a wrong filter before anything slow happens: an empty collection tells what is wrong with it.
 *
 * Errors: `InvalidArgument`.
 */
export async function checkFilter(filter: Filter<SectionPayload> | undefined): Promise<void> {
  if (filter === undefined) return;
  const db = await connect('native:');
  try {
    await (await db.createCollection('empty', spec)).count(filter);
  } finally {
    await db.close();
  }
}

async function write(
  store: DocsStore,
  records: AsyncIterable<RecordInput<SectionPayload>>,
  { cache, signal }: IndexOptions,
) {
  try {
    await store.upsert(records, { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
    const message = 'indexing was stopped; what was embedded is kept, and the next run goes on from there';
    throw new VectorStoreError('Aborted', message, { operation: 'docs', cause: error });
  } finally {
    await cache.save();
  }
}

async function openCollection(db: VectorDatabase, { collection, signal }: IndexOptions): Promise<DocsStore> {
  try {
    return await db.createCollection(collection, spec, { ifExists: 'open', signal });
  } catch (error) {
    // Made by another version of this command: everything in it can be made again from the disk.
    if (!VectorStoreError.is(error, 'Conflict')) throw error;
    return db.createCollection(collection, spec, { ifExists: 'recreate', signal });
  }
}

async function storedDigests(store: DocsStore, signal?: AbortSignal): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  for await (const { id, payload } of store.scan({ include: { payload: true, vector: false }, signal })) {
    digests.set(id, payload.digest);
  }
  return digests;
}

/** What is cached comes first; the rest is embedded while the store writes, at the pace of the slower of the two. */
async function* embeddedRecords(
  sections: readonly Section[],
  { cache, embedder, progress = silent, signal }: IndexOptions,
  counter: { embedded: number },
): AsyncGenerator<RecordInput<SectionPayload>> {
  const pending: Section[] = [];
  for (const section of sections) {
    const vector = cache.get(section.embeddingText);
    if (vector === undefined) pending.push(section);
    else yield { id: section.id, vector, payload: section.payload };
  }
  if (pending.length === 0) return;
  const model = await embedder();
  const texts = pending.map(({ embeddingText }) => embeddingText);
  const task = progress.begin('embedding sections', work(texts), pending.length);
  let done = 0;
  let saved = performance.now();
  try {
    for await (const { index, vector } of model.stream(texts, signal)) {
      const { id, payload, embeddingText } = pending[index]!;
      cache.set(embeddingText, vector);
      counter.embedded += 1;
      done += embeddingText.length;
      task.update(done, counter.embedded);
      yield { id, vector, payload };
      if (performance.now() - saved > saveEveryMs) {
        await cache.save();
        saved = performance.now();
      }
    }
  } finally {
    task.end();
  }
}

/** Time goes by characters rather than by sections: the short ones come first. */
const work = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0);
