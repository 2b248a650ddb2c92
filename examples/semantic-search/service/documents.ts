/* Documents in and out: each becomes records of its chunks, on every shelf, and only what changed is embedded and written. */
import { createHash } from 'node:crypto';
import { isSupported, type Payload, type RecordInput, type VectorStore, VectorStoreError } from 'anyvec';
import { type Chunk, type ChunkInfo, chunkId, type Document, embeddedText, readChunk } from '../documents.ts';
import { chunksOf } from '../ingest/chunks.ts';
import type { Catalogue, Shelf } from './catalogue.ts';
import { ServiceError } from './errors.ts';
import type { Lock } from './locks.ts';

/** What a `put` did, in documents. */
export interface PutReport {
  readonly upserted: number;
  readonly unchanged: number;
  /** Records written on the first shelf that needed any. */
  readonly chunks: number;
  readonly failed: readonly { readonly id: string; readonly code: string }[];
  /** Of all documents that were given. */
  readonly ids: readonly string[];
}

export interface PutOptions {
  /** Where they come from; see `prune`. */
  readonly source?: string;
  /** The tenant may have so many. */
  readonly maxDocuments?: number | undefined;
  readonly signal?: AbortSignal;
}

/** A document as it was put together again. */
export interface StoredDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly payload: Chunk['payload'];
  /** Ids of its records. */
  readonly chunks: readonly string[];
}

interface Prepared {
  readonly id: string;
  readonly hash: string;
  readonly title: string;
  readonly payload: Payload;
  readonly chunks: readonly { readonly text: string; readonly heading?: string; readonly gist?: string }[];
}

type Plan = { readonly shelf: Shelf; readonly changed: readonly Prepared[]; readonly vectors: Vectors };
/** By embedded text; undefined while there is no model. */
type Vectors = ReadonlyMap<string, Float32Array> | undefined;

/** All that reads and writes whole documents. */
export class Documents {
  readonly #catalogue: Catalogue;
  readonly #lock: Lock;
  readonly #onPending: (shelf: Shelf, tenant: string) => void;
  readonly #versions = new Map<string, number>();

  /** @param onPending Told of records that were written without a vector. */
  constructor(catalogue: Catalogue, lock: Lock, onPending: (shelf: Shelf, tenant: string) => void) {
    this.#catalogue = catalogue;
    this.#lock = lock;
    this.#onPending = onPending;
  }

  /** A number that changes with every write of the tenant. */
  version(tenant: string): number {
    return this.#versions.get(tenant) ?? 0;
  }

