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
import { unsupported, VectorStoreError } from '../../src/errors.ts';
import type { FilterNode } from '../../src/filter/normal-form.ts';
import { type CompiledFilter, compileFilter, type FilterDialect } from '../../src/remote/compiled-filter.ts';
import { searchOverFetching } from '../../src/remote/over-fetch.ts';
import { collectRows, countRows, pageOf, type RowSource } from '../../src/remote/scan.ts';
import type { CollectionInfo, CollectionStats, Consistency, Id, IndexProgress, IndexSpec } from '../../src/types.ts';
import { batchOf, checkDone, countOf, facetOf, hitsOf, pageOfPoints, pointsOf } from './answers.ts';
import { qdrantCapabilities } from './capabilities.ts';
import { type Body, type Connection, resultOf } from './client.ts';
import { type Condition, filterDialect, type QdrantFilter } from './filter.ts';
import { type PointId, pointIdOf } from './ids.ts';
import { resolveIndex } from './index-settings.ts';
import { type Description, metadataOf, readDescription } from './manifest.ts';
import { type PatchedPoint, patchOperations } from './patch.ts';
import { keys } from './payload.ts';
import {
  cursorAt,
  type Layout,
  matchOf,
  partsOf,
  queryBody,
  type Row,
  readCursor,
  rowOf,
  scopeOf,
  toRecord,
  upsertBody,
} from './points.ts';
import { untilIndexed } from './rebuild.ts';
import { chunksOf, sendAll } from './writes.ts';

/** Rows per page where a filter is decided here. */
const pageRows = 1_000;
/** Namespaces that can be listed. */
const mostNamespaces = 100_000;

/** Shared by the handles of one collection: whether this connection has dropped it. Another of its name is not theirs. */
export interface CollectionLifetime {
  dropped: boolean;
}

/** One collection on a Qdrant server. */
export class QdrantCollection implements CollectionDriver {
  readonly #connection: Connection;
  readonly #vectorName: string | undefined;
  readonly #scanBudget: number;
  readonly #filters: FilterDialect<Condition>;
  readonly #lifetime: CollectionLifetime;
  #info: CollectionInfo;
  #capabilities: Capabilities;
  #ignoredHints: readonly string[];

  constructor(connection: Connection, description: Description, scanBudget: number, lifetime: CollectionLifetime) {
    this.#lifetime = lifetime;
    const { info, vectorName, indexes, ignoredHints } = description;
    this.#connection = connection;
    this.#vectorName = vectorName;
    this.#scanBudget = scanBudget;
    this.#filters = filterDialect({ indexes, managed: info.managed });
    this.#info = info;
    this.#ignoredHints = ignoredHints;
    this.#capabilities = qdrantCapabilities(scanBudget, info);
  }

