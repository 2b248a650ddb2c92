import { isSupported } from '../../capabilities.ts';
import type { CallContext, CollectionDriver, Driver, DriverRecord, StoredRecord } from '../../driver.ts';
import { type ErrorCode, VectorStoreError } from '../../errors.ts';
import { matchAll } from '../../filter/normal-form.ts';
import { raceSignal } from '../../portable/call.ts';
import { chunks } from '../../portable/chunks.ts';
import { bytesOf } from '../../portable/records.ts';
import { withTimedSignal } from '../../portable/timed-signal.ts';
import { sleep } from '../../remote/sleep.ts';
import type { CollectionInfo, Consistency, Id, IndexSpec } from '../../types.ts';
import type { Side } from './side.ts';

/** The two sides, by the part they play at the moment. */
export interface Roles {
  /** The one that is asked, and whose records count. */
  readonly active: Side;
  /** The one that is made equal to it. */
  readonly passive: Side;
}

/** How a copy waits for a side that does not answer. */
export interface CopyTimes {
  /** Milliseconds: the longest pause after a failure. */
  readonly maxPauseMs: number;
  /** Milliseconds for one request to either side, and for a piece of work of at most a thousand records. */
  readonly requestTimeoutMs: number;
}

/** A record that the passive side refuses for good. */
export interface RefusedRecord {
  readonly collection: string;
  readonly namespace: string;
  readonly id: Id;
  readonly problem: string;
}

const hopeful: ReadonlySet<ErrorCode> = new Set([
  ...(['Unavailable', 'Timeout', 'RateLimited', 'Aborted', 'StoreClosed', 'Durability'] as const),
  ...(['Unauthenticated', 'PermissionDenied', 'NotFound', 'Internal', 'Corruption', 'Conflict'] as const),
]);
const pageRecords = 1_000;
/** Milliseconds. */
export const firstPauseMs = 50;

/** Makes the passive side equal to the active one: records by id, namespaces, collections. One piece of work at a time. */
export class Copier {
  readonly #roles: () => Roles;
  readonly #times: CopyTimes;
  readonly #refused = new Map<string, RefusedRecord>();
  #last: Promise<unknown> = Promise.resolve();
  #waitingFor: VectorStoreError | undefined;

  constructor(roles: () => Roles, times: CopyTimes) {
    this.#roles = roles;
    this.#times = times;
  }

  /** Why a copy of a whole namespace or collection waits for the passive side at the moment. */
  get waitingFor(): VectorStoreError | undefined {
    return this.#waitingFor;
  }

  /** What the passive side would not take, as of the last attempt with each. */
  get refused(): readonly RefusedRecord[] {
    return [...this.#refused.values()];
  }

  /** After a change of sides nothing is known of what the other one refuses. */
  forget(): void {
    this.#refused.clear();
  }

  /** Copies records as they are now; those that are gone are removed. Returns how many there are. */
  copyIds(collection: string, namespace: string, ids: readonly Id[], context: CallContext): Promise<number> {
    return this.#timed(context, (own) => this.#copyIds(collection, namespace, ids, own));
  }

  /** Removes what the active side does not have. */
  removeGone(collection: string, namespace: string, context: CallContext): Promise<void> {
    return this.#patiently(() => this.#removeGone(collection, namespace, context), context);
  }

  async #removeGone(collection: string, namespace: string, context: CallContext): Promise<void> {
    const into = await this.#existingPassive(collection, context);
    if (into === undefined) return;
    for await (const ids of idPages(into, namespace, context)) await this.copyGone(collection, namespace, ids, context);
  }

