/* What turns texts into vectors. The service and the ingestion know no more of a model than this. */

/** A model on this machine, or a service: bring your own. */
export interface Embedder {
  /** Together with `version` kept beside every vector: records of another model are never compared with a question of this one. */
  readonly name: string;
  readonly version: string;
  /** Length of every vector. */
  readonly dimension: number;
  /**
   * One vector per text, in their order.
   *
   * @throws `VectorStoreError` of code `Unavailable` while it cannot: questions are then answered by BM25, documents are embedded later.
   */
  embed(texts: readonly string[], signal?: AbortSignal): Promise<readonly Float32Array[]>;
  /** Resolves when `embed` will work; rejects where it never will. Left out: it works from the start. */
  ready?(): Promise<void>;
  close?(): Promise<void>;
}

/** How a model is named in payloads: `all-MiniLM-L6-v2-int8@8199be6f`. */
export const modelOf = ({ name, version }: Pick<Embedder, 'name' | 'version'>): string => `${name}@${version}`;
