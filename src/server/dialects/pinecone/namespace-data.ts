import { compareIds, distanceBetween, scoreOf } from '../../../score.ts';
import type { VectorStore } from '../../../store.ts';
import type { Metric } from '../../../types.ts';
import type { IndexEntry } from './catalog.ts';
import type { MetadataFilter } from './filter.ts';
import { checkMetadataSize, type Metadata } from './metadata.ts';
import type { PineconeQuirks } from './quirks.ts';
import { type SparseVector, sparseProduct } from './sparse.ts';

/** A record as the wire has it. */
export interface PineconeRecord {
  readonly id: string;
  /** Empty in a sparse index. */
  readonly values: Float32Array;
  readonly sparse?: SparseVector;
  readonly metadata: Metadata;
}

/** What a query is compared with: either or both. */
export interface QueryVectors {
  readonly dense?: Float32Array;
  readonly sparse?: SparseVector;
}

/** A hit. */
export interface PineconeMatch extends PineconeRecord {
  readonly score: number;
}

/** What an update replaces; metadata is merged. */
export type RecordChange = Partial<Pick<PineconeRecord, 'values' | 'sparse' | 'metadata'>>;

/** Where a sparse vector is kept beside the metadata, whose keys cannot begin so. */
const sparseKey = '$sparse';

/**
 * The records of one namespace. Writes are applied one after another, each when its time has come, and counted: a read sees all writes up to
 * {@link indexedLsn}.
 */
export class NamespaceData {
  readonly #store: VectorStore;
  readonly #metric: Metric;
  readonly #isSparse: boolean;
  readonly #quirks: PineconeQuirks;
  #requestLsn: number;
  #indexedLsn: number;
  #lastWrite: Promise<unknown> = Promise.resolve();
  /** All records, sorted by id; thrown away by every write. */
  #sorted: Promise<readonly PineconeRecord[]> | undefined;

  constructor(store: VectorStore, entry: IndexEntry, quirks: PineconeQuirks) {
    this.#store = store;
    this.#metric = entry.metric === 'dotproduct' ? 'dot' : entry.metric;
    this.#isSparse = entry.vectorType === 'sparse';
    this.#quirks = quirks;
    // A server that is started again goes on with higher numbers, as clients expect of a log.
    this.#requestLsn = Date.now();
    this.#indexedLsn = this.#requestLsn;
  }

  /** The last write that reads see. */
  get indexedLsn(): number {
    return this.#indexedLsn;
  }