  /** Of some ids, removes those that the active side does not have. */
  copyGone(collection: string, namespace: string, ids: readonly Id[], context: CallContext): Promise<void> {
    return this.#timed(context, async (own) => {
      const from = await this.#activeOrNone(collection, own);
      const there = from === undefined ? new Set() : await present(from, namespace, ids, own);
      const gone = ids.filter((id) => !there.has(id));
      if (gone.length > 0) await this.#copyIds(collection, namespace, gone, own);
    });
  }

  /** Everything in a namespace, then removes what is there too much. Tells how many records each step was about. */
  async copyNamespace(
    collection: string,
    namespace: string,
    context: CallContext,
    tell: (records: number) => void = () => undefined,
  ): Promise<void> {
    const from = await this.#activeOrNone(collection, context);
    if (from !== undefined) {
      await this.#patiently(() => this.#inTurn(() => this.#passive(collection, from, context)), context);
      for await (const ids of idPages(from, namespace, context))
        tell(await this.#patiently(() => this.copyIds(collection, namespace, ids, context), context));
    }
    await this.removeGone(collection, namespace, context);
  }

  /** All namespaces of a collection, those that only the passive side has, too. */
  async copyCollection(
    collection: string,
    context: CallContext,
    tell: (records: number) => void = () => undefined,
  ): Promise<void> {
    const from = await this.#activeOrNone(collection, context);
    if (from === undefined)
      return this.#patiently(() => this.#inTurn(() => this.#dropPassive(collection, context)), context);
    const theirs = await this.#patiently(async () => {
      const into = await this.#inTurn(() => this.#passive(collection, from, context));
      return namespacesOf(into, context);
    }, context);
    const names = new Set(['', ...(await namespacesOf(from, context)), ...theirs]);
    for (const name of names) await this.copyNamespace(collection, name, context, tell);
  }

  /** After a collection was created or dropped: begins it anew if it is another one. Returns whether its records have to be copied. */
  renewCollection(collection: string, context: CallContext): Promise<boolean> {
    return this.#inTurn(async () => {
      const { active, passive } = this.#roles();
      active.forget(collection);
      const from = await this.#activeOrNone(collection, context);
      passive.forget(collection);
      const twin = await this.#existingPassive(collection, context);
      // One that is set up alike is made equal record by record: it may hold all of them already.
      if (twin !== undefined && (from === undefined || !isAlike(from.info, twin.info)))
        await this.#dropPassive(collection, context);
      if (from === undefined) return false;
      await this.#passive(collection, from, context);
      return true;
    });
  }

  /** A copy of a whole collection does not begin again because a side was away for a while. */
  async #patiently<T>(work: () => Promise<T>, { signal }: CallContext): Promise<T> {
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(this.#times.maxPauseMs, 2 * pauseMs)) {
        try {
          return await work();
        } catch (error) {
          const typed = this.#roles().passive.typed(error);
          if (signal.aborted || !typed.retryable) throw error;
          this.#waitingFor = typed;
          await sleep(pauseMs, signal);
        }
      }
    } finally {
      this.#waitingFor = undefined;
    }
  }

  async #copyIds(collection: string, namespace: string, ids: readonly Id[], context: CallContext): Promise<number> {
    const from = await this.#activeOrNone(collection, context);
    if (from === undefined) return 0;
    const into = await this.#passive(collection, from, context);
    let copied = 0;
    const most = Math.min(pageRecords, from.capabilities.limits.batchIds, into.capabilities.limits.batchIds);
    for (const some of chunks(ids, most)) {
      const read = { include: { payload: true, vector: true }, consistency: strongest(from) };
      const found = new Map((await from.get(namespace, some, read, context)).map((record) => [record.id, record]));
      // What was read before a time-out must not be written after it.
      context.signal.throwIfAborted();
      const gone = some.filter((id) => !found.has(id));
      const records = [...found.values()].map(asRecord);
      const fit = records.filter((record) => !this.#refusedBeforehand(into, collection, namespace, record));
      for (const batch of batches(fit, into)) await this.#write(into, collection, namespace, batch, context);
      // What was refused would otherwise stay there as it was before.
      const old = records.length === fit.length ? [] : records.filter((record) => !fit.includes(record));
      await this.#remove(into, namespace, [...gone, ...old.map(({ id }) => id)], context);
      for (const id of gone) this.#refused.delete(keyOf(collection, namespace, id));
      copied += records.length;
    }
    return copied;
  }

  async #write(
    into: CollectionDriver,
    collection: string,
    namespace: string,
    records: readonly DriverRecord[],
    context: CallContext,
  ): Promise<void> {
    try {
      const { failed = [], unknown = [], cause } = await into.upsert(namespace, records, context);
      if (failed.length + unknown.length > 0)
        throw cause ?? new VectorStoreError(failed[0]?.code ?? 'Unavailable', 'not all records were taken');
      for (const { id } of records) this.#refused.delete(keyOf(collection, namespace, id));
    } catch (error) {
      const typed = this.#roles().passive.typed(error);
      if (hopeful.has(typed.code) || context.signal.aborted) throw error;
      // One that it will never take must not hold up the others: it is found by halves.
      if (records.length === 1) return this.#refuse(collection, namespace, records[0]!.id, typed.message);
      const half = Math.ceil(records.length / 2);
      for (const part of [records.slice(0, half), records.slice(half)])
        await this.#write(into, collection, namespace, part, context);
    }
  }

  async #remove(into: CollectionDriver, namespace: string, ids: readonly Id[], context: CallContext): Promise<void> {
    for (const some of chunks(ids, into.capabilities.limits.batchIds)) {
      const { failed = [], unknown = [], cause } = await into.delete(namespace, { ids: some }, context);
      if (failed.length + unknown.length > 0)
        throw cause ?? new VectorStoreError(failed[0]?.code ?? 'Unavailable', 'not all records were removed');
    }
  }

  #refusedBeforehand(into: CollectionDriver, collection: string, namespace: string, record: DriverRecord): boolean {
    const withoutVector = record.vector === null && !isSupported(into.capabilities.options.nullVector);
    const problem = withoutVector ? 'it has no vector' : into.checkRecord?.(record)?.problem;
    if (problem !== undefined) this.#refuse(collection, namespace, record.id, problem);
    return problem !== undefined;
  }

  #refuse(collection: string, namespace: string, id: Id, problem: string): void {
    this.#refused.set(keyOf(collection, namespace, id), { collection, namespace, id, problem });
  }

  async #activeOrNone(name: string, context: CallContext): Promise<CollectionDriver | undefined> {
    const { active } = this.#roles();
    try {
      return await active.collection(name, context);
    } catch (error) {
      if (active.typed(error).code === 'NotFound') return undefined;
      throw error;
    }
  }

  /** The passive side's twin of a collection, created if need be. */
  async #passive(name: string, from: CollectionDriver, context: CallContext): Promise<CollectionDriver> {
    const existing = await this.#existingPassive(name, context);
    const { active, passive } = this.#roles();
    const { dimension, metric, fields, index } = from.info;
    if (existing !== undefined) {
      const { info } = existing;
      if (info.dimension === dimension && info.metric === metric) return existing;
      throw new VectorStoreError(
        'Conflict',
        `collection ${name} is there already with dimension ${info.dimension} and metric ${info.metric}, not ${dimension} and ${metric}`,
      );
    }
    const driver = await passive.driver();
    const isSame = active.connected?.provider === driver.provider;
    const spec = { dimension, metric, fields, index: isSame ? index : portable(index, driver), strict: false };
    const made = await driver.createCollection(name, spec, context);
    passive.adopt(name, made);
    return made;
  }

  async #existingPassive(name: string, context: CallContext): Promise<CollectionDriver | undefined> {
    const { passive } = this.#roles();
    try {
      return await passive.collection(name, context);
    } catch (error) {
      if (passive.typed(error).code === 'NotFound') return undefined;
      throw error;
    }
  }

  async #dropPassive(name: string, context: CallContext): Promise<void> {
    const { passive } = this.#roles();
    passive.forget(name);
    await (await passive.driver()).dropCollection(name, context);
  }

  /** In turn, and not for ever: a side that hangs is one that is away. */
  #timed<T>(context: CallContext, work: (own: CallContext) => Promise<T>): Promise<T> {
    const { requestTimeoutMs } = this.#times;
    const late = () => new VectorStoreError('Timeout', `copying took more than ${requestTimeoutMs} ms`);
    return this.#inTurn(() =>
      withTimedSignal([context.signal], requestTimeoutMs, late, (signal) =>
        raceSignal(signal, () => work({ signal, deadline: performance.now() + requestTimeoutMs })),
      ),
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}

