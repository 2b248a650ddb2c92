import { type Capabilities, isSupported } from '../../capabilities.ts';
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
import type { FilterNode } from '../../filter/normal-form.ts';
import { chunks } from '../../portable/chunks.ts';
import type { CollectionInfo, CollectionStats, Consistency, Id, IndexProgress, IndexSpec } from '../../types.ts';
import { type MirrorCore, mirrorCapabilities } from './core.ts';
import type { Mark } from './marks.ts';
import type { Side } from './side.ts';

const idsPerMark = 1_000;

/** A collection on the active side, with its writes noted for the other. */
export class MirrorCollection implements CollectionDriver {
  readonly #core: MirrorCore;
  /** The side that was active when it was opened, and the handle there. */
  readonly #side: Side;
  readonly #own: CollectionDriver;
  #known: { readonly of: CollectionDriver; readonly capabilities: Capabilities } | undefined;

  constructor(core: MirrorCore, side: Side, own: CollectionDriver) {
    this.#core = core;
    this.#side = side;
    this.#own = own;
  }

  get info(): CollectionInfo {
    return this.#now.info;
  }

  get capabilities(): Capabilities {
    const now = this.#now;
    if (this.#known?.of !== now) {
      const other = this.#core.sides.find((side) => side !== this.#side)!.capabilities;
      const capabilities = mirrorCapabilities([now.capabilities, other]);
      this.#known = { of: now, capabilities };
    }
    return this.#known.capabilities;
  }

