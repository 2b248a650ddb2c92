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
import type { FilterNode } from '../../src/filter/normal-form.ts';
import { fuse } from '../../src/fusion.ts';
import { type CompiledFilter, compileFilter, type FilterDialect } from '../../src/remote/compiled-filter.ts';
import { nearestTo, searchHybridByScan, withRecords } from '../../src/remote/hybrid-by-scan.ts';
import { searchOverFetching } from '../../src/remote/over-fetch.ts';
import { countRows, pageOf } from '../../src/remote/scan.ts';
import type { CollectionInfo, CollectionStats, Consistency, Id, IndexProgress, IndexSpec } from '../../src/types.ts';
import { batchOf, checkDone, hitsOf } from './answers.ts';
import { qdrantCapabilities } from './capabilities.ts';
import { type Connection, resultOf } from './client.ts';
import { type Condition, filterDialect } from './filter.ts';
import { resolveIndex } from './index-settings.ts';
import { type Description, metadataOf, readDescription } from './manifest.ts';
import { type PatchedPoint, patchOperations } from './patch.ts';
import { matchOf, queryBody, readCursor, scopeOf, toRecord, upsertBody } from './points.ts';
import { untilIndexed } from './rebuild.ts';
import { type CollectionLifetime, pageRows, Requests } from './requests.ts';
import { bestByText } from './text-search.ts';
import { TextVectors } from './text-vector.ts';
import { chunksOf, sendAll } from './writes.ts';

/** Different terms in the texts of a record: what fits into a request beside the largest payload. */
const mostTerms = 100_000;

/** One collection on a Qdrant server. */
export class QdrantCollection implements CollectionDriver {
  readonly #connection: Connection;
  readonly #requests: Requests;
  readonly #filters: FilterDialect<Condition>;
  readonly #scanBudget: number;
  #info: CollectionInfo;
  #capabilities: Capabilities;
  #ignoredHints: readonly string[];

