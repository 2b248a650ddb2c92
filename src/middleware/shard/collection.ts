import type { Capabilities } from '../../capabilities.ts';
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
} from '../../driver.ts';
import { invalid } from '../../errors.ts';
import { type FilterNode, matchAll } from '../../filter/normal-form.ts';
import { searchHybridByScan } from '../../remote/hybrid-by-scan.ts';
import type { CollectionInfo, CollectionStats, Consistency, Id, IndexProgress, IndexSpec } from '../../types.ts';
import { utf8Length } from '../../validate/text.ts';
import { forwardCollection } from '../forward.ts';
import { shardCapabilities } from './capabilities.ts';
import type { Fleet } from './fleet.ts';
import { reservedNamespace } from './layout.ts';
import { type SearchPolicy, ShardReads } from './reads.ts';
import type { Router } from './routing.ts';
import { type ShardWrites, WritesById } from './writes.ts';
import { arrayRefused, type SharedState, WritesByField } from './writes-by-field.ts';

/** One collection that lies on several shards. */
export class ShardCollection implements CollectionDriver {
  readonly #fleet: Fleet;
  readonly #router: Router;
  readonly #shared: SharedState;
  readonly #reads: ShardReads;
  /** Of every shard, whatever the policy: for answers that cannot carry a mark. */
  readonly #wholeReads: ShardReads;
  readonly #writes: ShardWrites;
  #known: { readonly indexVersion: number; readonly capabilities: Capabilities } | undefined;

  constructor(fleet: Fleet, router: Router, policy: SearchPolicy, shared: SharedState) {
    this.#fleet = fleet;
    this.#router = router;
    this.#shared = shared;
    this.#reads = new ShardReads(fleet, router, policy, shared.moved);
    this.#wholeReads = new ShardReads(fleet, router, { ...policy, onFailure: 'all' }, shared.moved);
    this.#writes =
      router.path === undefined ? new WritesById(fleet, router) : new WritesByField(fleet, router, router.path, shared);
  }

  get info(): CollectionInfo {
    return commonInfo(this.#fleet.collections.map((collection) => collection.info));
  }

  get capabilities(): Capabilities {
    const { indexVersion } = this.#shared;
    // Asked for with every record.
    if (this.#known?.indexVersion !== indexVersion) {
      const each = this.#fleet.collections.map((collection) => collection.capabilities);
      this.#known = { indexVersion, capabilities: shardCapabilities(each) };
    }
    return this.#known.capabilities;
  }

  checkRecord(record: DriverRecord): { place: 'vector' | 'payload'; problem: string } | undefined {
    const { path } = this.#router;
    if (path !== undefined && this.#router.shardOfPayload(record.payload) === undefined)
      return { place: 'payload', problem: arrayRefused('payload', path).message.replace(/^payload: /, '') };
    for (const collection of this.#fleet.collections) {
      const refused = collection.checkRecord?.(record);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  wireBytes(record: DriverRecord): number {
    const usual = (record.vector?.byteLength ?? 0) + utf8Length(record.id) + utf8Length(record.json);
    return Math.max(...this.#fleet.collections.map((collection) => collection.wireBytes?.(record) ?? usual));
  }

  async upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    refuseReserved(namespace);
    return this.#writes.upsert(namespace, records, context);
  }

  async delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    refuseReserved(namespace);
    return this.#writes.delete(namespace, target, context);
  }

  async setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    refuseReserved(namespace);
    return this.#writes.setPayload(namespace, target, patch, context);
  }

  search(
    namespace: string,
    queries: readonly Float32Array[],
    options: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    return this.#read(namespace, context, () => this.#reads.search(namespace, queries, options, context));
  }

  /** Ranked over the records of all shards: how rare a word is in one of them says nothing. */
  searchHybrid(namespace: string, asked: DriverHybrid, context: CallContext): Promise<StoredHybridMatch[]> {
    const search: CollectionDriver['search'] = (_, queries, options, own) =>
      this.#read(namespace, own, () => this.#wholeReads.search(namespace, queries, options, own));
    return searchHybridByScan({ collection: forwardCollection(this, { search }), namespace, asked, context });
  }

  filter(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions & { readonly limit: number; readonly cursor?: string },
    context: CallContext,
  ): Promise<DriverPage> {
    return this.#read(namespace, context, () => this.#reads.page(namespace, filter, options, context));
  }

  get(namespace: string, ids: readonly Id[], options: ReadOptions, context: CallContext): Promise<StoredRecord[]> {
    return this.#read(namespace, context, () => this.#reads.get(namespace, ids, options, context));
  }

  count(
    namespace: string,
    filter: FilterNode,
    options: { readonly consistency: Consistency },
    context: CallContext,
  ): Promise<number> {
    return this.#read(namespace, context, () => this.#reads.count(namespace, filter, options, context));
  }

  /** No read sees a record on two shards, or on none, while it moves. */
  async #read<T>(namespace: string, context: CallContext, read: () => Promise<T>): Promise<T> {
    refuseReserved(namespace);
    if (this.#router.path === undefined) return read();
    return this.#shared.gate.read(() => {
      context.signal.throwIfAborted();
      return read();
    });
  }

