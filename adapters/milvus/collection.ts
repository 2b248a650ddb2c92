import type { Capabilities } from '../../src/capabilities.ts';
import type {
  CallContext,
  CollectionDriver,
  DriverHybrid,
  DriverPage,
  DriverPatch,
  DriverRecord,
  DriverSearch,
  DriverTarget,
  DriverWriteResult,
  Parts,
  ReadOptions,
  StoredHybridMatch,
  StoredMatch,
  StoredRecord,
} from '../../src/driver.ts';
import { unsupported, VectorStoreError } from '../../src/errors.ts';
import { type FilterNode, matchAll } from '../../src/filter/normal-form.ts';
import { searchHybridByScan } from '../../src/remote/hybrid-by-scan.ts';
import { searchOverFetching } from '../../src/remote/over-fetch.ts';
import { countRows, pageOf } from '../../src/remote/scan.ts';
import type { CollectionInfo, CollectionStats, Id, IndexProgress, IndexSpec } from '../../src/types.ts';
import { milvusCapabilities, pageRows, windowRows } from './capabilities.ts';
import type { Connection } from './client.ts';
import type { Dialect } from './dialect.ts';
import { MilvusFailure } from './errors.ts';
import { nearestByScan } from './exact-scan.ts';
import { columns } from './expression.ts';
import { compileForMilvus } from './filter.ts';
import { type MilvusIndex, resolveIndex, searchParams } from './index-params.ts';
import { Loading } from './loading.ts';
import { Reads } from './reads.ts';
import { changeManifestRequest, indexRequest, indexSpecOf, infoOf, type Manifest, serverName } from './schema.ts';
import { Session } from './session.ts';
import { datetimeFieldsOf } from './stored-payload.ts';
import { MalformedReply } from './wire/reader.ts';
import { WriteLock } from './write-lock.ts';
import { recordBytes, Writes } from './writes.ts';

/** A page's worth of a read. */
interface PageRequest extends ReadOptions {
  readonly limit: number;
  readonly cursor?: string;
}

/** One collection on the server. */
export class MilvusCollection implements CollectionDriver {
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  readonly #lock = new WriteLock();
  readonly #reads: Reads;
  readonly #writes: Writes;
  readonly #loading: Loading;
  readonly #session = new Session();
  #manifest: Manifest;
  #dropped = false;