  constructor(connection: Connection, description: Description, scanBudget: number, lifetime: CollectionLifetime) {
    const { info, vectorName, ranksTexts, indexes, ignoredHints } = description;
    const { name, idMode, metric, dimension } = info;
    const texts = ranksTexts ? new TextVectors(info) : undefined;
    this.#connection = connection;
    this.#requests = new Requests(
      connection,
      { name, layout: { idMode, metric, dimension, vectorName, texts }, lifetime },
      scanBudget,
    );
    this.#filters = filterDialect({ indexes, managed: info.managed });
    this.#scanBudget = scanBudget;
    this.#info = info;
    this.#ignoredHints = ignoredHints;
    this.#capabilities = this.#capabilitiesWith(info);
  }

  get info(): CollectionInfo {
    return this.#info;
  }

  get capabilities(): Capabilities {
    return this.#capabilities;
  }

  /** Where there are no texts to rank, there is nothing to emulate. */
  #capabilitiesWith(info: CollectionInfo): Capabilities {
    const hasTexts = Object.values(info.fields).includes('text');
    const ranksTexts = this.#requests.layout.texts !== undefined || (info.managed && !hasTexts);
    return qdrantCapabilities(this.#scanBudget, { info, ranksTexts });
  }

  checkRecord(record: DriverRecord): { readonly place: 'payload'; readonly problem: string } | undefined {
    const terms = this.#termsOf(record);
    if (terms <= mostTerms) return undefined;
    const problem = `its texts have ${terms} different terms; this backend ranks at most ${mostTerms}`;
    return { place: 'payload', problem };
  }

  /** A number takes up to 16 characters, with its comma; a term of a text two numbers. */
  wireBytes(record: DriverRecord): number {
    const { id, json } = record;
    return this.#info.dimension * 16 + this.#termsOf(record) * 24 + json.length * 3 + id.length * 3 + 250;
  }

  #termsOf({ payload }: DriverRecord): number {
    return this.#requests.layout.texts?.of(payload).indices.length ?? 0;
  }

  async upsert(
    namespace: string,
    records: readonly DriverRecord[],
    { signal }: CallContext,
  ): Promise<DriverWriteResult> {
    checkDone(await this.#requests.call('upsert', upsertBody(this.#requests.layout, namespace, records), signal));
    return { acknowledged: records.length };
  }

  async delete(namespace: string, target: DriverTarget, { signal }: CallContext): Promise<DriverWriteResult> {
    if ('ids' in target) return this.#deleteIds(namespace, target.ids, signal);
    const compiled = this.#compile(target.filter);
    if (compiled.native === 'none') return { acknowledged: 0 };
    if (compiled.residual === undefined)
      return {
        acknowledged: await this.#requests.deleteWhere(scopeOf(this.#requests.layout, namespace, compiled), signal),
      };
    const rows = await this.#requests.collect(namespace, compiled, signal);
    await sendAll(chunksOf(rows, this.#capabilities.limits.batchIds), (some) =>
      this.#requests.deletePoints(
        some.map(({ point }) => point),
        signal,
      ),
    );
    return { acknowledged: rows.length, ids: rows.map(({ id }) => id) };
  }

  async #deleteIds(namespace: string, ids: readonly Id[], signal: AbortSignal): Promise<DriverWriteResult> {
    const rows = await this.#requests.retrieve(namespace, ids, { payload: false, vector: false }, false, signal);
    if (rows.length > 0)
      await this.#requests.deletePoints(
        rows.map(({ point }) => point),
        signal,
      );
    return { acknowledged: rows.length, missing: missingFrom(ids, rows) };
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
    const layout = this.#requests.layout;
    const plan = { asked, filter: scopeOf(layout, namespace, compiled), defaultEf: this.#info.index.ef, needed };
    const strong = asked.consistency === 'strong';
    return searchOverFetching(
      queries,
      { k, maxDistance, exact, residual, include, window: this.#scanBudget },
      async (some, limit) => {
        const body = queryBody(layout, some, limit, plan);
        const answers =
          some.length === 1
            ? [hitsOf(await this.#requests.call('query', body, signal, strong))]
            : batchOf(await this.#requests.call('queryBatch', body, signal, strong), some.length);
        return answers.map((hits) => hits.map((hit) => matchOf(layout, hit, needed)));
      },
    );
  }

  async searchHybrid(namespace: string, asked: DriverHybrid, context: CallContext): Promise<StoredHybridMatch[]> {
    const call = { collection: this, namespace, asked, context };
    const { layout } = this.#requests;
    if (layout.texts === undefined) return searchHybridByScan(call);
    const { residual, ...compiled } = this.#compile(asked.filter);
    if (compiled.native === 'none') return [];
    const request = {
      ...{ asked, layout, residual, window: this.#scanBudget },
      filter: scopeOf(layout, namespace, compiled),
      k: asked.vector === undefined ? asked.k : asked.candidates,
    };
    const strong = asked.consistency === 'strong';
    const [nearest, ranked] = await Promise.all([
      nearestTo(call),
      bestByText(request, async (body) => hitsOf(await this.#requests.call('query', body, context.signal, strong))),
    ]);
    return withRecords(call, fuse(nearest, ranked, asked.fusion, asked.k));
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
    const source = this.#requests.source(namespace, compiled, needed, consistency, signal);
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
    const rows = await this.#requests.collect(namespace, compiled, signal);
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
      const rows = await this.#requests.retrieve(namespace, ids, { payload: true, vector: false }, false, signal);
      const points: PatchedPoint[] = rows.map(({ point, decoded }) => ({ point, decoded }));
      const operations = patchOperations(points, patch, this.#requests.layout);
      try {
        await sendAll(operations, async (some) =>
          checkDone(await this.#requests.call('batch', `{"operations":[${some.join(',')}]}`, signal)),
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
    const rows = await this.#requests.retrieve(namespace, ids, include, consistency === 'strong', signal);
    return rows.map(toRecord);
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
      return this.#requests.count(
        scopeOf(this.#requests.layout, namespace, compiled),
        consistency === 'strong',
        signal,
      );
    const source = this.#requests.source(namespace, compiled, { payload: true, vector: false }, consistency, signal);
    return countRows(source, compiled.residual, { pageRows, scanBudget: this.#scanBudget });
  }

  async recreateIndex(
    index: IndexSpec,
    { strict, onProgress }: { readonly strict: boolean; readonly onProgress?: (progress: IndexProgress) => void },
    { signal }: CallContext,
  ): Promise<void> {
    const { spec, hnsw, quantization, ignoredHints } = resolveIndex(index, strict);
    this.#requests.checkAlive();
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
    this.#capabilities = this.#capabilitiesWith(info);
  }

  async #describe(signal: AbortSignal): Promise<Description> {
    this.#requests.checkAlive();
    const { name, idMode, fields } = this.#info;
    const answer = await this.#connection.control('getCollection', { collection_name: name }, signal);
    return readDescription(name, resultOf(answer), { vectorName: this.#requests.layout.vectorName, idMode, fields });
  }

  async listNamespaces({ signal }: CallContext): Promise<string[]> {
    return (await this.#requests.namespaces(signal)).filter((name) => name !== '');
  }

  async dropNamespace(namespace: string, { signal }: CallContext): Promise<number> {
    return this.#requests.deleteWhere(scopeOf(this.#requests.layout, namespace, { native: 'all' }), signal);
  }

  async stats({ signal }: CallContext): Promise<CollectionStats> {
    const count = await this.#requests.count(undefined, false, signal);
    const namespaces =
      this.#info.idMode === 'native' ? Number(count > 0) : (await this.#requests.namespaces(signal)).length;
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

  #compile(filter: FilterNode): CompiledFilter<Condition> {
    return compileFilter(filter, this.#filters);
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
