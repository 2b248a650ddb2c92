import type { Capabilities } from '../../src/capabilities.ts';
import type {
  CallContext,
  CollectionDriver,
  DriverPage,
  DriverPatch,
  DriverRecord,
  DriverSearch,
  DriverTarget,
  DriverWriteResult,
  Parts,
  ReadOptions,
  StoredMatch,
  StoredRecord,
} from '../../src/driver.ts';
import { patched } from '../../src/engine/patch.ts';
import { unsupported, VectorStoreError } from '../../src/errors.ts';
import { type FilterNode, matchAll } from '../../src/filter/normal-form.ts';
import { searchOverFetching } from '../../src/remote/over-fetch.ts';
import { countRows, pageOf } from '../../src/remote/scan.ts';
import { compareMatches, distanceBetween } from '../../src/score.ts';
import type { CollectionInfo, CollectionStats, Id, IndexProgress, IndexSpec } from '../../src/types.ts';
import { milvusCapabilities, windowRows } from './capabilities.ts';
import type { Connection } from './client.ts';
import type { Dialect } from './dialect.ts';
import { MilvusFailure } from './errors.ts';
import { columns, equals, oneOf } from './expression.ts';
import { compileForMilvus } from './filter.ts';
import { type MilvusIndex, resolveIndex, searchParams } from './index-params.ts';
import { keyOf } from './keys.ts';
import { Loading } from './loading.ts';
import { Reads } from './reads.ts';
import { changeManifestRequest, indexRequest, indexSpecOf, infoOf, type Manifest, serverName } from './schema.ts';
import { Session } from './session.ts';
import { datetimeFieldsOf, encodePayload, payloadBytes, type StoredPayload } from './stored-payload.ts';
import { decodeMutation } from './wire/replies.ts';
import { encodeDelete, encodeUpsert } from './wire/requests.ts';
import { WriteLock } from './write-lock.ts';

/** Rows that a write by filter reads, and writes, at once. */
const writePage = 500;

/** One collection on the server. */
export class MilvusCollection implements CollectionDriver {
  readonly #connection: Connection;
  readonly #dialect: Dialect;
  #manifest: Manifest;
  readonly #session = new Session();
  readonly #lock = new WriteLock();
  readonly #reads: Reads;
  readonly #loading: Loading;
  readonly #datetimeFields: readonly string[];
  /** What attempts at a write have been about, by the call's target. */
  readonly #tried = new WeakMap<DriverTarget, Set<Id>>();
  #dropped = false;

  constructor(connection: Connection, dialect: Dialect, manifest: Manifest) {
    const name = serverName(manifest.name);
    this.#connection = connection;
    this.#dialect = dialect;
    this.#manifest = manifest;
    this.#reads = new Reads(connection, dialect, name, this.#session);
    this.#loading = new Loading(connection, name);
    this.#datetimeFields = datetimeFieldsOf(manifest.fields);
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

  wireBytes({ vector, id, json }: DriverRecord): number {
    // Three bytes are the most that a code unit becomes. A payload may travel twice.
    return (vector?.byteLength ?? 0) + 3 * (id.length + 2 * json.length);
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

  upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    return this.#lock.shared(() => this.#upsert(namespace, records, context));
  }

  async #upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    const payloads = records.map((record, i) => this.#encode(record, `records[${i}].payload`));
    const request = encodeUpsert(this.#name, records.length, [
      { name: columns.key, texts: records.map(({ id }) => keyOf(namespace, id)) },
      { name: columns.namespace, texts: records.map(() => namespace) },
      {
        name: columns.vector,
        dimension: this.#manifest.dimension,
        vectors: records.map(({ vector }) => this.#vector(vector)),
      },
      { name: columns.payload, json: payloads.map(({ visible }) => visible) },
      { name: columns.text, texts: payloads.map(({ text }) => text) },
    ]);
    this.#checkOpen(context);
    const { timestamp } = await this.#connection.send('Upsert', request, decodeMutation, context);
    this.#session.wrote(timestamp);
    return { acknowledged: records.length };
  }

  /** The server takes all vectors as one list of numbers: one of another length would shift those behind it. */
  #vector(vector: Float32Array | null): Float32Array {
    if (vector?.length !== this.#manifest.dimension)
      throw new TypeError(
        `a vector of length ${vector?.length} in a collection of dimension ${this.#manifest.dimension}`,
      );
    return vector;
  }