  async recreateIndex(
    index: IndexSpec,
    { strict, onProgress }: { readonly strict: boolean; readonly onProgress?: (progress: IndexProgress) => void },
    context: CallContext,
  ): Promise<void> {
    const stats = onProgress && (await this.#fleet.askEach(this.#fleet.all, context, (shard) => shard.stats(context)));
    const told = (stats ?? []).map(({ count }) => ({ done: 0, total: count }));
    const tell = () =>
      onProgress?.({
        done: told.reduce((sum, { done }) => sum + done, 0),
        total: told.reduce((sum, { total }) => sum + total, 0),
      });
    const recreate = async (collection: CollectionDriver, shard: number) => {
      const own = (progress: IndexProgress) => {
        told[shard] = { ...progress };
        tell();
      };
      await collection.recreateIndex(index, { strict, ...(onProgress && { onProgress: own }) }, context);
      // One with nothing to index may have said nothing.
      if (onProgress) told[shard] = { done: told[shard]!.done, total: told[shard]!.done };
    };
    try {
      await this.#fleet.askEach(this.#fleet.all, context, recreate);
    } finally {
      this.#shared.indexVersion++;
    }
    tell();
  }

  async listNamespaces(context: CallContext): Promise<string[]> {
    const lists = await this.#fleet.askEach(this.#fleet.all, context, (collection) =>
      collection.listNamespaces(context),
    );
    return [...new Set(lists.flat())].filter((name) => name !== reservedNamespace);
  }

  async dropNamespace(namespace: string, context: CallContext): Promise<number | undefined> {
    refuseReserved(namespace);
    return this.#shared.locks.hold('all', async () => {
      context.signal.throwIfAborted();
      const { all } = this.#fleet;
      const dropped = await Promise.allSettled(
        all.map((shard) =>
          this.#fleet.ask(shard, context, (collection) => collection.dropNamespace(namespace, context)),
        ),
      );
      let total: number | undefined = 0;
      for (const end of dropped) {
        if (end.status === 'rejected') throw end.reason;
        total = end.value === undefined || total === undefined ? undefined : total + end.value;
      }
      return total;
    });
  }

  async stats(context: CallContext): Promise<CollectionStats> {
    const consistency = 'session';
    const [each, reserved, inDefault, names] = await Promise.all([
      this.#fleet.askEach(this.#fleet.all, context, (collection) => collection.stats(context)),
      this.#fleet.askEach(this.#fleet.all, context, (collection) =>
        collection.count(reservedNamespace, matchAll, { consistency }, context),
      ),
      this.count('', matchAll, { consistency }, context),
      this.listNamespaces(context),
    ]);
    return {
      count: add(each.map(({ count }) => count))! - add(reserved)!,
      namespaces: names.length + (inDefault > 0 ? 1 : 0),
      index: commonIndex(each.map(({ index }) => index)),
      ...sizes(each),
      ignoredHints: [...new Set(each.flatMap((stats) => [...stats.ignoredHints, ...differing(each, stats)]))],
      recovery: each.flatMap(({ recovery }, shard) => recovery.map((text) => `shard ${shard}: ${text}`)),
    };
  }

  async flush(context: CallContext): Promise<void> {
    await this.#fleet.askEach(this.#fleet.all, context, (collection) => collection.flush(context));
  }

  async close(): Promise<void> {
    const ends = await Promise.allSettled(this.#fleet.collections.map((collection) => collection.close()));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }
}

function refuseReserved(namespace: string): void {
  if (namespace === reservedNamespace)
    throw invalid('namespace', `${reservedNamespace} is where the shards keep their places; choose another name`);
}

/** What shards say of one collection; of its index what they agree on. */
export function commonInfo(infos: readonly CollectionInfo[]): CollectionInfo {
  return {
    ...infos[0]!,
    index: commonIndex(infos.map(({ index }) => index)),
    managed: infos.every(({ managed }) => managed),
  };
}

/** The type of the first, and the settings that all of them use. */
function commonIndex(specs: readonly IndexSpec[]): IndexSpec {
  const shared = Object.entries(specs[0]!).filter(
    ([key, value]) => key === 'type' || specs.every((spec) => spec[key as keyof IndexSpec] === value),
  );
  return Object.fromEntries(shared) as unknown as IndexSpec;
}

/** Settings that some shards use, and others do not. */
function differing(each: readonly CollectionStats[], { index }: CollectionStats): string[] {
  const shared = commonIndex(each.map((stats) => stats.index));
  return Object.keys(index)
    .filter((key) => key !== 'options' && !Object.hasOwn(shared, key))
    .map((key) => `index.${key}`);
}

function sizes(each: readonly CollectionStats[]): Partial<CollectionStats> {
  const names = ['indexBytes', 'vectorBytes', 'diskBytes'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const total = add(each.map((stats) => stats[name]));
      return total === undefined ? [] : [[name, total]];
    }),
  );
}

/** Undefined if one is. */
function add(values: readonly (number | undefined)[]): number | undefined {
  return values.reduce((sum, value) => (sum === undefined || value === undefined ? undefined : sum + value), 0);
}
