/* Questions: by meaning, by words, or both. */
import { createHash } from 'node:crypto';
import { type Filter, type Payload, VectorStoreError } from 'anyvec';
import { type Chunk, readChunk } from '../documents.ts';
import type { Caller } from './auth.ts';
import type { Catalogue, Shelf, Variant } from './catalogue.ts';
import type { ServiceConfig } from './config.ts';
import type { Reencoder } from './reencode.ts';
import { type Snippet, snippetOf } from './snippet.ts';

export const modes = ['dense', 'bm25', 'hybrid'] as const;
/** By meaning, by words, or both. */
export type Mode = (typeof modes)[number];

export interface Question {
  readonly q: string;
  readonly k: number;
  readonly filter?: Filter | undefined;
  readonly mode: Mode;
  readonly backend?: string | undefined;
  readonly exact: boolean;
}

export interface Hit {
  /** Of the chunk's record. */
  readonly id: string;
  readonly documentId: string;
  readonly score: number;
  readonly title: string;
  readonly snippet: Snippet;
  readonly payload: Chunk['payload'];
}

export interface Answer {
  readonly query: string;
  readonly mode: Mode;
  readonly backend: string;
  readonly variant: string;
  readonly model: string;
  /** BM25 answered instead: there was no embedding of the question, or none of the present model in the collection. */
  readonly fallback?: 'no-embeddings';
  /** Records of another model, which only BM25 finds until they are embedded anew. */
  readonly stale?: number;
  /** One per document: its best chunk. */
  readonly hits: readonly Hit[];
  /** `searchMs` is all but the embedding. */
  readonly timings: { readonly embedMs: number; readonly searchMs: number; readonly totalMs: number };
}

interface Ranked {
  readonly id: string;
  readonly score: number;
  readonly chunk: Chunk;
  /** It was found by its vector. */
  readonly isByVector: boolean;
}

type Ranking = { readonly mode: Mode; readonly vector: Float32Array | undefined; readonly filter: Filter | undefined };

const mostRanked = 10_000;

export class Search {
  readonly #catalogue: Catalogue;
  readonly #settings: ServiceConfig['search'];
  readonly #reencoder: Reencoder;

  constructor(catalogue: Catalogue, settings: ServiceConfig['search'], reencoder: Reencoder) {
    this.#catalogue = catalogue;
    this.#settings = settings;
    this.#reencoder = reencoder;
  }

  /** @throws what `VectorStore.search` and `searchHybrid` do. */
  async answer(
    { tenant, key }: Pick<Caller, 'tenant' | 'key'>,
    question: Question,
    signal?: AbortSignal,
  ): Promise<Answer> {
    const began = performance.now();
    const variant = this.#variantOf(key || question.q);
    const shelf = this.#catalogue.shelf(question.backend, variant);
    const vector = question.mode === 'bm25' ? undefined : await embedQuestion(shelf, question.q, signal);
    const embedded = performance.now();
    const { hits, ...state } = await this.#rank(shelf, variant, tenant, question, vector, signal);
    const ended = performance.now();
    return {
      query: question.q,
      mode: question.mode,
      backend: shelf.backend,
      variant: variant.name,
      model: shelf.model,
      ...state,
      hits: hits.map((hit) => shown(hit, question.q)),
      timings: { embedMs: embedded - began, searchMs: ended - embedded, totalMs: ended - began },
    };
  }