  /**
   * Writes documents; of several with one id the last one. Without a model at hand they are written without vectors, and embedded later.
   *
   * @throws `QuotaExceeded`; `Unavailable` where the backend needs vectors and there is no model yet.
   */
  async put(tenant: string, documents: readonly Document[], options: PutOptions = {}): Promise<PutReport> {
    const { source = '', maxDocuments, signal } = options;
    const prepared = [...new Map(documents.map(prepare).map((document) => [document.id, document])).values()];
    const memo = new Map<string, Float32Array>();
    const plans: Plan[] = [];
    for (const shelf of this.#catalogue.shelves) {
      const heads = await headsOf(shelf.of(tenant), prepared, signal);
      const changed = prepared.filter(({ id, hash }) => heads.get(id)?.info.hash !== hash);
      if (changed.length > 0) plans.push({ shelf, changed, vectors: await embedded(shelf, changed, memo, signal) });
    }
    const touched = new Set(plans.flatMap(({ changed }) => changed.map(({ id }) => id)));
    const failed: PutReport['failed'][number][] = [];
    let chunks = 0;
    if (plans.length > 0) {
      await this.#lock(tenant, async () => {
        if (maxDocuments !== undefined) await this.#checkQuota(tenant, [...touched], maxDocuments);
        for (const [i, plan] of plans.entries()) {
          const written = await write(plan, tenant, source).catch(
            (error: unknown) => failed.push(...failures(error)) && 0,
          );
          if (i === 0) chunks = written;
          if (plan.vectors === undefined && plan.shelf.embedder !== undefined) this.#onPending(plan.shelf, tenant);
        }
        this.#changed(tenant);
      });
    }
    const ids = new Set(failed.map(({ id }) => id));
    return {
      upserted: touched.size - ids.size,
      unchanged: prepared.length - touched.size,
      chunks,
      failed,
      ids: prepared.map(({ id }) => id),
    };
  }

  /** Put together from its chunks; undefined where there is none. */
  async get(tenant: string, id: string, shelf: Shelf, signal?: AbortSignal): Promise<StoredDocument | undefined> {
    const found: { id: string; chunk: Chunk }[] = [];
    for await (const record of shelf
      .of(tenant)
      .scan({ filter: { '_doc.id': id }, include: { payload: true }, ...(signal && { signal }) })) {
      const chunk = readChunk(record.payload);
      if (chunk !== undefined) found.push({ id: record.id, chunk });
    }
    found.sort((a, b) => a.chunk.info.part - b.chunk.info.part);
    const first = found[0]?.chunk;
    if (first === undefined) return undefined;
    const text = found.map(({ chunk }) => chunk.text).join('');
    return { id, title: first.title, text, payload: first.payload, chunks: found.map(({ id }) => id) };
  }

  /** How many records were removed, on the default shelf. 0: there was no such document. */
  async delete(tenant: string, id: string): Promise<number> {
    return this.#everywhere(tenant, (store) => store.delete({ filter: { '_doc.id': id } }));
  }

  /** Merges into the payload of all chunks, and removes `unset` paths. How many records were changed; 0: there was no such document. */
  async patch(tenant: string, id: string, set: Payload, unset: readonly string[]): Promise<number> {
    return this.#everywhere(tenant, (store) => store.setPayload({ filter: { '_doc.id': id } }, set, { unset }));
  }

  /** Deletes what came from `source` and is not in `seen`. How many documents. */
  async prune(tenant: string, source: string, seen: ReadonlySet<string>): Promise<number> {
    const gone = new Set<string>();
    for (const shelf of this.#catalogue.shelves) {
      for await (const { payload } of shelf
        .of(tenant)
        .scan({ filter: { '_doc.source': source }, include: { payload: true } })) {
        const id = readChunk(payload)?.info.id;
        if (id !== undefined && !seen.has(id)) gone.add(id);
      }
    }
    const ids = [...gone];
    for (let at = 0; at < ids.length; at += 1_000) {
      const some = ids.slice(at, at + 1_000);
      await this.#everywhere(tenant, (store) => store.delete({ filter: { '_doc.id': { $in: some } } }));
    }
    return ids.length;
  }

  async #everywhere(tenant: string, work: (store: VectorStore) => Promise<{ acknowledged: number }>): Promise<number> {
    return this.#lock(tenant, async () => {
      const counts: number[] = [];
      for (const shelf of this.#catalogue.shelves) counts.push((await work(shelf.of(tenant))).acknowledged);
      if (counts.some((count) => count > 0)) this.#changed(tenant);
      return Math.max(...counts);
    });
  }

  async #checkQuota(tenant: string, ids: readonly string[], most: number): Promise<void> {
    const store = this.#catalogue.shelves[0]!.of(tenant);
    const heads = await store.get(
      ids.map((id) => chunkId(id, 0)),
      { include: { payload: false, vector: false } },
    );
    const added = heads.filter((head) => head === undefined).length;
    if (added === 0 || (await store.count({ '_doc.part': 0 })) + added <= most) return;
    throw new ServiceError(403, 'QuotaExceeded', `at most ${most} documents with this key; delete some first`);
  }

  #changed(tenant: string): void {
    this.#versions.set(tenant, this.version(tenant) + 1);
  }
}

