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
import { patched } from '../../src/engine/patch.ts';
import { unsupported } from '../../src/errors.ts';
import { evaluate } from '../../src/filter/evaluate.ts';
import type { FilterNode } from '../../src/filter/normal-form.ts';
import type { CompiledFilter } from '../../src/remote/compiled-filter.ts';
import { searchHybridByScan } from '../../src/remote/hybrid-by-scan.ts';
import { searchOverFetching } from '../../src/remote/over-fetch.ts';
import { pageOf } from '../../src/remote/scan.ts';
import { compareMatches, distanceBetween } from '../../src/score.ts';
import type { CollectionInfo, CollectionStats, Consistency, Id } from '../../src/types.ts';
import { toWireId } from './ascii.ts';
import { classify } from './errors.ts';
import { compileMetadataFilter, type MetadataFilter } from './filter.ts';
import { fromWireNamespace } from './namespaces.ts';
import { Nearest } from './nearest.ts';
import { mapLimited, mostPerPage, type Requests } from './requests.ts';
import { type Row, Rows, toRow, toWireBytes } from './rows.ts';

type Compiled = CompiledFilter<MetadataFilter>;

/** One index of the service. */
export class PineconeCollection implements CollectionDriver {
  readonly info: CollectionInfo;
  readonly capabilities: Capabilities;
  readonly #requests: Requests;
  readonly #nearest: Nearest;
  readonly #ignoredHints: readonly string[];
  /** Records as they will be sent: measured first, sent later. */
  readonly #encoded = new WeakMap<DriverRecord, Uint8Array>();

  constructor(info: CollectionInfo, capabilities: Capabilities, requests: Requests, ignoredHints: readonly string[]) {
    this.info = info;
    this.capabilities = capabilities;
    this.#requests = requests;
    this.#nearest = new Nearest(requests, info.metric);
    this.#ignoredHints = ignoredHints;
  }

  checkRecord(record: DriverRecord): { readonly place: 'vector' | 'payload'; readonly problem: string } | undefined {
    const wire = toWireBytes(record, this.info.metric, this.info.fields);
    if ('problem' in wire) return wire;
    this.#encoded.set(record, wire.bytes);
    return undefined;
  }

  wireBytes(record: DriverRecord): number {
    return this.#encode(record).length + 1;
  }