  #encode({ payload, json }: Pick<DriverRecord, 'payload' | 'json'>, place: string): StoredPayload {
    const stored = encodePayload(payload, json, this.#datetimeFields);
    if (stored !== undefined) return stored;
    throw new VectorStoreError(
      'InvalidArgument',
      `${place}: Milvus holds at most ${payloadBytes} bytes of JSON, the instants of its datetime fields included`,
    );
  }

  delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    const keysOnly = { payload: false, vector: false };
    return this.#lock.exclusive(() =>
      this.#change(namespace, target, keysOnly, context, (rows) => this.#deleteRows(namespace, rows, context)),
    );
  }

  setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    const whole = { payload: true, vector: true };
    return this.#lock.exclusive(() =>
      this.#change(namespace, target, whole, context, (rows) => this.#patchRows(namespace, rows, patch, context)),
    );
  }

  /**
   * Reads what a write is about, page by page, and writes each page before it reads the next. What an earlier attempt at the same call has
   * tried to write counts as found: its answer was lost, not the records.
   */
  async #change(
    namespace: string,
    target: DriverTarget,
    parts: Parts,
    context: CallContext,
    change: (rows: readonly StoredRecord[]) => Promise<void>,
  ): Promise<DriverWriteResult> {
    const tried = this.#tried.get(target) ?? new Set();
    this.#tried.set(target, tried);
    const apply = async (rows: readonly StoredRecord[]) => {
      for (const { id } of rows) tried.add(id);
      if (rows.length > 0) await change(rows);
    };
    if ('filter' in target) {
      await this.#eachPage(namespace, target.filter, parts, context, apply);
      return { acknowledged: tried.size, ids: [...tried] };
    }
    for (let at = 0; at < target.ids.length; at += writePage) {
      await apply(
        await this.get(
          namespace,
          target.ids.slice(at, at + writePage),
          { include: parts, consistency: 'session' },
          context,
        ),
      );
    }
    return { acknowledged: tried.size, ids: [...tried], missing: target.ids.filter((id) => !tried.has(id)) };
  }

  async #eachPage(
    namespace: string,
    filter: FilterNode,
    include: Parts,
    context: CallContext,
    work: (rows: readonly StoredRecord[]) => Promise<void>,
  ): Promise<void> {
    const options = { include, consistency: 'session', limit: writePage } as const;
    let cursor: string | undefined;
    do {
      const page: DriverPage = await this.#page(
        namespace,
        filter,
        { ...options, ...(cursor !== undefined && { cursor }) },
        context,
      );
      await work(page.records);
      cursor = page.cursor;
    } while (cursor !== undefined);
  }

  async #deleteRows(namespace: string, rows: readonly StoredRecord[], context: CallContext): Promise<void> {
    await this.#deleteWhere(
      oneOf(
        columns.key,
        rows.map(({ id }) => keyOf(namespace, id)),
      ),
      context,
    );
  }

  async #deleteWhere(expression: string, context: CallContext): Promise<void> {
    this.#checkOpen(context);
    const { timestamp } = await this.#connection.send(
      'Delete',
      encodeDelete(this.#name, expression),
      decodeMutation,
      context,
    );
    this.#session.wrote(timestamp);
  }

  async #patchRows(
    namespace: string,
    rows: readonly StoredRecord[],
    patch: DriverPatch,
    context: CallContext,
  ): Promise<void> {
    const records = rows.map(({ id, vector, payload = {} }): DriverRecord => {
      const changed = patched(payload, patch);
      const json = JSON.stringify(changed);
      if (Buffer.byteLength(json) > payloadBytes)
        throw new VectorStoreError(
          'InvalidArgument',
          `patch: the payload would have ${Buffer.byteLength(json)} bytes of JSON; Milvus holds at most ${payloadBytes}`,
          { ids: [id] },
        );
      return { id, vector: vector ?? null, payload: changed, json };
    });
    await this.#upsert(namespace, records, context);
  }

  async search(
    namespace: string,
    queries: readonly Float32Array[],
    options: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    const { native, residual } = compileForMilvus(options.filter, this.#dialect);
    if (native === 'none') return queries.map(() => []);
    if (options.exact && this.#manifest.index.type !== 'flat')
      return this.#searchByScan(namespace, queries, options, context);
    const { metric } = this.#manifest;
    const include = { payload: options.include.payload || residual !== undefined, vector: options.include.vector };
    const params = (limit: number) => searchParams(indexSpecOf(this.#manifest), options.params, limit);
    const asked = { namespace, native, include, metric, params };
    const over = {
      k: options.k,
      maxDistance: options.maxDistance,
      exact: options.exact,
      residual,
      include: options.include,
      window: windowRows,
    };
    const { consistency } = options;
    return searchOverFetching(queries, over, (some, limit) =>
      this.#read(context, () => this.#reads.nearest(some, limit, asked, { ...context, consistency })),
    );
  }

  /** All records that the filter selects, compared here. */
  async #searchByScan(
    namespace: string,
    queries: readonly Float32Array[],
    options: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    const { metric } = this.#manifest;
    const { k, maxDistance, filter, consistency } = options;
    const { scanBudget } = this.capabilities.limits;
    const best: { distance: number; id: Id }[][] = queries.map(() => []);
    let rows = 0;
    let cursor: string | undefined;
    do {
      const page: DriverPage = await this.#page(
        namespace,
        filter,
        {
          include: { payload: false, vector: true },
          consistency,
          limit: 1_000,
          ...(cursor !== undefined && { cursor }),
        },
        context,
      );
      rows += page.records.length;
      if (rows > scanBudget)
        throw unsupported(
          'exact: true',
          `it would compare more than ${scanBudget} records (scanBudget); use an index of type flat, or a narrower filter`,
        );
      queries.forEach((query, q) => {
        const more = page.records.flatMap(({ id, vector }) => {
          const distance = distanceBetween(metric, query, vector!);
          return distance <= maxDistance ? [{ distance, id }] : [];
        });
        best[q] = [...best[q]!, ...more].sort(compareMatches).slice(0, k);
      });
      cursor = page.cursor;
    } while (cursor !== undefined);
    return this.#withParts(namespace, best, options, context);
  }

  async #withParts(
    namespace: string,
    best: readonly { distance: number; id: Id }[][],
    { include, consistency }: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    const ids = [...new Set(best.flatMap((matches) => matches.map(({ id }) => id)))];
    const records =
      include.payload || include.vector
        ? await this.get(namespace, ids, { include, consistency }, context)
        : ids.map((id) => ({ id }));
    const byId = new Map(records.map((record) => [record.id, record]));
    // A record deleted since the scan is left out. One record may answer several queries: each gets its own copy.
    return best.map((matches) =>
      matches.flatMap(({ id, distance }) => (byId.has(id) ? [{ ...structuredClone(byId.get(id)!), distance }] : [])),
    );
  }

  filter(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions & { readonly limit: number; readonly cursor?: string },
    context: CallContext,
  ): Promise<DriverPage> {
    return this.#page(namespace, filter, options, context);
  }

  async #page(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions & { readonly limit: number; readonly cursor?: string },
    context: CallContext,
  ): Promise<DriverPage> {
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

  async get(
    namespace: string,
    ids: readonly Id[],
    { include, consistency }: ReadOptions,
    context: CallContext,
  ): Promise<StoredRecord[]> {
    const records: StoredRecord[] = [];
    for (let at = 0; at < ids.length; at += 1_000) {
      const some = ids.slice(at, at + 1_000);
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
      return countRows(source, residual, { pageRows: 1_000, scanBudget: this.capabilities.limits.scanBudget });
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
      await this.#loading.unloaded(context, () => this.#replaceIndex(resolved, context));
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
    const known = [''];
    for (;;) {
      const more = await this.#read(context, () =>
        this.#reads.namespacesBeside(known, { ...context, consistency: 'session' }),
      );
      if (more.size === 0) return known.slice(1);
      known.push(...more);
    }
  }

  dropNamespace(namespace: string, context: CallContext): Promise<number> {
    return this.#lock.exclusive(async () => {
      const count = await this.count(namespace, matchAll, { consistency: 'session' }, context);
      if (count > 0) await this.#deleteWhere(equals(columns.namespace, namespace), context);
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
