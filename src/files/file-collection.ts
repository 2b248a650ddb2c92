import type { Capabilities } from '../capabilities.ts';
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
} from '../driver.ts';
import { patched } from '../engine/patch.ts';
import { asUncertain } from '../engine/storage/uncertain.ts';
import { TopK } from '../engine/top-k.ts';
import { invalid, unsupported, VectorStoreError } from '../errors.ts';
import { evaluate } from '../filter/evaluate.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { searchHybridByScan } from '../remote/hybrid-by-scan.ts';
import { distanceBetween } from '../score.ts';
import { TimeSlice } from '../time-slice.ts';
import type { CollectionInfo, CollectionStats, FieldType, Id } from '../types.ts';
import { IdIndex } from './id-index.ts';
import type { OpenedFile, Row, RowWriter } from './row-store.ts';
import { Turns } from './turns.ts';

/** Records that a write by filter holds at once. */
const batchRecords = 500;

/** What a {@link FileCollection} is beside its file. */
export interface FileCollectionOptions {
  readonly name: string;
  readonly capabilities: Capabilities;
  /** Declared by the caller, for a file that says nothing of fields. */
  readonly fields?: { readonly [field: string]: FieldType };
}

/**
 * A collection whose records stay in a file: reads stream it, and only where each id stands is in memory. Every answer is exact, and costs one
 * pass over the file unless ids are given.
 */
export class FileCollection implements CollectionDriver {
  readonly info: CollectionInfo;
  readonly capabilities: Capabilities;
  readonly #file: OpenedFile;
  readonly #ids = new IdIndex();
  readonly #turns = new Turns();
  #state: 'open' | 'closed' | 'dropped' = 'open';
  #written = false;

  private constructor(file: OpenedFile, { name, capabilities, fields }: FileCollectionOptions) {
    this.#file = file;
    this.capabilities = capabilities;
    const { dimension, metric, index } = file.spec;
    const declared = file.managed ? file.spec.fields : (fields ?? {});
    this.info = { name, dimension, metric, fields: declared, idMode: 'native', index, managed: file.managed };
  }

  /**
   * Reads the file once.
   *
   * @throws `Corruption`
   */
  static async load(file: OpenedFile, options: FileCollectionOptions, signal: AbortSignal): Promise<FileCollection> {
    const collection = new FileCollection(file, options);
    try {
      const { store } = file;
      const slice = new TimeSlice(signal);
      const dead: number[] = [];
      for await (const row of store.keys?.() ?? store.rows(0, store.end)) {
        const before = collection.#ids.apply(row);
        if (before !== undefined) dead.push(before);
        await slice.pause();
      }
      store.writer?.superseded(dead);
      return collection;
    } catch (error) {
      await file.store.close();
      throw error;
    }
  }

  upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    return this.#write(context, async (writer) => {
      await this.#append(writer, namespace, records);
      return { acknowledged: records.length };
    });
  }

  async #append(writer: RowWriter, namespace: string, records: readonly DriverRecord[]): Promise<void> {
    const positions = await writer.append(namespace, records, this.#ids.isLive);
    const superseded: number[] = [];
    for (const [i, { id }] of records.entries()) {
      const before = this.#ids.positionOf(namespace, id);
      if (before !== undefined) superseded.push(before);
      this.#ids.set(namespace, id, positions[i]!);
    }
    writer.superseded(superseded);
  }

  delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    return this.#write(context, async (writer) => {
      const { ids, missing } = await this.#find(namespace, target, context.signal);
      await this.#remove(writer, namespace, ids);
      return { acknowledged: ids.length, ids, missing };
    });
  }

  async #remove(writer: RowWriter, namespace: string, ids: readonly Id[]): Promise<void> {
    if (ids.length === 0) return;
    await writer.remove(namespace, ids, this.#positions(namespace, ids));
    for (const id of ids) this.#ids.delete(namespace, id);
  }

  setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    return this.#write(context, async (writer) => {
      const { ids, missing } = await this.#find(namespace, target, context.signal);
      const positions = this.#positions(namespace, ids);
      // A record that cannot be made refuses the call before anything is written.
      for await (const row of this.#store.read(positions)) this.#patchedRecord(row, patch);
      for (let at = 0; at < positions.length; at += batchRecords) {
        const changed: DriverRecord[] = [];
        for await (const row of this.#store.read(positions.slice(at, at + batchRecords)))
          changed.push(this.#patchedRecord(row, patch));
        await this.#append(writer, namespace, changed).catch((error: unknown) => {
          throw at === 0 ? error : asUncertain(error);
        });
      }
      return { acknowledged: ids.length, ids, missing };
    });
  }

  #patchedRecord({ id, vector, payload: before }: Row, patch: DriverPatch): DriverRecord {
    const payload = patched(before, patch);
    const json = JSON.stringify(payload);
    const { payloadBytes } = this.capabilities.limits;
    if (json.length > payloadBytes || new TextEncoder().encode(json).byteLength > payloadBytes)
      throw invalid('patch', `the payload of ${JSON.stringify(id)} would have more than ${payloadBytes} bytes`);
    return { id, vector, payload, json };
  }

  async #find(namespace: string, target: DriverTarget, signal: AbortSignal): Promise<{ ids: Id[]; missing: Id[] }> {
    if ('ids' in target) {
      const has = (id: Id) => this.#ids.positionOf(namespace, id) !== undefined;
      return { ids: target.ids.filter(has), missing: target.ids.filter((id) => !has(id)) };
    }
    const ids: Id[] = [];
    for await (const { id } of this.#matching(namespace, target.filter, signal)) ids.push(id);
    return { ids, missing: [] };
  }

  search(
    namespace: string,
    queries: readonly Float32Array[],
    options: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    return this.#read(context, async () => {
      const { metric } = this.info;
      const best = queries.map(() => new TopK(options.k));
      for await (const { position, id, vector } of this.#matching(namespace, options.filter, context.signal)) {
        if (vector === null) continue;
        for (const [i, query] of queries.entries()) {
          const distance = distanceBetween(metric, query, vector);
          const top = best[i]!;
          if (distance <= options.maxDistance && top.admits(distance)) top.offer({ slot: position, id, distance });
        }
      }
      return Promise.all(best.map((top) => this.#matches(top, options.include)));
    });
  }

  async #matches(top: TopK, include: Parts): Promise<StoredMatch[]> {
    const ranked = top.sorted();
    const positions = ranked.map(({ slot }) => slot).sort((a, b) => a - b);
    const found = new Map<Id, StoredRecord>();
    if (include.payload || include.vector)
      for await (const row of this.#store.read(positions)) found.set(row.id, partsOf(row, include));
    return ranked.map(({ id, distance }) => ({ ...(found.get(id) ?? { id }), distance }));
  }

  searchHybrid(namespace: string, asked: DriverHybrid, context: CallContext): Promise<StoredHybridMatch[]> {
    return searchHybridByScan({ collection: this, namespace, asked, context });
  }

  filter(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions & { readonly limit: number; readonly cursor?: string },
    context: CallContext,
  ): Promise<DriverPage> {
    return this.#read(context, async () => {
      const [from, to] = options.cursor === undefined ? [0, this.#store.end] : this.#readCursor(options.cursor);
      const records: StoredRecord[] = [];
      for await (const row of this.#matching(namespace, filter, context.signal, from, to)) {
        if (records.length === options.limit) return { records, cursor: `${row.position}-${to}` };
        records.push(partsOf(row, options.include));
      }
      return { records };
    });
  }

  /** Where to go on, and where the file ended when the first page was asked: what is written later is not for this reader. */
  #readCursor(cursor: string): [from: number, to: number] {
    const [, from, to] = /^(\d{1,16})-(\d{1,16})$/.exec(cursor) ?? [];
    if (from === undefined || Number(to) > this.#store.end)
      throw invalid('options.cursor', 'no cursor of a page of this collection');
    return [Number(from), Number(to)];
  }

  get(namespace: string, ids: readonly Id[], { include }: ReadOptions, context: CallContext): Promise<StoredRecord[]> {
    return this.#read(context, async () => {
      const found: StoredRecord[] = [];
      for await (const row of this.#store.read(this.#positions(namespace, ids))) {
        context.signal.throwIfAborted();
        found.push(partsOf(row, include));
      }
      return found;
    });
  }

  count(namespace: string, filter: FilterNode, _options: unknown, context: CallContext): Promise<number> {
    return this.#read(context, async () => {
      if (filter.kind === 'all') return this.#ids.count(namespace);
      let count = 0;
      for await (const _ of this.#matching(namespace, filter, context.signal)) count++;
      return count;
    });
  }

  async recreateIndex(): Promise<void> {
    throw unsupported('recreateIndex', 'a file of records has no index');
  }

  listNamespaces(context: CallContext): Promise<string[]> {
    return this.#read(context, async () => this.#ids.namespaces.filter((name) => name !== ''));
  }

  dropNamespace(namespace: string, context: CallContext): Promise<number> {
    return this.#write(context, async (writer) => {
      const ids = this.#ids.entries(namespace).map(([id]) => id);
      await this.#remove(writer, namespace, ids);
      return ids.length;
    });
  }

  stats(context: CallContext): Promise<CollectionStats> {
    return this.#read(context, async () => ({
      count: this.#ids.size,
      namespaces: this.#ids.namespaces.length,
      index: this.info.index,
      indexBytes: 0,
      vectorBytes: 0,
      diskBytes: await this.#store.byteLength(),
      ignoredHints: this.#file.spec.ignoredHints,
      recovery: this.#store.recovery,
    }));
  }

  flush(context: CallContext): Promise<void> {
    return this.#turns.write(async () => {
      this.#check(context);
      await this.#store.writer?.flush(this.#ids.isLive);
    });
  }

  /** A handle is closed; the collection stays open for others until the database closes. */
  async close(): Promise<void> {}

  /** The end of the collection in this process. Calls under way finish first. */
  shutDown(): Promise<void> {
    return this.#turns.write(async () => {
      if (this.#state !== 'open') return;
      this.#state = 'closed';
      try {
        if (this.#written) {
          await this.#store.writer?.flush(this.#ids.isLive);
          await this.#store.writer?.compact(this.#ids.isLive);
        }
      } finally {
        await this.#store.close();
      }
    });
  }

  /** From now on every method says `NotFound`. */
  drop(): Promise<void> {
    return this.#turns.write(async () => {
      if (this.#state === 'open') await this.#store.close();
      this.#state = 'dropped';
    });
  }

  get #store(): OpenedFile['store'] {
    return this.#file.store;
  }

  /** Rows of a namespace that count and match, in the order of the file. */
  async *#matching(
    namespace: string,
    filter: FilterNode,
    signal: AbortSignal,
    from = 0,
    to = this.#store.end,
  ): AsyncGenerator<Row> {
    const positions = this.#ids.positions(namespace);
    const asked = positions.subarray(firstAt(positions, from), firstAt(positions, to));
    const slice = new TimeSlice(signal);
    for await (const row of this.#store.read(asked)) {
      await slice.pause();
      if (evaluate(filter, row.payload)) yield row;
    }
  }

  /** Of those ids that are there, ascending. */
  #positions(namespace: string, ids: readonly Id[]): number[] {
    return ids.flatMap((id) => this.#ids.positionOf(namespace, id) ?? []).sort((a, b) => a - b);
  }

  #check({ signal }: CallContext): void {
    signal.throwIfAborted();
    const { name } = this.info;
    if (this.#state === 'dropped') throw new VectorStoreError('NotFound', `collection ${name} was dropped`);
    if (this.#state === 'closed') throw new VectorStoreError('StoreClosed', `collection ${name} was closed`);
  }

  #read<T>(context: CallContext, work: () => Promise<T>): Promise<T> {
    return this.#turns.read(async () => {
      this.#check(context);
      return work();
    });
  }

  #write<T>(context: CallContext, work: (writer: RowWriter) => Promise<T>): Promise<T> {
    return this.#turns.write(async () => {
      this.#check(context);
      const { writer } = this.#store;
      if (writer === undefined) throw unsupported('writing', 'this file is only read');
      this.#written = true;
      return work(writer);
    });
  }
}

function partsOf({ id, payload, vector }: Row, include: Parts): StoredRecord {
  return { id, ...(include.payload && { payload }), ...(include.vector && { vector }) };
}

/** Index of the first that is not below a bound. */
function firstAt(ascending: Float64Array, bound: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