  /** @throws `TypeError` for a record that `checkRecord` would have refused. */
  #encode(record: DriverRecord): Uint8Array {
    const known = this.#encoded.get(record);
    if (known !== undefined) return known;
    const wire = toWireBytes(record, this.info.metric, this.info.fields);
    if ('problem' in wire) throw new TypeError(wire.problem);
    this.#encoded.set(record, wire.bytes);
    return wire.bytes;
  }

  async upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    const encoded = records.map((record) => this.#encode(record));
    await this.#requests.upsert(namespace, encoded, context);
    return { acknowledged: records.length };
  }

  async delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    await this.#requests.fresh(namespace, context);
    if ('filter' in target) return this.#deleteMatching(namespace, target.filter, context);
    const records = await this.#requests.fetch(namespace, target.ids.map(toWireId), context);
    const present = new Set(records.map((record) => record.id));
    const ids = target.ids.filter((id) => present.has(toWireId(id)));
    if (ids.length > 0) await this.#requests.deleteIds(namespace, ids.map(toWireId), context);
    return { acknowledged: ids.length, missing: target.ids.filter((id) => !present.has(toWireId(id))) };
  }

  /** The ids are read first, to account for them; where the service can tell the whole filter it also deletes by it. */
  async #deleteMatching(namespace: string, filter: FilterNode, context: CallContext): Promise<DriverWriteResult> {
    const compiled = this.#compile(filter);
    const ids = (await this.#collect(namespace, compiled, context)).map((row) => row.id);
    if (ids.length === 0) return { acknowledged: 0, ids };
    if (typeof compiled.native !== 'string' && compiled.residual === undefined) {
      await this.#requests.deleteMatching(namespace, compiled.native.native, context);
      return { acknowledged: ids.length, ids };
    }
    return this.#inPieces(ids, chunksOf(ids, this.capabilities.limits.batchIds), (some) =>
      this.#requests.deleteIds(namespace, some.map(toWireId), context),
    );
  }

  async setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    await this.#requests.fresh(namespace, context);
    const rows =
      'filter' in target
        ? await this.#collect(namespace, this.#compile(target.filter), context)
        : (await this.#requests.fetch(namespace, target.ids.map(toWireId), context)).map(toRow);
    const found = new Set(rows.map((row) => row.id));
    const missing = 'ids' in target ? target.ids.filter((id) => !found.has(id)) : [];
    const failed: { id: Id; code: 'InvalidArgument' }[] = [];
    const encoded = new Map<Id, Uint8Array>();
    for (const { id, vector, payload } of rows) {
      const changed = patched(payload, patch);
      const wire = toWireBytes(
        { id, vector, payload: changed, json: JSON.stringify(changed) },
        this.info.metric,
        this.info.fields,
      );
      if ('problem' in wire) failed.push({ id, code: 'InvalidArgument' });
      else encoded.set(id, wire.bytes);
    }
    const { batchRecords, batchBytes } = this.capabilities.limits;
    const pieces = chunksByBytes([...encoded.keys()], batchRecords, batchBytes, (id) => encoded.get(id)!.length + 1);
    const written = await this.#inPieces([...encoded.keys()], pieces, (ids) =>
      this.#requests.upsert(
        namespace,
        ids.map((id) => encoded.get(id)!),
        context,
      ),
    );
    return { ...written, missing, failed: [...(written.failed ?? []), ...failed] };
  }

  /** Several requests of one write: once some have been answered, an error is said per id. */
  async #inPieces(
    ids: readonly Id[],
    pieces: readonly (readonly Id[])[],
    send: (ids: readonly Id[]) => Promise<void>,
  ): Promise<DriverWriteResult> {
    let acknowledged = 0;
    for (const piece of pieces) {
      try {
        await send(piece);
        acknowledged += piece.length;
      } catch (error) {
        if (acknowledged === 0) throw error;
        const known = classify(error);
        const isUnknown = known?.applied !== 'no';
        const unsent = ids.slice(acknowledged + (isUnknown ? piece.length : 0));
        const code = known?.code ?? 'Internal';
        return { acknowledged, ids, unknown: isUnknown ? piece : [], failed: unsent.map((id) => ({ id, code })) };
      }
    }
    return { acknowledged, ids };
  }

  async search(
    namespace: string,
    queries: readonly Float32Array[],
    options: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    await this.#freshFor(namespace, options.consistency, context);
    const compiled = this.#compile(options.filter);
    const { native, residual } = compiled;
    if (native === 'none') return queries.map(() => []);
    if (options.exact) return this.#searchExactly(namespace, queries, compiled, options, context);
    const { k, maxDistance, include } = options;
    const { k: window, concurrency } = this.capabilities.limits;
    const parts: Parts = { payload: include.payload || residual !== undefined, vector: include.vector };
    const request = { namespace, filter: native === 'all' ? undefined : native.native, include: parts };
    return searchOverFetching(queries, { k, maxDistance, exact: false, residual, include, window }, (some, limit) =>
      mapLimited(some, concurrency, (query) => this.#nearest.find(query, limit, request, context)),
    );
  }

  /** Compares with every record that the filter selects. */
  async #searchExactly(
    namespace: string,
    queries: readonly Float32Array[],
    compiled: Compiled,
    { k, maxDistance, include }: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    const rows = await this.#collect(namespace, compiled, context);
    return queries.map((query) =>
      rows
        .map((row) => ({ row, id: row.id, distance: distanceBetween(this.info.metric, query, row.vector) }))
        .filter(({ distance }) => distance <= maxDistance)
        .sort(compareMatches)
        .slice(0, k)
        .map(({ row, id, distance }) => ({ ...withParts(structuredClone(row), include), id, distance })),
    );
  }

  searchHybrid(namespace: string, asked: DriverHybrid, context: CallContext): Promise<StoredHybridMatch[]> {
    return searchHybridByScan({ collection: this, namespace, asked, context });
  }

  async filter(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions & { readonly limit: number; readonly cursor?: string },
    context: CallContext,
  ): Promise<DriverPage> {
    await this.#freshFor(namespace, options.consistency, context);
    const { native, residual } = this.#compile(filter);
    if (native === 'none') return { records: [] };
    const { include, limit, cursor } = options;
    const mostRows = residual === undefined ? Number.POSITIVE_INFINITY : mostPerPage;
    const rows = new Rows(this.#requests, namespace, native === 'all' ? undefined : native.native, mostRows, context);
    const { scanBudget } = this.capabilities.limits;
    return pageOf(rows, residual, { include, limit, scanBudget, ...(cursor !== undefined && { cursor }) }, (record) =>
      withParts(record, include),
    );
  }

  async get(
    namespace: string,
    ids: readonly Id[],
    options: ReadOptions,
    context: CallContext,
  ): Promise<StoredRecord[]> {
    await this.#freshFor(namespace, options.consistency, context);
    const records = await this.#requests.fetch(namespace, ids.map(toWireId), context);
    return records.map((record) => withParts(toRow(record), options.include));
  }

  async count(
    namespace: string,
    filter: FilterNode,
    { consistency }: { readonly consistency: Consistency },
    context: CallContext,
  ): Promise<number> {
    await this.#freshFor(namespace, consistency, context);
    const compiled = this.#compile(filter);
    if (compiled.native === 'all' && compiled.residual === undefined) return this.#countAll(namespace, context);
    let count = 0;
    for await (const rows of this.#matching(namespace, compiled, context)) count += rows.length;
    return count;
  }

  async #countAll(namespace: string, context: CallContext): Promise<number> {
    let count = 0;
    let token: string | undefined;
    do {
      const { items, next } = await this.#requests.list(namespace, mostPerPage, token, context);
      count += items.length;
      this.#checkBudget(count);
      token = next;
    } while (token !== undefined);
    return count;
  }

  recreateIndex(): Promise<void> {
    throw unsupported('recreateIndex', 'the service builds and tunes its index by itself');
  }

  async listNamespaces(context: CallContext): Promise<string[]> {
    await this.#requests.allFresh(context);
    const counts = await this.#requests.counts(context);
    return [...counts]
      .flatMap(([name, count]) => (count > 0 ? [fromWireNamespace(name)] : []))
      .filter((name) => name !== '');
  }

  async dropNamespace(namespace: string, context: CallContext): Promise<undefined> {
    // As long as the service does not show the records, it may know no such namespace.
    await this.#requests.fresh(namespace, context);
    await this.#requests.deleteAll(namespace, context);
    return undefined;
  }

  async stats(context: CallContext): Promise<CollectionStats> {
    await this.#requests.allFresh(context);
    const counts = [...(await this.#requests.counts(context)).values()].filter((count) => count > 0);
    return {
      count: counts.reduce((sum, count) => sum + count, 0),
      namespaces: counts.length,
      index: this.info.index,
      ignoredHints: this.#ignoredHints,
      recovery: [],
    };
  }

  /** What the service acknowledged is on its disks; afterwards it is also visible to everybody. */
  async flush(context: CallContext): Promise<void> {
    await this.#requests.checkExists(context);
    await this.#requests.allFresh(context);
  }

  async close(): Promise<void> {}

  #compile(filter: FilterNode): Compiled {
    return compileMetadataFilter(filter, this.info);
  }

  #freshFor(namespace: string, consistency: Consistency, context: CallContext): Promise<void> {
    return consistency === 'eventual' ? Promise.resolve() : this.#requests.fresh(namespace, context);
  }

  /** All rows that match, whole. */
  async #collect(namespace: string, compiled: Compiled, context: CallContext): Promise<Row[]> {
    const rows: Row[] = [];
    for await (const some of this.#matching(namespace, compiled, context)) rows.push(...some);
    return rows;
  }

  /** The rows that match, page by page. Throws `Unsupported` beyond the budget. */
  async *#matching(namespace: string, { native, residual }: Compiled, context: CallContext): AsyncGenerator<Row[]> {
    if (native === 'none') return;
    const rows = new Rows(
      this.#requests,
      namespace,
      native === 'all' ? undefined : native.native,
      Number.POSITIVE_INFINITY,
      context,
    );
    let cursor: string | undefined;
    let read = 0;
    do {
      const page = await rows.fetch(cursor, mostPerPage);
      read += page.rows.length;
      this.#checkBudget(read);
      yield page.rows.filter((row) => residual === undefined || evaluate(residual, row.payload));
      cursor = page.next;
    } while (cursor !== undefined);
  }

  #checkBudget(read: number): void {
    const { scanBudget } = this.capabilities.limits;
    if (read > scanBudget)
      throw unsupported(
        'This call',
        `it would read more than ${scanBudget} records (scanBudget) to be answered exactly; narrow the filter, or search without exact`,
      );
  }
}

function withParts({ id, payload, vector }: Row, include: Parts): StoredRecord {
  return { id, ...(include.payload && { payload }), ...(include.vector && { vector }) };
}

function chunksOf<T>(items: readonly T[], size: number): (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function chunksByBytes<T>(items: readonly T[], most: number, mostBytes: number, bytesOf: (item: T) => number): T[][] {
  const chunks: T[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const item of items) {
    const size = bytesOf(item);
    if (bytes + size > mostBytes || chunks.at(-1)!.length >= most) {
      chunks.push([]);
      bytes = 0;
    }
    chunks.at(-1)!.push(item);
    bytes += size;
  }
  return chunks;
}