function prepare({ id, title = '', text, payload, format = 'text', gist }: Document): Prepared {
  const hash = sha256(JSON.stringify([title, text, payload, format, gist]));
  const chunks = gist === undefined ? chunksOf(text, format) : [{ text, gist }];
  return { id: id ?? sha256(`${title}\n${text}`), hash, title, payload, chunks };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** The first chunks of the documents that are there, by document. */
async function headsOf(store: VectorStore, documents: readonly { id: string }[], signal?: AbortSignal) {
  const ids = documents.map(({ id }) => chunkId(id, 0));
  const records = await store.get(ids, { include: { payload: true }, ...(signal && { signal }) });
  const heads = new Map<string, Chunk>();
  for (const [i, record] of records.entries()) {
    const chunk = record && readChunk(record.payload);
    if (chunk !== undefined) heads.set(documents[i]!.id, chunk);
  }
  return heads;
}

async function embedded(
  shelf: Shelf,
  documents: readonly Prepared[],
  memo: Map<string, Float32Array>,
  signal?: AbortSignal,
): Promise<Vectors> {
  const { embedder, model } = shelf;
  if (embedder === undefined) return undefined;
  const texts = documents.flatMap(({ title, chunks }) => chunks.map((chunk) => embeddedText(title, chunk.text, chunk)));
  const missing = [...new Set(texts)].filter((text) => !memo.has(`${model}\n${text}`));
  try {
    const vectors = await embedder.embed(missing, signal);
    for (const [i, text] of missing.entries()) memo.set(`${model}\n${text}`, vectors[i]!);
  } catch (error) {
    if (!VectorStoreError.is(error, 'Unavailable')) throw error;
    if (!isSupported(shelf.root.capabilities.options.nullVector))
      throw new ServiceError(
        503,
        'Unavailable',
        `${shelf.backend} keeps no records without vectors, and the model is not ready`,
        5,
      );
    return undefined;
  }
  return new Map(texts.map((text) => [text, memo.get(`${model}\n${text}`)!]));
}

/**
 * First all chunks but the first, then what is left of a longer version, and in the end the first chunk, which has the hash: whoever is interrupted
 * finds the document changed, and writes it again.
 */
async function write({ shelf, changed, vectors }: Plan, tenant: string, source: string): Promise<number> {
  const store = shelf.of(tenant);
  const before = await headsOf(store, changed);
  const records = changed.map((document) =>
    recordsOf(document, vectors, vectors === undefined ? '' : shelf.model, source),
  );
  const surplus = changed.flatMap(({ id, chunks }) => {
    const parts = before.get(id)?.info.parts ?? 0;
    return Array.from({ length: Math.max(0, parts - chunks.length) }, (_, i) => chunkId(id, chunks.length + i));
  });
  await store.upsert(records.flatMap(([, ...others]) => others));
  await store.delete(surplus);
  await store.upsert(records.map(([head]) => head!));
  return records.reduce((sum, { length }) => sum + length, 0);
}

function recordsOf(
  { id, hash, title, payload, chunks }: Prepared,
  vectors: Vectors,
  model: string,
  source: string,
): RecordInput[] {
  return chunks.map(({ text, heading, gist }, part) => {
    const info: ChunkInfo = {
      ...{ id, part, parts: chunks.length, hash, model, source },
      ...(heading !== undefined && { heading }),
      ...(gist !== undefined && { gist }),
    };
    const vector = vectors?.get(embeddedText(title, text, info)) ?? null;
    return {
      id: chunkId(id, part),
      vector,
      payload: { ...payload, ...(title !== '' && { title }), text, _doc: { ...info } },
    };
  });
}

/** The documents that a write left in doubt. Any other error is the caller's. */
function failures(error: unknown): { id: string; code: string }[] {
  if (!VectorStoreError.is(error, 'PartialFailure') || error.result === undefined) throw error;
  const { failed, unknown } = error.result;
  const documents = new Map<string, string>();
  for (const { id, code } of [...failed, ...unknown.map((id) => ({ id, code: 'Unknown' }))])
    documents.set(id.slice(0, id.lastIndexOf('#')), code);
  return Array.from(documents, ([id, code]) => ({ id, code }));
}