  get info(): CollectionInfo {
    return this.#info;
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /** A number takes up to 16 characters, with its comma. */
  wireBytes(record: DriverRecord): number {
    return this.#info.dimension * 16 + record.json.length * 3 + record.id.length * 3 + 200;
  }

  async upsert(
    namespace: string,
    records: readonly DriverRecord[],
    { signal }: CallContext,
  ): Promise<DriverWriteResult> {
    checkDone(await this.#call('upsert', upsertBody(this.#layout, namespace, records), signal));
    return { acknowledged: records.length };
  }

  async delete(namespace: string, target: DriverTarget, { signal }: CallContext): Promise<DriverWriteResult> {
    if ('ids' in target) return this.#deleteIds(namespace, target.ids, signal);
    const compiled = this.#compile(target.filter);
    if (compiled.native === 'none') return { acknowledged: 0 };
    if (compiled.residual === undefined)
      return { acknowledged: await this.#deleteWhere(scopeOf(this.#layout, namespace, compiled), signal) };
    const rows = await this.#collect(namespace, compiled, signal);
    await sendAll(chunksOf(rows, this.#capabilities.limits.batchIds), (some) =>
      this.#deletePoints(
        some.map(({ point }) => point),
        signal,
      ),
    );
    return { acknowledged: rows.length, ids: rows.map(({ id }) => id) };
  }

  async #deleteIds(namespace: string, ids: readonly Id[], signal: AbortSignal): Promise<DriverWriteResult> {
    const rows = await this.#retrieve(namespace, ids, { payload: false, vector: false }, false, signal);
    if (rows.length > 0)
      await this.#deletePoints(
        rows.map(({ point }) => point),
        signal,
      );
    return { acknowledged: rows.length, missing: missingFrom(ids, rows) };
  }

  async #deletePoints(points: readonly PointId[], signal: AbortSignal): Promise<void> {
    checkDone(await this.#call('delete', JSON.stringify({ points }), signal));
  }

  /** How many there were, counted just before. */
  async #deleteWhere(filter: QdrantFilter | undefined, signal: AbortSignal): Promise<number> {
    const count = await this.#countNative(filter, false, signal);
    // An empty filter means everything, and is only sent where that was asked for in so many words.
    if (count > 0) checkDone(await this.#call('delete', JSON.stringify({ filter: filter ?? {} }), signal));
    return count;
  }

  async search(
    namespace: string,
    queries: readonly Float32Array[],
    asked: DriverSearch,
    { signal }: CallContext,
  ): Promise<StoredMatch[][]> {
    const compiled = this.#compile(asked.filter);
    if (compiled.native === 'none') return queries.map(() => []);
    const { k, maxDistance, exact, include } = asked;
    const { residual } = compiled;
    const needed: Parts = { payload: include.payload || residual !== undefined, vector: include.vector };
    const layout = this.#layout;
    const plan = { asked, filter: scopeOf(layout, namespace, compiled), defaultEf: this.#info.index.ef, needed };
    const strong = asked.consistency === 'strong';
    return searchOverFetching(
      queries,
      { k, maxDistance, exact, residual, include, window: this.#scanBudget },
      async (some, limit) => {
        const body = queryBody(layout, some, limit, plan);
        const answers =
          some.length === 1
            ? [hitsOf(await this.#call('query', body, signal, strong))]
            : batchOf(await this.#call('queryBatch', body, signal, strong), some.length);
        return answers.map((hits) => hits.map((hit) => matchOf(layout, hit, needed)));
      },
    );
  }

  async filter(
    namespace: string,
    filter: FilterNode,
    asked: ReadOptions & { readonly limit: number; readonly cursor?: string },
    { signal }: CallContext,
  ): Promise<DriverPage> {
    const compiled = this.#compile(filter);
    if (compiled.native === 'none') return { records: [] };
    const { include, limit, cursor, consistency } = asked;
    if (cursor !== undefined) readCursor(cursor);
    const needed: Parts = { payload: include.payload || compiled.residual !== undefined, vector: include.vector };
    const source = this.#source(namespace, compiled, needed, consistency, signal);
    const page = await pageOf(source, compiled.residual, {
      include,
      limit,
      scanBudget: this.#scanBudget,
      ...(cursor !== undefined && { cursor }),
    });
    return { ...page, records: page.records.map(toRecord) };
  }

  async setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    { signal }: CallContext,
  ): Promise<DriverWriteResult> {
    if ('ids' in target) return this.#patch(namespace, target.ids, patch, signal);
    const compiled = this.#compile(target.filter);
    if (compiled.native === 'none') return { acknowledged: 0 };
    const rows = await this.#collect(namespace, compiled, signal);
    const ids: Id[] = [];
    await sendAll(chunksOf(rows, this.#capabilities.limits.batchIds), async (some) => {
      const wanted = some.map(({ id }) => id);
      const { missing = [] } = await this.#patch(namespace, wanted, patch, signal);
      const gone = new Set(missing);
      ids.push(...wanted.filter((id) => !gone.has(id)));
    });
    return { acknowledged: ids.length, ids };
  }

  /** Reads, decides, writes. A point that goes meanwhile is an error of the whole request: then again, without it. */
  async #patch(
    namespace: string,
    ids: readonly Id[],
    patch: DriverPatch,
    signal: AbortSignal,
  ): Promise<DriverWriteResult> {
    for (let tried = 1; ; tried++) {
      const rows = await this.#retrieve(namespace, ids, { payload: true, vector: false }, false, signal);
      const points: PatchedPoint[] = rows.map(({ point, decoded }) => ({ point, decoded }));
      const operations = patchOperations(points, patch, this.#info.idMode);
      try {
        await sendAll(operations, async (some) =>
          checkDone(await this.#call('batch', `{"operations":[${some.join(',')}]}`, signal)),
        );
        return { acknowledged: rows.length, missing: missingFrom(ids, rows) };
      } catch (error) {
        if (tried === 3 || !isPointGone(error)) throw error;
      }
    }
  }

  async get(
    namespace: string,
    ids: readonly Id[],
    { include, consistency }: ReadOptions,
    { signal }: CallContext,
  ): Promise<StoredRecord[]> {
    const rows = await this.#retrieve(namespace, ids, include, consistency === 'strong', signal);
    return rows.map(toRecord);
  }

  async #retrieve(
    namespace: string,
    ids: readonly Id[],
    parts: Parts,
    strong: boolean,
    signal: AbortSignal,
  ): Promise<Row[]> {
    const wanted = new Map(ids.map((id) => [this.#pointId(namespace, id), id]));
    const answer = pointsOf(
      await this.#call(
        'retrieve',
        JSON.stringify({ ids: [...wanted.keys()], ...partsOf(this.#layout, parts) }),
        signal,
        strong,
      ),
    );
    const rows = answer.map((point) => rowOf(this.#layout, point, parts));
    // Another id under the same hash is another record.
    return rows.filter(
      (row) =>
        wanted.get(row.point) === row.id &&
        (this.#info.idMode === 'native' || !parts.payload || row.decoded.namespace === namespace),
    );
  }

  async count(
    namespace: string,
    filter: FilterNode,
    { consistency }: { readonly consistency: Consistency },
    { signal }: CallContext,
  ): Promise<number> {
    const compiled = this.#compile(filter);
    if (compiled.native === 'none') return 0;
    if (compiled.residual === undefined)
      return this.#countNative(scopeOf(this.#layout, namespace, compiled), consistency === 'strong', signal);
    const source = this.#source(namespace, compiled, { payload: true, vector: false }, consistency, signal);
    return countRows(source, compiled.residual, { pageRows, scanBudget: this.#scanBudget });
  }

  async #countNative(filter: QdrantFilter | undefined, strong: boolean, signal: AbortSignal): Promise<number> {
    return countOf(
      await this.#call(
        'count',
        JSON.stringify({ exact: true, ...(filter !== undefined && { filter }) }),
        signal,
        strong,
      ),
    );
  }

  async recreateIndex(
    index: IndexSpec,
    { strict, onProgress }: { readonly strict: boolean; readonly onProgress?: (progress: IndexProgress) => void },
    { signal }: CallContext,
  ): Promise<void> {
    const { spec, hnsw, quantization, ignoredHints } = resolveIndex(index, strict);
    this.#checkAlive();
    const { name } = this.#info;
    const info: CollectionInfo = { ...this.#info, index: spec };
    await this.#connection.control(
      'updateCollection',
      {
        collection_name: name,
        hnsw_config: hnsw,
        quantization_config: quantization ?? 'Disabled',
        ...(info.managed && { metadata: metadataOf(info, ignoredHints) }),
      },
      signal,
    );
    await untilIndexed(() => this.#describe(signal), onProgress, signal);
    this.#info = info;
    this.#ignoredHints = ignoredHints;
    this.#capabilities = qdrantCapabilities(this.#scanBudget, info);
  }

  async #describe(signal: AbortSignal): Promise<Description> {
    this.#checkAlive();
    const { name, idMode, fields } = this.#info;
    const answer = await this.#connection.control('getCollection', { collection_name: name }, signal);
    return readDescription(name, resultOf(answer), { vectorName: this.#vectorName, idMode, fields });
  }

  async listNamespaces({ signal }: CallContext): Promise<string[]> {
    return (await this.#namespaces(signal)).filter((name) => name !== '');
  }

  async #namespaces(signal: AbortSignal): Promise<string[]> {
    const hits = facetOf(
      await this.#call('facet', JSON.stringify({ key: keys.namespace, limit: mostNamespaces, exact: true }), signal),
    );
    if (hits.length === mostNamespaces)
      throw unsupported('Listing the namespaces', `there are ${mostNamespaces} or more`);
    return hits.filter(({ value, count }) => typeof value === 'string' && count > 0).map(({ value }) => String(value));
  }

  async dropNamespace(namespace: string, { signal }: CallContext): Promise<number> {
    return this.#deleteWhere(scopeOf(this.#layout, namespace, { native: 'all' }), signal);
  }

  async stats({ signal }: CallContext): Promise<CollectionStats> {
    const count = await this.#countNative(undefined, false, signal);
    const namespaces = this.#info.idMode === 'native' ? Number(count > 0) : (await this.#namespaces(signal)).length;
    return {
      count,
      namespaces,
      index: this.#info.index,
      vectorBytes: count * this.#info.dimension * 4,
      ignoredHints: this.#ignoredHints,
      recovery: [],
    };
  }

  /** Nothing to write: a write that was waited for is in the server's write-ahead log. */
  async flush({ signal }: CallContext): Promise<void> {
    await this.#describe(signal);
  }

  async close(): Promise<void> {}

  #call(call: Parameters<Connection['points']>[0], body: Body, signal: AbortSignal, strong = false): Promise<unknown> {
    this.#checkAlive();
    return this.#connection.points(call, this.#info.name, body, { signal, strong });
  }

  #checkAlive(): void {
    if (this.#lifetime.dropped) throw new VectorStoreError('NotFound', `collection ${this.#info.name} was dropped`);
  }

  get #layout(): Layout {
    const { idMode, metric, dimension } = this.#info;
    return { idMode, metric, dimension, vectorName: this.#vectorName };
  }

  #pointId(namespace: string, id: Id): PointId {
    return pointIdOf(this.#info.idMode, namespace, id);
  }

  #compile(filter: FilterNode): CompiledFilter<Condition> {
    return compileFilter(filter, this.#filters);
  }

  #source(
    namespace: string,
    compiled: CompiledFilter<Condition>,
    parts: Parts,
    consistency: Consistency,
    signal: AbortSignal,
  ): RowSource<Row> {
    const filter = scopeOf(this.#layout, namespace, compiled);
    return {
      fetch: async (cursor, limit) => {
        const body = {
          limit,
          ...(cursor !== undefined && { offset: readCursor(cursor) }),
          ...(filter !== undefined && { filter }),
          ...partsOf(this.#layout, parts),
        };
        const { points, next } = pageOfPoints(
          await this.#call('scroll', JSON.stringify(body), signal, consistency === 'strong'),
        );
        return {
          rows: points.map((point) => rowOf(this.#layout, point, parts)),
          ...(next !== undefined && { next: cursorAt(next) }),
        };
      },
      resume: (_, rows, at) => cursorAt(rows[at]!.point),
    };
  }

  #collect(
    namespace: string,
    compiled: CompiledFilter<Condition>,
    signal: AbortSignal,
  ): Promise<{ id: Id; point: PointId }[]> {
    const source = this.#source(
      namespace,
      compiled,
      { payload: compiled.residual !== undefined, vector: false },
      'session',
      signal,
    );
    return collectRows(source, compiled.residual, { pageRows, scanBudget: this.#scanBudget }, ({ id, point }) => ({
      id,
      point,
    }));
  }
}

function missingFrom(ids: readonly Id[], rows: readonly StoredRecord[]): Id[] {
  const present = new Set(rows.map((row) => row.id));
  return ids.filter((id) => !present.has(id));
}

/** Qdrant's error for a payload write to a point that is not there. */
function isPointGone(error: unknown): boolean {
  return (
    error instanceof Error && 'status' in error && error.status === 404 && error.message.includes('No point with id')
  );
}
