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
  ReadOptions,
  StoredHybridMatch,
  StoredMatch,
  StoredRecord,
} from '../driver.ts';
import { unsupported, VectorStoreError } from '../errors.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { chunks } from '../portable/chunks.ts';
import { atOnce, nextTurn, type Pieces, TimeSlice } from '../time-slice.ts';
import type {
  CollectionInfo,
  CollectionStats,
  FieldType,
  Id,
  IndexDrift,
  IndexProgress,
  IndexSpec,
  Metric,
  Payload,
  SearchPlan,
} from '../types.ts';
import { fairTurn } from './fair-turn.ts';
import { flatProvider } from './index/flat.ts';
import { loadVerified } from './index/saved-content.ts';
import { settle } from './index/settle.ts';
import type { ResolvedIndex, VectorIndexProvider } from './index/vector-index.ts';
import { Isolation } from './isolation.ts';
import { emptyPlan, Partition } from './partition.ts';
import type { PartitionImage } from './partition-image.ts';
import { patched } from './patch.ts';
import { buildIndexes, disposeAll } from './rebuild.ts';
import type { CollectionFiles } from './storage/collection-files.ts';
import type { Operation } from './storage/operations.ts';

/** What an engine collection is. */
export interface EngineSpec {
  readonly name: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly fields: { readonly [field: string]: FieldType };
}

/** One collection of the engine: partitions by namespace in memory, and behind them, in directory mode, files. */
export class EngineCollection implements CollectionDriver {
  readonly #spec: EngineSpec;
  readonly #provider: VectorIndexProvider;
  readonly #capabilities: Capabilities;
  #known: { readonly spec: IndexSpec; readonly capabilities: Capabilities } | undefined;
  readonly #partitions = new Map<string, Partition>();
  readonly #files: CollectionFiles | undefined;
  #index: ResolvedIndex;
  #state: 'loading' | 'open' | 'dropped' = 'open';
  /** Writes run one after another; only the wait for a disk that some end with is shared. */
  readonly #isolation = new Isolation();

  constructor(
    spec: EngineSpec,
    provider: VectorIndexProvider,
    index: ResolvedIndex,
    capabilities: Capabilities,
    files?: CollectionFiles,
  ) {
    this.#spec = spec;
    this.#provider = provider;
    this.#index = index;
    this.#capabilities = capabilities;
    this.#files = files;
  }

