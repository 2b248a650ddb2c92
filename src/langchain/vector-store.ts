import type { DocumentInterface } from '@langchain/core/documents';
import type { EmbeddingsInterface } from '@langchain/core/embeddings';
import {
  VectorStore as LangchainVectorStore,
  type MaxMarginalRelevanceSearchOptions,
} from '@langchain/core/vectorstores';
import type { VectorDatabase } from '../database.ts';
import { invalid } from '../errors.ts';
import type { Filter } from '../filter/types.ts';
import type { VectorStore } from '../store.ts';
import type { DeleteTarget, FieldSpecs, Id, IndexSpec, Metric, Payload, RecordInput } from '../types.ts';
import { documentOf, payloadOf } from './documents.ts';
import { mostMarginallyRelevant } from './marginal-relevance.ts';

/** What {@link AnyvecVectorStore} works on. */
export interface AnyvecStoreConfig<P extends object = Payload> {
  /** An open collection, or a namespace of one. It stays the caller's to close. */
  readonly store: VectorStore<P>;
  /** The payload field that holds `pageContent`. Metadata must not have it. Default `pageContent`. */
  readonly contentKey?: string;
}

/** A collection by name, for the static methods. */
export interface AnyvecCollectionConfig<P extends object = Payload> {
  /** From `connect`. It stays the caller's to close. */
  readonly database: VectorDatabase;
  readonly collection: string;
  /** Of a collection that does not exist yet. Default `cosine`. */
  readonly metric?: Metric;
  /** Of a collection that does not exist yet. Default: what the embeddings give. */
  readonly dimension?: number;
  /** Metadata fields declared for filtering, of a collection that does not exist yet. */
  readonly fields?: FieldSpecs<P>;
  /** Of a collection that does not exist yet. Default: the backend's. */
  readonly index?: IndexSpec;
  /** As in {@link AnyvecStoreConfig}. */
  readonly contentKey?: string;
}

/**
 * A collection as a vector store of LangChain.js, on any backend.
 *
 * A document is a record: its id is the record's (a random UUID where it has none), its metadata are the payload, beside the text under
 * `contentKey`. So filters name metadata fields as they are, `{ lang: 'en', year: { $gte: 2020 } }`, and are checked against `P`.
 * Metadata must be JSON: a `Date` is refused, not flattened. Scores are those of `search`: higher is better under every metric.
 *
 * Rejects with `VectorStoreError`.
 *
 * @example
 * const store = await AnyvecVectorStore.fromDocuments(documents, embeddings, { database, collection: 'articles' });
 * const retriever = store.asRetriever({ k: 5, filter: { lang: 'en' } });
 */
export class AnyvecVectorStore<P extends object = Payload> extends LangchainVectorStore {
  declare FilterType: Filter<P>;
  /** The collection beneath, for everything that LangChain has no word for. */
  readonly store: VectorStore<P>;
  readonly #contentKey: string;

  constructor(embeddings: EmbeddingsInterface, { store, contentKey = 'pageContent' }: AnyvecStoreConfig<P>) {
    // LangChain keeps what it is given here for serialisation: no store, and no connection with its key, belongs there.
    super(embeddings, {});
    this.store = store;
    this.#contentKey = contentKey;
  }

  /** Embeds the texts and adds them; one object of metadata is for all of them. Creates the collection if it is given by name and missing. */
  static override async fromTexts<P extends object = Payload>(
    texts: string[],
    metadatas: object[] | object,
    embeddings: EmbeddingsInterface,
    config: AnyvecStoreConfig<P> | AnyvecCollectionConfig<P>,
  ): Promise<AnyvecVectorStore<P>> {
    if (Array.isArray(metadatas) && metadatas.length !== texts.length)
      throw invalid('metadatas', `one object for all texts, or one for each: ${texts.length}, not ${metadatas.length}`);
    const documents = texts.map((pageContent, i) => ({
      pageContent,
      metadata: Array.isArray(metadatas) ? metadatas[i] : metadatas,
    }));
    return AnyvecVectorStore.fromDocuments<P>(documents, embeddings, config);
  }

