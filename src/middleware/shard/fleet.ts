import type { CallContext, CollectionDriver, Driver, DriverWriteResult } from '../../driver.ts';
import type { ErrorCode } from '../../errors.ts';
import type { Id } from '../../types.ts';
import { askShard, ShardError } from './failure.ts';

/** One write to one shard: the ids that it is about, and how it is made. */
export interface ShardWrite {
  readonly shard: number;
  readonly ids: readonly Id[];
  readonly send: (collection: CollectionDriver) => Promise<DriverWriteResult>;
}

/** The shards of one collection, in order. */
export class Fleet {
  readonly collections: readonly CollectionDriver[];
  readonly drivers: readonly Driver[];

  constructor(collections: readonly CollectionDriver[], drivers: readonly Driver[]) {
    this.collections = collections;
    this.drivers = drivers;
  }

  /** All shards, by number. */
  get all(): readonly number[] {
    return this.collections.map((_, i) => i);
  }

  /** Asks one shard. */
  ask<T>(shard: number, context: CallContext, ask: (collection: CollectionDriver) => Promise<T>): Promise<T> {
    return askShard(shard, this.drivers[shard]!, context, () => ask(this.collections[shard]!));
  }

  /** Asks several at once; the first failure is the call's. */
  askEach<T>(
    shards: readonly number[],
    context: CallContext,
    ask: (collection: CollectionDriver, shard: number) => Promise<T>,
  ): Promise<T[]> {
    return Promise.all(shards.map((shard) => this.ask(shard, context, (collection) => ask(collection, shard))));
  }

  /** Writes by id to several shards at once: how each id ended, whatever became of the other shards. */
  async write(writes: readonly ShardWrite[], context: CallContext): Promise<DriverWriteResult> {
    const ends = await Promise.allSettled(writes.map(({ shard, send }) => this.ask(shard, context, send)));
    const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    const strange = errors.find((error) => !(error instanceof ShardError));
    if (strange !== undefined) throw strange;
    const failures = errors as ShardError[];
    if (failures.length > 0 && failures.length === ends.length) throw worst(failures);
    return this.#add(writes, ends);
  }

  /** The same, but where all shards fail that is told of the ids, too. */
  async tryWrite(writes: readonly ShardWrite[], context: CallContext): Promise<DriverWriteResult> {
    return this.#add(writes, await Promise.allSettled(writes.map(({ shard, send }) => this.ask(shard, context, send))));
  }

  #add(writes: readonly ShardWrite[], ends: readonly PromiseSettledResult<DriverWriteResult>[]): DriverWriteResult {
    const total = new Total();
    ends.forEach((end, i) => {
      const { ids } = writes[i]!;
      if (end.status === 'fulfilled') total.add(ids, end.value);
      else if (end.reason instanceof ShardError) total.fail(ids, end.reason);
      else throw end.reason;
    });
    return total.result;
  }

  /** Writes by filter, or to everything, on several shards at once. Nobody knows the ids: any failure is the call's. */
  async writeWhere(
    shards: readonly number[],
    context: CallContext,
    send: (collection: CollectionDriver) => Promise<DriverWriteResult>,
  ): Promise<DriverWriteResult> {
    const ends = await Promise.allSettled(shards.map((shard) => this.ask(shard, context, send)));
    const total = new Total();
    for (const end of ends) {
      if (end.status === 'rejected') throw end.reason;
      total.add(end.value.ids, end.value);
    }
    return total.result;
  }
}

/** One error for all: of those of which something may have been written, if there are any. */
function worst(failures: readonly ShardError[]): ShardError {
  return failures.find((failure) => failure.meaning.applied === 'unknown') ?? failures[0]!;
}

/** Adds up what several shards say. */
class Total {
  #acknowledged = 0;
  readonly #missing: Id[] = [];
  readonly #failed: { id: Id; code: ErrorCode }[] = [];
  readonly #unknown: Id[] = [];
  /** Undefined as soon as one shard does not know. */
  #ids: Id[] | undefined = [];
  #cause: DriverWriteResult['cause'];

  add(asked: readonly Id[] | undefined, answer: DriverWriteResult): void {
    const { missing = [], failed = [], unknown = [] } = answer;
    this.#acknowledged += answer.acknowledged;
    this.#missing.push(...missing);
    this.#failed.push(...failed);
    this.#unknown.push(...unknown);
    this.#cause ??= answer.cause;
    const others = new Set([...missing, ...unknown, ...failed.map((entry) => entry.id)]);
    const written = (answer.ids ?? asked)?.filter((id) => !others.has(id));
    if (written === undefined) this.#ids = undefined;
    else this.#ids?.push(...written);
  }

  fail(ids: readonly Id[], failure: ShardError): void {
    const { applied, code } = failure.meaning;
    this.#cause ??= failure.typed;
    if (applied === 'unknown') this.#unknown.push(...ids);
    else for (const id of ids) this.#failed.push({ id, code });
  }

  get result(): DriverWriteResult {
    return {
      acknowledged: this.#acknowledged,
      missing: this.#missing,
      failed: this.#failed,
      unknown: this.#unknown,
      ...(this.#ids && { ids: this.#ids }),
      ...(this.#cause && { cause: this.#cause }),
    };
  }
}