  /** Reads the files back into memory. */
  async load(): Promise<void> {
    if (this.#files === undefined) return;
    try {
      await this.#load(this.#files);
    } catch (error) {
      await this.#files.close();
      this.#disposeOfPartitions();
      throw error;
    }
  }

  async #load(files: CollectionFiles): Promise<void> {
    this.#state = 'loading';
    const slice = new TimeSlice();
    const indexed = new Set<Partition>();
    await files.load({
      restore: async (namespace, image) => {
        const partition = this.#newPartition(image);
        this.#partitions.set(namespace, partition);
        await partition.loadVectors(image, slice);
        await slice.pause();
      },
      apply: (operation) => this.#apply(operation),
      vectorVersion: (namespace) => this.#partitions.get(namespace)?.vectorVersion,
      adopt: async (namespace, content) => {
        const partition = this.#partitions.get(namespace)!;
        partition.replaceIndex(await loadVerified(this.#provider, content, this.#index, partition.vectors));
        indexed.add(partition);
        return partition;
      },
    });
    const waiting = [...this.#partitions.values()].filter((partition) => !indexed.has(partition));
    const built = await buildIndexes(this.#provider, this.#index, waiting, undefined, new AbortController().signal);
    for (const [partition, index] of built) partition.replaceIndex(index);
    // What the log told those that were saved.
    for (const partition of indexed) await settle(partition.index, slice);
    this.#state = 'open';
  }

  get info(): CollectionInfo {
    const { name, dimension, metric, fields } = this.#spec;
    return { name, dimension, metric, fields, idMode: 'native', index: this.#index.spec, managed: true };
  }

  get capabilities(): Capabilities {
    const { spec } = this.#index;
    // Asked for several times in every call; given to users as well, who must not change it.
    if (this.#known?.spec !== spec) {
      const searchParams = Object.freeze([...this.#provider.usedParams(spec)]);
      this.#known = { spec, capabilities: Object.freeze({ ...this.#capabilities, searchParams }) };
    }
    return this.#known.capabilities;
  }

  upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    return this.#write(context, async () => {
      const partition = this.#partition(namespace);
      if (!partition.knowsIds) await partition.prepareIds(new TimeSlice(context.signal));
      const slots = partition.allot(records.map((record) => record.id));
      await this.#commit({
        kind: 'put',
        namespace,
        records: records.map((record, i) => ({ ...record, slot: slots[i]! })),
      });
      return { acknowledged: records.length };
    });
  }

  delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    return this.#write(context, async () => {
      const { ids, missing } = await this.#find(namespace, target, context);
      if (ids.length > 0) await this.#commit({ kind: 'remove', namespace, ids });
      return { acknowledged: ids.length, ids, missing };
    });
  }

  setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    return this.#write(context, async () => {
      const { ids, missing } = await this.#find(namespace, target, context);
      const entries = await new TimeSlice(context.signal).finish(patchedIn(this.#partition(namespace), ids, patch));
      if (entries.length > 0) await this.#commit({ kind: 'payload', namespace, entries });
      return { acknowledged: ids.length, ids, missing };
    });
  }

  async #find(namespace: string, target: DriverTarget, { signal }: CallContext): Promise<{ ids: Id[]; missing: Id[] }> {
    const partition = this.#partition(namespace);
    const slice = new TimeSlice(signal);
    if ('filter' in target) {
      await partition.prepare(target.filter, slice);
      return { ids: await slice.finish(partition.idsMatching(target.filter)), missing: [] };
    }
    if (!partition.knowsIds) await partition.prepareIds(slice);
    return {
      ids: target.ids.filter((id) => partition.has(id)),
      missing: target.ids.filter((id) => !partition.has(id)),
    };
  }

  async search(
    namespace: string,
    queries: readonly Float32Array[],
    options: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    const answers = await this.#read(namespace, context, preparedFor(options.filter), (partition, slice) => {
      const pause = async () => {
        await slice.pause();
        await this.#isolation.wholeWrites();
        this.#check(context);
      };
      return partition.searchBatch(queries, options, pause, (pieces) => this.#isolation.read(pieces, slice));
    });
    return answers ?? queries.map(() => []);
  }

  async explain(
    namespace: string,
    query: Float32Array,
    options: DriverSearch,
    context: CallContext,
  ): Promise<SearchPlan> {
    const index = this.#index.spec;
    const { ignoredHints } = this.#index;
    const plan = await this.#read(namespace, context, preparedFor(options.filter), (partition, slice) =>
      this.#isolation.read(partition.explain(query, options), slice),
    );
    return { ...(plan ?? emptyPlan), index, ignoredHints };
  }

  async searchHybrid(namespace: string, asked: DriverHybrid, context: CallContext): Promise<StoredHybridMatch[]> {
    const prepare = async (partition: Partition, slice: TimeSlice) => {
      await partition.prepare(asked.filter, slice);
      await partition.prepareText(asked.fields, slice);
    };
    const found = await this.#read(namespace, context, prepare, (partition, slice) =>
      this.#isolation.read(partition.searchHybrid(asked), slice),
    );
    return found ?? [];
  }

  async filter(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions & { readonly limit: number; readonly cursor?: string },
    context: CallContext,
  ): Promise<DriverPage> {
    const page = await this.#read(namespace, context, preparedFor(filter), (partition, slice) =>
      this.#isolation.read(partition.page(filter, options.limit, options.cursor, options.include), slice),
    );
    return page ?? { records: [] };
  }

  async get(
    namespace: string,
    ids: readonly Id[],
    options: ReadOptions,
    context: CallContext,
  ): Promise<StoredRecord[]> {
    const prepare = async (partition: Partition, slice: TimeSlice) => {
      if (!partition.knowsIds) await partition.prepareIds(slice);
    };
    const records = await this.#read(namespace, context, prepare, (partition, slice) =>
      this.#isolation.read(partition.get(ids, options.include), slice),
    );
    return records ?? [];
  }

  async count(namespace: string, filter: FilterNode, _options: unknown, context: CallContext): Promise<number> {
    const count = await this.#read(namespace, context, preparedFor(filter), (partition, slice) =>
      this.#isolation.read(partition.count(filter), slice),
    );
    return count ?? 0;
  }

  recreateIndex(
    index: IndexSpec,
    options: { readonly strict: boolean; readonly onProgress?: (progress: IndexProgress) => void },
    context: CallContext,
  ): Promise<void> {
    return this.#write(context, async () => {
      const { dimension, metric } = this.#spec;
      const resolved = resolveIndex(this.#provider, index, dimension, metric, options.strict);
      const partitions = this.#partitions.values();
      const built = await buildIndexes(this.#provider, resolved, partitions, options.onProgress, context.signal);
      try {
        await this.#files?.setIndex(resolved);
      } catch (error) {
        disposeAll(built);
        throw error;
      }
      for (const [partition, index] of built) partition.replaceIndex(index);
      this.#index = resolved;
    });
  }

  async listNamespaces(context: CallContext): Promise<string[]> {
    await this.#isolation.wholeWrites();
    this.#check(context);
    return [...this.#partitions].filter(([name, partition]) => name !== '' && partition.size > 0).map(([name]) => name);
  }

  dropNamespace(namespace: string, context: CallContext): Promise<number> {
    return this.#write(context, async () => {
      const all = this.#partitions.get(namespace)?.idsMatching({ kind: 'all' });
      const ids = all === undefined ? [] : await new TimeSlice(context.signal).finish(all);
      if (ids.length > 0) await this.#commit({ kind: 'remove', namespace, ids });
      return ids.length;
    });
  }

  async stats(context: CallContext): Promise<CollectionStats> {
    const diskBytes = await this.#files?.byteLength();
    await this.#isolation.wholeWrites();
    this.#check(context);
    const partitions = [...this.#partitions.values()];
    const sum = (of: (partition: Partition) => number) =>
      partitions.reduce((total, partition) => total + of(partition), 0);
    const drift = partitions
      .flatMap(({ index }) => index.drift ?? [])
      .reduce<IndexDrift | undefined>((most, each) => (most && growth(most) >= growth(each) ? most : each), undefined);
    return {
      count: sum((partition) => partition.size),
      namespaces: partitions.filter((partition) => partition.size > 0).length,
      index: this.#index.spec,
      indexBytes: sum((partition) => partition.index.byteLength),
      vectorBytes: sum((partition) => partition.vectors.byteLength),
      ...(diskBytes !== undefined && { diskBytes }),
      ...(drift !== undefined && { drift }),
      ignoredHints: this.#index.ignoredHints,
      recovery: this.#files?.recovery ?? [],
    };
  }

  flush(context: CallContext): Promise<void> {
    return this.#write(context, async () => this.#files?.flush());
  }

  /** A handle is closed; the collection stays open for others until the database closes. */
  async close(): Promise<void> {}

  /** The end of the collection in this process: saves what is derived, frees memory. Writes under way finish first. */
  async shutDown(): Promise<void> {
    await this.#isolation.writesDone();
    // Of reads that nobody waits for any more, and of those that met the end of the collection.
    await nextTurn();
    await this.#isolation.wholeReads();
    try {
      if (this.#state === 'open') await this.#files?.finish(this.#partitions);
    } finally {
      await this.#files?.close();
      this.#disposeOfPartitions();
    }
  }

  #disposeOfPartitions(): void {
    for (const partition of this.#partitions.values()) partition.dispose();
    this.#partitions.clear();
  }

  /** From now on every method says `NotFound`. */
  async drop(): Promise<void> {
    await this.#isolation.writesDone();
    this.#state = 'dropped';
    await this.shutDown();
  }

  async #commit(operation: Operation): Promise<void> {
    await this.#files?.append(operation);
    await this.#apply(operation);
    // Not to be aborted: the operation counts already.
    await settle(this.#partition(operation.namespace).index, new TimeSlice());
    if (this.#files?.isSnapshotDue !== true) return;
    const made = await this.#files.snapshot(this.#partitions);
    if (made) this.#forgetEmptyPartitions();
  }

  /** A snapshot has none of them: they would not begin again where they are now. */
  #forgetEmptyPartitions(): void {
    for (const [namespace, partition] of this.#partitions) {
      if (partition.size > 0) continue;
      this.#partitions.delete(namespace);
      partition.dispose();
    }
  }

  /** In slices; who reads sees all of it or nothing. */
  async #apply(operation: Operation): Promise<void> {
    if (sizeOf(operation) <= appliedAtOnce && !this.#isolation.isRead) {
      atOnce(this.#applyPart(operation));
      return;
    }
    await this.#isolation.apply(async () => {
      const slice = new TimeSlice();
      for (const part of partsOf(operation)) await slice.finish(this.#applyPart(part));
    });
  }

  #applyPart(operation: Operation): Pieces<void> {
    const partition = this.#partition(operation.namespace);
    switch (operation.kind) {
      case 'put':
        return partition.put(operation.records);
      case 'payload':
        return partition.setPayloads(operation.entries);
      case 'remove':
        return partition.remove(operation.ids);
    }
  }

  #partition(namespace: string): Partition {
    let partition = this.#partitions.get(namespace);
    if (partition === undefined) {
      partition = this.#newPartition();
      this.#partitions.set(namespace, partition);
    }
    return partition;
  }

  /** While the files are read a partition has a placeholder for an index. */
  #newPartition(image?: PartitionImage): Partition {
    const provider = this.#state === 'loading' ? flatProvider : this.#provider;
    const originals = this.#files?.originals ?? 'memory';
    return new Partition(
      { ...this.#spec, originals },
      (vectors) => provider.create(this.#index, vectors),
      image,
      this.#files?.firstVersion,
    );
  }

  /** The answer of a partition that is prepared for it, undefined where there is none. */
  async #read<T>(
    namespace: string,
    context: CallContext,
    prepare: (partition: Partition, slice: TimeSlice) => Promise<void>,
    answer: (partition: Partition, slice: TimeSlice) => T | Promise<T>,
  ): Promise<T | undefined> {
    for (let isItsTurn = false; ; isItsTurn = true) {
      this.#check(context);
      const partition = this.#partitions.get(namespace);
      const slice = new TimeSlice(context.signal);
      if (partition !== undefined) await prepare(partition, slice);
      await this.#isolation.wholeWrites();
      this.#check(context);
      // The last thing before the answer: many calls that come at once would otherwise all be let in before the first of them is answered.
      const turn = isItsTurn ? undefined : fairTurn();
      if (turn === undefined) return partition && answer(partition, slice);
      await turn;
    }
  }

  #check(context: CallContext): void {
    context.signal.throwIfAborted();
    if (this.#state === 'dropped') throw new VectorStoreError('NotFound', `collection ${this.#spec.name} was dropped`);
  }

  #write<T>(context: CallContext, work: () => Promise<T>): Promise<T> {
    const turn = this.#isolation.write(async () => {
      await fairTurn();
      this.#check(context);
      return work();
    });
    return turn.then(async (result) => {
      await this.#files?.acknowledge();
      return result;
    });
  }
}