  /** Embeds the documents and adds them. Creates the collection if it is given by name and missing. */
  static override async fromDocuments<P extends object = Payload>(
    documents: DocumentInterface[],
    embeddings: EmbeddingsInterface,
    config: AnyvecStoreConfig<P> | AnyvecCollectionConfig<P>,
  ): Promise<AnyvecVectorStore<P>> {
    const vectors = await embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent));
    const store = 'store' in config ? config.store : await created(config, embeddings, vectors[0]?.length);
    const result = new AnyvecVectorStore<P>(embeddings, { ...config, store });
    await result.addVectors(vectors, documents);
    return result;
  }

  /**
   * Opens a collection that exists.
   *
   * @throws `NotFound`.
   */
  static async fromExistingCollection<P extends object = Payload>(
    embeddings: EmbeddingsInterface,
    config: AnyvecStoreConfig<P> | Pick<AnyvecCollectionConfig<P>, 'database' | 'collection' | 'contentKey'>,
  ): Promise<AnyvecVectorStore<P>> {
    const store = 'store' in config ? config.store : await config.database.collection<P>(config.collection);
    return new AnyvecVectorStore<P>(embeddings, { ...config, store });
  }

  _vectorstoreType(): string {
    return 'anyvec';
  }

  /** Embeds the documents and adds them; see {@link addVectors}. */
  async addDocuments(documents: DocumentInterface[], options?: { ids?: Id[] }): Promise<Id[]> {
    return this.addVectors(
      await this.embeddings.embedDocuments(documents.map(({ pageContent }) => pageContent)),
      documents,
      options,
    );
  }

  /**
   * Writes documents with their vectors; what was there under an id is replaced. All are checked before any is sent.
   *
   * @param options.ids One for each document. Default: the documents' own, a random UUID where there is none.
   * @returns The ids, in the order of the documents.
   */
  async addVectors(vectors: number[][], documents: DocumentInterface[], options?: { ids?: Id[] }): Promise<Id[]> {
    const { ids } = options ?? {};
    if (vectors.length !== documents.length)
      throw invalid('vectors', `one for each document: ${documents.length}, not ${vectors.length}`);
    if (ids !== undefined && ids.length !== documents.length)
      throw invalid('options.ids', `one for each document: ${documents.length}, not ${ids.length}`);
    const records = documents.map((document, i) => ({
      id: ids?.[i] ?? document.id ?? crypto.randomUUID(),
      vector: vectors[i],
      payload: payloadOf(document, this.#contentKey, `documents[${i}]`),
    }));
    // LangChain's metadata have no type: whether they are a `P` is for the collection's schema to say, which checks every record.
    if (records.length > 0) await this.store.upsert(records as unknown as RecordInput<P>[]);
    return records.map(({ id }) => id);
  }

  /** Removes documents by ids, by filter, or all: exactly one of the three. Absent ids are no error. */
  override async delete(params: { ids: readonly Id[] } | { filter: Filter<P> } | { all: true }): Promise<void> {
    const given: object = params ?? {};
    if (Object.keys(given).length !== 1)
      throw invalid('params', 'exactly one of { ids }, { filter } and { all: true }');
    const { ids } = given as { ids?: unknown };
    if (!('ids' in given)) await this.store.delete(params as DeleteTarget<P>);
    else if (!Array.isArray(ids)) throw invalid('params.ids', 'an array of ids');
    else await this.store.delete(ids as readonly Id[]);
  }

  /** The nearest documents with their scores, best first: higher is better. */
  async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: this['FilterType'],
  ): Promise<[DocumentInterface, number][]> {
    const found = await this.store.search(query, {
      k,
      include: { payload: true },
      ...(filter !== undefined && { filter }),
    });
    return found.map(({ id, payload, score }) => [documentOf(id, payload, this.#contentKey), score]);
  }

  /**
   * Of the `fetchK` (default 20) nearest documents the `k` that are near to the query and unlike each other, by cosine. `lambda` (default
   * 0.5) is the weight of nearness: 1 asks for nothing else, 0 for the most different ones.
   */
  override async maxMarginalRelevanceSearch(
    query: string,
    options: MaxMarginalRelevanceSearchOptions<this['FilterType']>,
  ): Promise<DocumentInterface[]> {
    const { k, fetchK = 20, lambda = 0.5, filter } = options;
    const vector = await this.embeddings.embedQuery(query);
    const found = await this.store.search(vector, {
      k: Math.max(k, fetchK),
      include: { payload: true, vector: true },
      ...(filter !== undefined && { filter }),
    });
    const chosen = mostMarginallyRelevant(
      vector,
      found.map((match) => match.vector),
      lambda,
      k,
    );
    return chosen.map((i) => documentOf(found[i]!.id, found[i]!.payload, this.#contentKey));
  }
}

/** The collection that a configuration names, created if it is not there. */
async function created<P extends object>(
  { database, collection, metric = 'cosine', fields, index, ...rest }: AnyvecCollectionConfig<P>,
  embeddings: EmbeddingsInterface,
  length: number | undefined,
): Promise<VectorStore<P>> {
  const dimension = rest.dimension ?? length ?? (await embeddings.embedQuery('How long is a vector?')).length;
  const spec = { dimension, metric, ...(fields && { fields }), ...(index && { index }) };
  return database.createCollection<P>(collection, spec, { ifExists: 'open' });
}