  constructor(connection: Connection, dialect: Dialect, manifest: Manifest) {
    const { dimension, fields } = manifest;
    const collection = serverName(manifest.name);
    const session = this.#session;
    const readers = {
      get: (namespace: string, ids: readonly Id[], include: Parts, context: CallContext) =>
        this.get(namespace, ids, { include, consistency: 'session' }, context),
      pages: (namespace: string, filter: FilterNode, include: Parts, context: CallContext) =>
        this.#pages(namespace, filter, { include, consistency: 'session' }, context),
    };
    this.#connection = connection;
    this.#dialect = dialect;
    this.#manifest = manifest;
    this.#reads = new Reads(connection, dialect, collection, session);
    this.#writes = new Writes(connection, {
      collection,
      dimension,
      datetimeFields: datetimeFieldsOf(fields),
      session,
      readers,
    });
    this.#loading = new Loading(connection, collection);
  }

  get info(): CollectionInfo {
    return infoOf(this.#manifest);
  }

  /** Tells it from a later collection of the same name. */
  get token(): string {
    return this.#manifest.token;
  }

  get capabilities(): Capabilities {
    return milvusCapabilities(this.#dialect, this.#manifest.index.type);
  }

  get #name(): string {
    return serverName(this.#manifest.name);
  }

  wireBytes(record: DriverRecord): number {
    return recordBytes(record);
  }

  /** Begins to load the collection into the server's memory, which reads wait for. */
  async load(context: CallContext): Promise<void> {
    try {
      await this.#loading.begin(context);
    } catch (error) {
      if (!(error instanceof MilvusFailure && error.isWithoutIndex)) throw error;
      // Its creation, or that of another index, was interrupted.
      await this.#createIndex(resolveIndex(indexSpecOf(this.#manifest), this.#manifest.dimension), context);
      await this.#loading.begin(context);
    }
  }

  async upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    this.#checkOpen(context);
    return this.#lock.shared(() => this.#writes.upsert(namespace, records, context));
  }

  async delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    this.#checkOpen(context);
    return this.#lock.exclusive(() => this.#writes.delete(namespace, target, context));
  }

  async setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    this.#checkOpen(context);
    return this.#lock.exclusive(() => this.#writes.setPayload(namespace, target, patch, context));
  }

  async search(
    namespace: string,
    queries: readonly Float32Array[],
    options: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    if (options.exact && this.#manifest.index.type !== 'flat')
      return this.#searchByScan(namespace, queries, options, context);
    const { native, residual } = compileForMilvus(options.filter, this.#dialect);
    if (native === 'none') return queries.map(() => []);
    const { metric } = this.#manifest;
    const { k, maxDistance, exact, include, consistency } = options;
    const parts = { payload: include.payload || residual !== undefined, vector: include.vector };
    const params = (limit: number) => searchParams(indexSpecOf(this.#manifest), options.params, limit);
    const asked = { namespace, native, include: parts, metric, params };
    return searchOverFetching(
      queries,
      { k, maxDistance, exact, residual, include, window: windowRows },
      (some, limit) => this.#read(context, () => this.#reads.nearest(some, limit, asked, { ...context, consistency })),
    );
  }

  async #searchByScan(
    namespace: string,
    queries: readonly Float32Array[],
    { k, maxDistance, filter, include, consistency }: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    const { metric } = this.#manifest;
    const { scanBudget } = this.capabilities.limits;
    const pages = this.#pages(namespace, filter, { include: { payload: false, vector: true }, consistency }, context);
    const best = await nearestByScan(pages, queries, { metric, k, maxDistance, scanBudget });
    const ids = [...new Set(best.flatMap((matches) => matches.map(({ id }) => id)))];
    const records = await this.get(namespace, ids, { include, consistency }, context);
    const byId = new Map(records.map((record) => [record.id, record]));
    // A record deleted since the scan is left out. One record may answer several queries: each gets its own copy.
    return best.map((matches) =>
      matches.flatMap(({ id, distance }) => (byId.has(id) ? [{ ...structuredClone(byId.get(id)!), distance }] : [])),
    );
  }

  searchHybrid(namespace: string, asked: DriverHybrid, context: CallContext): Promise<StoredHybridMatch[]> {
    return searchHybridByScan({ collection: this, namespace, asked, context });
  }

  async filter(namespace: string, filter: FilterNode, options: PageRequest, context: CallContext): Promise<DriverPage> {
    const { native, residual } = compileForMilvus(filter, this.#dialect);
    if (native === 'none') return { records: [] };
    const { include, consistency, limit, cursor } = options;
    const parts = { payload: include.payload || residual !== undefined, vector: include.vector };
    const { scanBudget } = this.capabilities.limits;
    return this.#read(context, () => {
      const source = this.#reads.source(namespace, native, parts, { ...context, consistency });
      return pageOf(source, residual, { include, limit, scanBudget, ...(cursor !== undefined && { cursor }) });
    });
  }

  async *#pages(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions,
    context: CallContext,
  ): AsyncGenerator<readonly StoredRecord[], void, undefined> {
    let cursor: string | undefined;
    do {
      const request = { ...options, limit: pageRows, ...(cursor !== undefined && { cursor }) };
      const page: DriverPage = await this.filter(namespace, filter, request, context);
      yield page.records;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async get(
    namespace: string,
    ids: readonly Id[],
    { include, consistency }: ReadOptions,
    context: CallContext,
  ): Promise<StoredRecord[]> {
    const records: StoredRecord[] = [];
    for (let at = 0; at < ids.length; at += pageRows) {
      const some = ids.slice(at, at + pageRows);
      records.push(
        ...(await this.#read(context, () => this.#reads.get(namespace, some, include, { ...context, consistency }))),
      );
    }
    return records;
  }

  async count(
    namespace: string,
    filter: FilterNode,
    { consistency }: Pick<ReadOptions, 'consistency'>,
    context: CallContext,
  ): Promise<number> {
    const { native, residual } = compileForMilvus(filter, this.#dialect);
    if (native === 'none') return 0;
    const reading = { ...context, consistency };
    return this.#read(context, () => {
      if (residual === undefined) return this.#reads.count(namespace, native, reading);
      const source = this.#reads.source(namespace, native, { payload: true, vector: false }, reading);
      return countRows(source, residual, { pageRows, scanBudget: this.capabilities.limits.scanBudget });
    });
  }

  recreateIndex(
    index: IndexSpec,
    { strict, onProgress }: { readonly strict: boolean; readonly onProgress?: (progress: IndexProgress) => void },
    context: CallContext,
  ): Promise<void> {
    return this.#lock.exclusive(async () => {
      const resolved = resolveStrictly(index, this.#manifest.dimension, strict);
      const total = await this.#read(context, () =>
        this.#reads.count(undefined, 'all', { ...context, consistency: 'session' }),
      );
      onProgress?.({ done: 0, total });
      await this.#loading.unloaded(context, () => {
        this.#session.doubt();
        return this.#replaceIndex(resolved, context);
      });
      onProgress?.({ done: total, total });
    });
  }

  /** What the manifest says must hold at every moment: that the index is exact it may say only while it is. */
  async #replaceIndex(index: MilvusIndex, context: CallContext): Promise<void> {
    const before = this.#manifest;
    const after = { ...before, index: { ...index.spec }, ignoredHints: [...index.ignoredHints] };
    if (index.spec.type !== 'flat') await this.#setManifest(after, context);
    await this.#dropIndex(context);
    try {
      await this.#createIndex(index, context);
    } catch (error) {
      // Some failures leave the index that failed.
      await this.#dropIndex(context).catch(() => undefined);
      await this.#createIndex(resolveIndex(indexSpecOf(before), before.dimension), context);
      await this.#setManifest(before, context);
      throw error;
    }
    await this.#setManifest(after, context);
  }

  async #dropIndex(context: CallContext): Promise<void> {
    await this.#connection.admin('DropIndex', context, (sdk) =>
      sdk.dropIndex({ collection_name: this.#name, field_name: columns.vector, index_name: columns.vector }),
    );
  }

  async #createIndex(index: MilvusIndex, context: CallContext): Promise<void> {
    await this.#connection.admin('CreateIndex', context, (sdk) => sdk.createIndex(indexRequest(this.#manifest, index)));
  }

  async #setManifest(manifest: Manifest, context: CallContext): Promise<void> {
    if (manifest === this.#manifest) return;
    await this.#connection.admin('AlterCollection', context, (sdk) =>
      sdk.alterCollectionProperties(changeManifestRequest(manifest)),
    );
    this.#manifest = manifest;
  }

  async listNamespaces(context: CallContext): Promise<string[]> {
    const known = new Set(['']);
    for (;;) {
      const more = await this.#read(context, () =>
        this.#reads.namespacesBeside([...known], { ...context, consistency: 'session' }),
      );
      if (more.size === 0) return [...known].slice(1);
      const before = known.size;
      for (const name of more) known.add(name);
      if (known.size === before) throw new MalformedReply('namespaces that were excluded come back all the same');
    }
  }

  dropNamespace(namespace: string, context: CallContext): Promise<number> {
    return this.#lock.exclusive(async () => {
      const count = await this.count(namespace, matchAll, { consistency: 'session' }, context);
      if (count > 0) await this.#writes.deleteNamespace(namespace, context);
      return count;
    });
  }

  async stats(context: CallContext): Promise<CollectionStats> {
    const reading = { ...context, consistency: 'session' } as const;
    const count = await this.#read(context, () => this.#reads.count(undefined, 'all', reading));
    const inDefault = await this.count('', matchAll, { consistency: 'session' }, context);
    const namespaces = (await this.listNamespaces(context)).length + (inDefault > 0 ? 1 : 0);
    return {
      count,
      namespaces,
      index: indexSpecOf(this.#manifest),
      ignoredHints: this.#manifest.ignoredHints,
      recovery: [],
    };
  }

  /** An acknowledged write is in the server's log already; this writes its segments out. */
  async flush(context: CallContext): Promise<void> {
    this.#checkOpen(context);
    await this.#connection.admin('Flush', context, (sdk) => sdk.flush({ collection_names: [this.#name] }));
  }

  async close(): Promise<void> {}

  /** From now on every method says `NotFound`. */
  markDropped(): void {
    this.#dropped = true;
  }

  #checkOpen({ signal }: CallContext): void {
    signal.throwIfAborted();
    if (this.#dropped) throw new VectorStoreError('NotFound', `collection ${this.#manifest.name} was dropped`);
  }

  /** Runs a read once the collection is loaded; loads it again, once, if the server has released it. */
  async #read<T>(context: CallContext, read: () => Promise<T>): Promise<T> {
    this.#checkOpen(context);
    await this.#loading.done(context);
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof MilvusFailure && error.isNotLoaded)) throw error;
      this.#checkOpen(context);
      this.#session.doubt();
      await this.#loading.again(context);
      return read();
    }
  }
}

/** @throws `Unsupported` under `strict` for settings without effect. */
export function resolveStrictly(index: IndexSpec, dimension: number, strict: boolean): MilvusIndex {
  const resolved = resolveIndex(index, dimension);
  if (strict && resolved.ignoredHints.length > 0)
    throw unsupported(resolved.ignoredHints.join(', '), `a Milvus index of type ${index.type} has no use for it`);
  return resolved;
}