function isAlike(a: CollectionInfo, b: CollectionInfo): boolean {
  const fields = (info: CollectionInfo) => JSON.stringify(Object.entries(info.fields).sort());
  return a.dimension === b.dimension && a.metric === b.metric && fields(a) === fields(b);
}

/** What another provider may understand of an index. */
function portable({ options: _, ...index }: IndexSpec, { capabilities }: Driver): IndexSpec {
  return capabilities.indexTypes.includes(index.type) ? index : { type: 'auto' };
}

/** Pages of the ids of a namespace. */
export async function* idPages(
  collection: CollectionDriver,
  namespace: string,
  context: CallContext,
): AsyncGenerator<Id[], void, undefined> {
  const read = { include: { payload: false, vector: false }, consistency: strongest(collection), limit: pageRecords };
  let cursor: string | undefined;
  do {
    const options = { ...read, ...(cursor !== undefined && { cursor }) };
    const page = await collection.filter(namespace, matchAll, options, context);
    if (page.records.length > 0) yield page.records.map(({ id }) => id);
    cursor = page.cursor;
  } while (cursor !== undefined);
}

/** Names of a collection's namespaces but the default one; none where there are no namespaces. */
export async function namespacesOf(collection: CollectionDriver, context: CallContext): Promise<string[]> {
  return isSupported(collection.capabilities.operations.listNamespaces) ? collection.listNamespaces(context) : [];
}

async function present(
  collection: CollectionDriver,
  namespace: string,
  ids: readonly Id[],
  context: CallContext,
): Promise<Set<Id>> {
  const there = new Set<Id>();
  const read = { include: { payload: false, vector: false }, consistency: strongest(collection) };
  for (const some of chunks(ids, collection.capabilities.limits.batchIds))
    for (const { id } of await collection.get(namespace, some, read, context)) there.add(id);
  return there;
}

/** The consistency by which copies are read: they must not miss a write that is over. */
export function strongest({ capabilities }: CollectionDriver): Consistency {
  return isSupported(capabilities.options.strongConsistency) ? 'strong' : 'session';
}

function asRecord({ id, payload = {}, vector = null }: StoredRecord): DriverRecord {
  return { id, payload, vector, json: JSON.stringify(payload) };
}

function* batches(records: readonly DriverRecord[], into: CollectionDriver): Generator<DriverRecord[]> {
  const { batchRecords, batchBytes } = into.capabilities.limits;
  let batch: DriverRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const own = bytesOf(record, into);
    if (batch.length > 0 && (batch.length >= batchRecords || bytes + own > batchBytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(record);
    bytes += own;
  }
  if (batch.length > 0) yield batch;
}

function keyOf(collection: string, namespace: string, id: Id): string {
  return JSON.stringify([collection, namespace, id]);
}
