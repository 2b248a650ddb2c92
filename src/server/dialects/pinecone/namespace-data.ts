import { compareIds, distanceBetween, scoreOf } from '../../../score.ts';
import type { VectorStore } from '../../../store.ts';
import type { Metric } from '../../../types.ts';
import type { IndexEntry } from './catalog.ts';
import type { MetadataFilter } from './filter.ts';
import { checkMetadataSize, type Metadata } from './metadata.ts';
import type { PineconeQuirks } from './quirks.ts';

/** A record as the wire has it. */
export interface PineconeRecord {
  readonly id: string;
  readonly values: Float32Array;
  readonly metadata: Metadata;
}

/** A hit. */
export interface PineconeMatch extends PineconeRecord {
  readonly score: number;
}

/**
 * The records of one namespace. Writes are applied one after another, each when its time has come, and counted: a read sees all writes up to
 * {@link indexedLsn}.
 */
export class NamespaceData {
  readonly #store: VectorStore;
  readonly #metric: Metric;
  readonly #quirks: PineconeQuirks;
  #requestLsn: number;
  #indexedLsn: number;
  #lastWrite: Promise<unknown> = Promise.resolve();
  /** All records, sorted by id; thrown away by every write. */
  #sorted: Promise<readonly PineconeRecord[]> | undefined;

  constructor(store: VectorStore, entry: IndexEntry, quirks: PineconeQuirks) {
    this.#store = store;
    this.#metric = entry.metric === 'dotproduct' ? 'dot' : entry.metric;
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
  update(id: string, change: { readonly values?: Float32Array; readonly metadata?: Metadata }): Promise<number> {
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
    return records.flatMap((record) => (record === undefined ? [] : [fromStored(record)]));
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
    for await (const record of this.#store.scan()) records.push(fromStored(record));
    return records.sort((a, b) => compareIds(a.id, b.id));
  }

  /** The `k` nearest records that match, most similar first. */
  async query(query: Float32Array, k: number, filter: MetadataFilter | undefined): Promise<PineconeMatch[]> {
    if (filter === undefined) {
      const matches = await this.#store.search(query, { k, include: { payload: true, vector: true } });
      return matches.map((match) => ({ ...fromStored(match), score: this.#score(match.distance) }));
    }
    return (await this.all())
      .filter((record) => filter(record.metadata))
      .map((record) => ({ record, distance: distanceBetween(this.#metric, query, record.values) }))
      .sort((a, b) => a.distance - b.distance)
      .slice(0, k)
      .map(({ record, distance }) => ({ ...record, score: this.#score(distance) }));
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

function changed(
  record: PineconeRecord,
  change: { readonly values?: Float32Array; readonly metadata?: Metadata },
): PineconeRecord {
  const metadata = Object.fromEntries([...Object.entries(record.metadata), ...Object.entries(change.metadata ?? {})]);
  checkMetadataSize(metadata);
  return { id: record.id, values: change.values ?? record.values, metadata };
}

function toStored({ id, values, metadata }: PineconeRecord) {
  return { id, vector: values, payload: metadata };
}

function fromStored(stored: {
  readonly id: string;
  readonly vector?: Float32Array | null;
  readonly payload?: object;
}): PineconeRecord {
  return { id: stored.id, values: stored.vector ?? new Float32Array(), metadata: (stored.payload ?? {}) as Metadata };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