  /** The same key always gets the same variant; where there are no keys, the same question. */
  #variantOf(stable: string): Variant {
    const { variants } = this.#catalogue;
    if (variants.length === 1) return variants[0]!;
    const at = createHash('sha256').update(stable).digest().readUInt32LE() / 2 ** 32;
    return variants.find(({ until }) => at < until) ?? variants.at(-1)!;
  }

  /**
   * Vectors of two models cannot be compared: as long as there are records of another one, only those of the present model are asked by vector, and
   * where there are none of it, BM25 answers.
   */
  async #rank(
    shelf: Shelf,
    variant: Variant,
    tenant: string,
    question: Question,
    vector: Float32Array | undefined,
    signal?: AbortSignal,
  ) {
    const ask = (ranking: Ranking) => this.#documents(shelf, variant, tenant, question, ranking, signal);
    const byWords = async () => ({
      hits: await ask({ mode: 'bm25', vector: undefined, filter: question.filter }),
      fallback: 'no-embeddings' as const,
    });
    const { mode, filter } = question;
    if (mode === 'bm25') return { hits: await ask({ mode, vector, filter }) };
    if (vector === undefined) return byWords();
    let known = this.#reencoder.freshness(shelf, tenant);
    if (known.stale === 0) {
      const hits = await ask({ mode, vector, filter });
      if (hits.every(({ chunk, isByVector }) => !isByVector || chunk.info.model === shelf.model)) return { hits };
      known = await this.#reencoder.noticed(shelf, tenant);
    }
    if (known.current === 0) return { ...(await byWords()), stale: known.stale };
    const present = { '_doc.model': shelf.model };
    const hits = await ask({ mode, vector, filter: filter === undefined ? present : { $and: [filter, present] } });
    return { hits, stale: known.stale };
  }

  /** The best chunk of each of the `k` best documents. */
  async #documents(
    shelf: Shelf,
    variant: Variant,
    tenant: string,
    { k, q, exact }: Question,
    ranking: Ranking,
    signal?: AbortSignal,
  ): Promise<Ranked[]> {
    for (let wanted = k; ; wanted = Math.min(mostRanked, wanted * 4)) {
      const ranked = await this.#ranking(shelf, variant, tenant, q, ranking, wanted, exact, signal);
      const best = new Map<string, Ranked>();
      for (const hit of ranked) if (!best.has(hit.chunk.info.id)) best.set(hit.chunk.info.id, hit);
      if (best.size >= k || ranked.length < wanted || wanted === mostRanked) return [...best.values()].slice(0, k);
    }
  }

  async #ranking(
    shelf: Shelf,
    { params }: Variant,
    tenant: string,
    text: string,
    { mode, vector, filter }: Ranking,
    k: number,
    exact: boolean,
    signal?: AbortSignal,
  ): Promise<Ranked[]> {
    const store = shelf.of(tenant);
    const common = { k, ...(filter && { filter }), ...(signal && { signal }) };
    const byVector = { exact, params };
    if (mode === 'dense') {
      const matches = await store.search(vector!, { ...common, ...byVector });
      return matches.flatMap(({ id, score, payload }) => rankedChunk(id, score, payload, true));
    }
    const { fusion, candidates, titleWeight } = this.#settings;
    const matches = await store.searchHybrid(
      { text, ...(vector && { vector }) },
      {
        ...common,
        fields: { text: 1, title: titleWeight },
        ...(vector && {
          ...byVector,
          fusion,
          ...(candidates && { candidates: Math.max(k, candidates) }),
        }),
      },
    );
    return matches.flatMap(({ id, score, payload, vectorScore }) =>
      rankedChunk(id, score, payload, vectorScore !== undefined),
    );
  }
}

function rankedChunk(id: string, score: number, payload: Payload, isByVector: boolean): Ranked[] {
  const chunk = readChunk(payload);
  return chunk === undefined ? [] : [{ id, score, chunk, isByVector }];
}

const shown = ({ id, score, chunk: { title, text, info, payload } }: Ranked, query: string): Hit => ({
  id,
  documentId: info.id,
  score,
  title: [title, info.heading].filter((part, i, all) => part && all.indexOf(part) === i).join(' › ') || info.id,
  snippet: snippetOf(text, query),
  payload,
});

/** Undefined where there is no model, or not yet. */
async function embedQuestion({ embedder }: Shelf, q: string, signal?: AbortSignal): Promise<Float32Array | undefined> {
  try {
    return (await embedder?.embed([q], signal))?.[0];
  } catch (error) {
    if (VectorStoreError.is(error, 'Unavailable')) return undefined;
    throw error;
  }
}