  upsert(records: readonly PineconeRecord[]): Promise<number> {
    return this.#write(async () => {
      await this.#store.upsert(records.map(toStored));
    });
  }

  deleteIds(ids: readonly string[]): Promise<number> {
    return this.#write(async () => {
      await this.#store.delete(ids);
    });
  }

  deleteMatching(filter: MetadataFilter): Promise<number> {
    return this.#write(async () => {
      const matching = (await this.all()).filter((record) => filter(record.metadata));
      if (matching.length > 0) await this.#store.delete(matching.map((record) => record.id));
    });
  }

  deleteAll(): Promise<number> {
    return this.#write(async () => {
      await this.#store.delete({ all: true });
    });
  }

  /** Metadata is merged; a missing id is passed over. */
  update(id: string, change: RecordChange): Promise<number> {
    return this.#write(async () => {
      const [record] = await this.get([id]);
      if (record !== undefined) await this.#store.upsert(toStored(changed(record, change)));
    });
  }

  updateMatching(filter: MetadataFilter, metadata: Metadata): Promise<number> {
    return this.#write(async () => {
      const matching = (await this.all()).filter((record) => filter(record.metadata));
      await this.#store.upsert(matching.map((record) => toStored(changed(record, { metadata }))));
    });
  }

  async get(ids: readonly string[]): Promise<PineconeRecord[]> {
    const records = await this.#store.get([...new Set(ids)]);
    return records.flatMap((record) => (record === undefined ? [] : [this.#fromStored(record)]));
  }

  count(): Promise<number> {
    return this.#store.count();
  }

  /** All records, sorted by id. */
  all(): Promise<readonly PineconeRecord[]> {
    this.#sorted ??= this.#read();
    return this.#sorted;
  }

  async #read(): Promise<readonly PineconeRecord[]> {
    const records: PineconeRecord[] = [];
    for await (const record of this.#store.scan()) records.push(this.#fromStored(record));
    return records.sort((a, b) => compareIds(a.id, b.id));
  }

  /** The `k` nearest records that match, most similar first. */
  async query(query: QueryVectors, k: number, filter: MetadataFilter | undefined): Promise<PineconeMatch[]> {
    const { dense, sparse } = query;
    if (sparse !== undefined) return this.#querySparse(dense, sparse, k, filter);
    return dense === undefined ? [] : this.#queryDense(dense, k, filter);
  }

  /** The dot products of both vectors, added. Without a dense one only records with a value at one of the indices are found. */
  async #querySparse(
    dense: Float32Array | undefined,
    sparse: SparseVector,
    k: number,
    filter: MetadataFilter | undefined,
  ): Promise<PineconeMatch[]> {
    return (await this.all())
      .flatMap((record) => {
        if (filter !== undefined && !filter(record.metadata)) return [];
        const product = sparseProduct(sparse, record.sparse);
        if (dense === undefined) return product === undefined ? [] : [{ ...record, score: Math.fround(product) }];
        return [{ ...record, score: Math.fround((product ?? 0) - distanceBetween('dot', dense, record.values)) }];
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, k);
  }

  async #queryDense(query: Float32Array, k: number, filter: MetadataFilter | undefined): Promise<PineconeMatch[]> {
    if (filter === undefined) {
      const matches = await this.#store.search(query, { k, include: { payload: true, vector: true } });
      return matches.map((match) => ({ ...this.#fromStored(match), score: this.#score(match.distance) }));
    }
    return (await this.all())
      .filter((record) => filter(record.metadata))
      .map((record) => ({ record, distance: distanceBetween(this.#metric, query, record.values) }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, k)
      .map(({ record, distance }) => ({ ...record, score: this.#score(distance) }));
  }

  #fromStored({ id, vector, payload = {} }: StoredRecord): PineconeRecord {
    const values = this.#isSparse || vector == null ? new Float32Array() : vector;
    if (!Object.hasOwn(payload, sparseKey)) return { id, values, metadata: payload as Metadata };
    const { sparse, metadata } = apart(payload);
    return { id, values, sparse, metadata };
  }

  #score(distance: number): number {
    if (this.#metric !== 'euclidean') return Math.fround(scoreOf(this.#metric, distance));
    return Math.fround(this.#quirks.euclideanScore === 'squared' ? distance * distance : distance);
  }

  /** Returns the number of the write at once; it is applied after the lag, or, without one, before this returns. */
  async #write(apply: () => Promise<void>): Promise<number> {
    this.#requestLsn += 1;
    const lsn = this.#requestLsn;
    const { writeLagMs } = this.#quirks;
    const due = performance.now() + writeLagMs;
    const applied = this.#lastWrite.then(async () => {
      if (writeLagMs > 0) await sleep(due - performance.now());
      try {
        await apply();
      } finally {
        this.#sorted = undefined;
        this.#indexedLsn = lsn;
      }
    });
    this.#lastWrite = applied.catch(() => undefined);
    if (writeLagMs === 0) await applied;
    return lsn;
  }
}

function changed(record: PineconeRecord, change: RecordChange): PineconeRecord {
  const metadata = Object.fromEntries([...Object.entries(record.metadata), ...Object.entries(change.metadata ?? {})]);
  checkMetadataSize(metadata);
  return { ...record, ...change, metadata };
}

function toStored({ id, values, sparse, metadata }: PineconeRecord) {
  const entries = Object.entries(metadata);
  const payload = sparse === undefined ? metadata : Object.fromEntries([...entries, [sparseKey, sparse]]);
  return { id, vector: values.length === 0 ? [1] : values, payload };
}

/** A record as the database gives it. */
interface StoredRecord {
  readonly id: string;
  readonly vector?: Float32Array | null;
  readonly payload?: object;
}

function apart(payload: object): { sparse: SparseVector; metadata: Metadata } {
  const entries: [string, unknown][] = Object.entries(payload);
  const metadata = Object.fromEntries(entries.filter(([key]) => key !== sparseKey)) as Metadata;
  return { sparse: (payload as { readonly [sparseKey]: SparseVector })[sparseKey], metadata };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