/** Records that are one change of an index, and of what is counted of it. */
const appliedTogether = 64;
/** Payloads that are read and patched between two looks at the clock. */
const patchedTogether = 64;
/** So few are not worth a turn. */
const appliedAtOnce = 8;

/** The same in parts. Always the same ones: each that changes vectors counts, and counts must not depend on the clock. */
function* partsOf(operation: Operation): Generator<Operation, void, undefined> {
  switch (operation.kind) {
    case 'put':
      for (const records of chunks(operation.records, appliedTogether)) yield { ...operation, records };
      break;
    case 'payload':
      for (const entries of chunks(operation.entries, appliedTogether)) yield { ...operation, entries };
      break;
    case 'remove':
      for (const ids of chunks(operation.ids, appliedTogether)) yield { ...operation, ids };
  }
}

function sizeOf(operation: Operation): number {
  switch (operation.kind) {
    case 'put':
      return operation.records.length;
    case 'payload':
      return operation.entries.length;
    case 'remove':
      return operation.ids.length;
  }
}

/** What records become by a patch. */
function* patchedIn(
  partition: Partition,
  ids: readonly Id[],
  patch: DriverPatch,
): Pieces<{ readonly id: Id; readonly payload: Payload }[]> {
  const entries: { id: Id; payload: Payload }[] = [];
  for (const id of ids) {
    entries.push({ id, payload: patched(partition.payloadOf(id)!, patch) });
    if (entries.length % patchedTogether === 0) yield;
  }
  return entries;
}

function growth({ trained, recent }: IndexDrift): number {
  return recent / trained;
}

/** @throws `Unsupported` under `strict` for settings without effect. */
export function resolveIndex(
  provider: VectorIndexProvider,
  index: IndexSpec,
  dimension: number,
  metric: Metric,
  strict: boolean,
): ResolvedIndex {
  const spec = index.type === 'auto' ? { ...index, type: provider.types[0]! } : index;
  const resolved = provider.resolve(spec, dimension, metric);
  if (strict && resolved.ignoredHints.length > 0)
    throw unsupported(resolved.ignoredHints.join(', '), `an index of type ${spec.type} has no use for it`);
  return resolved;
}

function preparedFor(filter: FilterNode) {
  return (partition: Partition, slice: TimeSlice) => partition.prepare(filter, slice);
}