  /** What is known of it without waiting. */
  get #now(): CollectionDriver {
    const { active } = this.#core.roles;
    return active === this.#side ? this.#own : (active.opened(this.#own.info.name) ?? this.#own);
  }

  async #on(side: Side, context: CallContext): Promise<CollectionDriver> {
    return side === this.#side ? this.#own : side.collection(this.#own.info.name, context);
  }

  checkRecord(record: DriverRecord): { place: 'vector' | 'payload'; problem: string } | undefined {
    const twin = this.#core.roles.passive.opened(this.#own.info.name);
    return this.#now.checkRecord?.(record) ?? twin?.checkRecord?.(record);
  }

  get wireBytes(): ((record: DriverRecord) => number) | undefined {
    const now = this.#now;
    return now.wireBytes && ((record) => now.wireBytes!(record));
  }

  upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    const marks = this.#marks(
      namespace,
      records.map(({ id }) => id),
    );
    return this.#core.write(marks, context, async (side) =>
      (await this.#on(side, context)).upsert(namespace, records, context),
    );
  }

  delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    return this.#writeTo(namespace, target, 'removed', context, (collection) =>
      collection.delete(namespace, target, context),
    );
  }

  setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    return this.#writeTo(namespace, target, 'namespace', context, (collection) =>
      collection.setPayload(namespace, target, patch, context),
    );
  }

  /** By filter, nobody knows the ids before: until the answer names them, the whole namespace is in doubt. */
  #writeTo(
    namespace: string,
    target: DriverTarget,
    inDoubt: 'removed' | 'namespace',
    context: CallContext,
    send: (collection: CollectionDriver) => Promise<DriverWriteResult>,
  ): Promise<DriverWriteResult> {
    const run = async (side: Side) => send(await this.#on(side, context));
    if ('ids' in target) return this.#core.write(this.#marks(namespace, target.ids), context, run);
    const marks: Mark[] = [{ kind: inDoubt, collection: this.#own.info.name, namespace }];
    return this.#core.write(marks, context, run, ({ ids, failed = [], unknown = [] }) =>
      ids === undefined
        ? undefined
        : this.#marks(namespace, [...new Set([...ids, ...failed.map(({ id }) => id), ...unknown])]),
    );
  }

  #marks(namespace: string, ids: readonly Id[]): Mark[] {
    const collection = this.#own.info.name;
    return chunks(ids, idsPerMark).map((some) => ({ kind: 'ids', collection, namespace, ids: some }));
  }

  async dropNamespace(namespace: string, context: CallContext): Promise<number | undefined> {
    const marks: Mark[] = [{ kind: 'removed', collection: this.#own.info.name, namespace }];
    return this.#core.write(marks, context, async (side) =>
      (await this.#on(side, context)).dropNamespace(namespace, context),
    );
  }

  async search(
    namespace: string,
    queries: readonly Float32Array[],
    options: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    const { active, passive } = this.#core.roles;
    const collection = await this.#on(active, context);
    const began = performance.now();
    const answers = await collection.search(namespace, queries, options, context);
    this.#core.shadow?.compare(this.#read('search', namespace), performance.now() - began, answers, () => {
      const asked = { ...options, include: { payload: false, vector: false } };
      return this.#core.worker.inTime(async (own) =>
        (await passive.collection(this.#own.info.name, own)).search(namespace, queries, asked, own),
      );
    });
    return answers;
  }

  get searchHybrid() {
    if (!isSupported(this.capabilities.operations.searchHybrid)) return undefined;
    return async (namespace: string, asked: DriverHybrid, context: CallContext): Promise<StoredHybridMatch[]> =>
      (await this.#on(this.#core.roles.active, context)).searchHybrid!(namespace, asked, context);
  }

  get explain() {
    if (!isSupported(this.capabilities.operations.explain)) return undefined;
    return async (namespace: string, query: Float32Array, options: DriverSearch, context: CallContext) =>
      (await this.#active(context)).explain!(namespace, query, options, context);
  }

  /** A listing goes on where it began, also after a change of sides: that side is kept equal. */
  async filter(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions & { readonly limit: number; readonly cursor?: string },
    context: CallContext,
  ): Promise<DriverPage> {
    const { cursor: given, ...rest } = options;
    const parts = given === undefined ? undefined : /^([01]):(.*)$/su.exec(given);
    if (parts === null)
      throw invalid('options.cursor', 'no cursor of this collection: pass on what the page before gave');
    const at = parts === undefined ? this.#core.state.active : parts[1] === '0' ? 0 : 1;
    const collection = await this.#on(this.#core.sides[at], context);
    const inner = parts?.[2];
    const page = await collection.filter(
      namespace,
      filter,
      { ...rest, ...(inner !== undefined && { cursor: inner }) },
      context,
    );
    return { records: page.records, ...(page.cursor !== undefined && { cursor: `${at}:${page.cursor}` }) };
  }

  async get(
    namespace: string,
    ids: readonly Id[],
    options: ReadOptions,
    context: CallContext,
  ): Promise<StoredRecord[]> {
    const { active, passive } = this.#core.roles;
    const collection = await this.#on(active, context);
    const began = performance.now();
    const records = await collection.get(namespace, ids, options, context);
    this.#core.shadow?.compare(this.#read('get', namespace), performance.now() - began, [records], () => {
      const asked = { ...options, include: { payload: false, vector: false } };
      return this.#core.worker.inTime(async (own) => [
        await (await passive.collection(this.#own.info.name, own)).get(namespace, ids, asked, own),
      ]);
    });
    return records;
  }

  #read<O extends 'search' | 'get'>(operation: O, namespace: string) {
    return { operation, collection: this.#own.info.name, namespace };
  }

  async count(
    namespace: string,
    filter: FilterNode,
    options: { readonly consistency: Consistency },
    context: CallContext,
  ): Promise<number> {
    return (await this.#active(context)).count(namespace, filter, options, context);
  }

  /** Of the active side; the other keeps its own index. */
  async recreateIndex(
    index: IndexSpec,
    options: { readonly strict: boolean; readonly onProgress?: (progress: IndexProgress) => void },
    context: CallContext,
  ): Promise<void> {
    await (await this.#active(context)).recreateIndex(index, options, context);
    this.#known = undefined;
  }

  async listNamespaces(context: CallContext): Promise<string[]> {
    return (await this.#active(context)).listNamespaces(context);
  }

  async stats(context: CallContext): Promise<CollectionStats> {
    return (await this.#active(context)).stats(context);
  }

  /** Of the active side, and of what waits for the other. */
  async flush(context: CallContext): Promise<void> {
    await (await this.#active(context)).flush(context);
    await this.#core.queue.sync();
  }

  close(): Promise<void> {
    return this.#own.close();
  }

  #active(context: CallContext): Promise<CollectionDriver> {
    return this.#on(this.#core.roles.active, context);
  }
}
