import type {
  CallContext,
  CollectionDriver,
  DriverPage,
  DriverSearch,
  ReadOptions,
  StoredMatch,
  StoredRecord,
} from '../../driver.ts';
import type { ErrorCode } from '../../errors.ts';
import type { FilterNode } from '../../filter/normal-form.ts';
import { raceSignal } from '../../portable/call.ts';
import { markPartial } from '../../portable/partial.ts';
import { withTimedSignal } from '../../portable/timed-signal.ts';
import { compareMatches } from '../../score.ts';
import type { Consistency, Id } from '../../types.ts';
import { readCursor, type ShardCursor, writeCursor } from './cursor.ts';
import { type FailedShard, ShardError } from './failure.ts';
import type { Fleet } from './fleet.ts';
import type { MoveLog } from './move-log.ts';
import type { Router } from './routing.ts';

/** What to do where a shard does not answer a search. */
export interface SearchPolicy {
  readonly onFailure: 'all' | 'partial';
  /** Milliseconds; `partial` only. */
  readonly shardTimeoutMs: number | undefined;
  readonly onPartial: ((failed: readonly FailedShard[]) => void) | undefined;
}

/** Failures of a shard that is away, as against those of a question that it does not like. */
const away: ReadonlySet<ErrorCode> = new Set(['Unavailable', 'Timeout', 'RateLimited']);

/** Reads of a collection on several shards. */
export class ShardReads {
  readonly #fleet: Fleet;
  readonly #router: Router;
  readonly #policy: SearchPolicy;
  readonly #moved: MoveLog;

  constructor(fleet: Fleet, router: Router, policy: SearchPolicy, moved: MoveLog) {
    this.#fleet = fleet;
    this.#router = router;
    this.#policy = policy;
    this.#moved = moved;
  }

  async search(
    namespace: string,
    queries: readonly Float32Array[],
    asked: DriverSearch,
    context: CallContext,
  ): Promise<StoredMatch[][]> {
    const shards = this.#router.shardsOf(asked.filter);
    const ask = (collection: CollectionDriver, own: CallContext) => collection.search(namespace, queries, asked, own);
    if (this.#policy.onFailure === 'all')
      return merged(
        await this.#fleet.askEach(shards, context, (shard) => ask(shard, context)),
        queries.length,
        asked.k,
      );
    const ends = await Promise.allSettled(shards.map((shard) => this.#askInTime(shard, context, ask)));
    const answers = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    const serious = errors.find((error) => !(error instanceof ShardError && away.has(error.meaning.code)));
    if (serious !== undefined) throw serious;
    if (answers.length === 0) throw errors[0];
    const found = merged(answers, queries.length, asked.k);
    if (errors.length > 0) this.#tell(found, errors as ShardError[]);
    return found;
  }

  /** One that hangs is one that is away. */
  #askInTime<T>(
    shard: number,
    context: CallContext,
    ask: (collection: CollectionDriver, own: CallContext) => Promise<T>,
  ): Promise<T> {
    const { shardTimeoutMs } = this.#policy;
    if (shardTimeoutMs === undefined) return this.#fleet.ask(shard, context, (collection) => ask(collection, context));
    const message = `no answer within ${shardTimeoutMs} ms`;
    let isLate = false;
    const late = () => {
      isLate = true;
      return new Error(message);
    };
    const deadline = Math.min(context.deadline ?? Number.POSITIVE_INFINITY, performance.now() + shardTimeoutMs);
    return withTimedSignal([context.signal], shardTimeoutMs, late, (signal) =>
      this.#fleet.ask(shard, context, (collection) => raceSignal(signal, () => ask(collection, { signal, deadline }))),
    ).catch((error: unknown) => {
      if (!isLate || !(error instanceof ShardError)) throw error;
      throw new ShardError(shard, this.#fleet.drivers[shard]!, error.cause, {
        code: 'Timeout',
        message,
        applied: 'no',
      });
    });
  }

  #tell(found: readonly StoredMatch[][], errors: readonly ShardError[]): void {
    const failed = Object.freeze(errors.map((error) => Object.freeze(error.summary)));
    for (const matches of found) markPartial(matches, failed);
    this.#policy.onPartial?.(failed);
  }

  async get(
    namespace: string,
    ids: readonly Id[],
    options: ReadOptions,
    context: CallContext,
  ): Promise<StoredRecord[]> {
    if (this.#router.path === undefined) {
      const groups = [...groupBy(ids, (id) => this.#router.shardOfId(id))];
      const found = await Promise.all(
        groups.map(([shard, some]) =>
          this.#fleet.ask(shard, context, (collection) => collection.get(namespace, some, options, context)),
        ),
      );
      return found.flat();
    }
    const found = await this.#fleet.askEach(this.#fleet.all, context, (collection) =>
      collection.get(namespace, ids, options, context),
    );
    return distinct(found.flat());
  }

  async count(
    namespace: string,
    filter: FilterNode,
    options: { readonly consistency: Consistency },
    context: CallContext,
  ): Promise<number> {
    const shards = this.#router.shardsOf(filter);
    const counts = await this.#fleet.askEach(shards, context, (collection) =>
      collection.count(namespace, filter, options, context),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** One shard after another; full pages, and no cursor behind the last record. */
  async page(
    namespace: string,
    filter: FilterNode,
    options: ReadOptions & { readonly limit: number; readonly cursor?: string },
    context: CallContext,
  ): Promise<DriverPage> {
    const { limit, cursor: given, ...read } = options;
    const shards = this.#router.shardsOf(filter);
    const first: ShardCursor = { shard: shards[0]!, inner: undefined, moves: this.#moved.count };
    let at = given === undefined ? first : readCursor(given, this.#fleet.collections.length);
    const records: StoredRecord[] = [];
    for (;;) {
      const { shard, inner, moves } = at;
      // A full page asks on for one more, to know whether it was the last.
      const wanted = Math.max(1, limit - records.length);
      const isFull = records.length === limit;
      const asked = {
        ...(isFull ? nothing(read) : read),
        limit: wanted,
        ...(inner !== undefined && { cursor: inner }),
      };
      const page = await this.#fleet.ask(shard, context, (collection) =>
        collection.filter(namespace, filter, asked, context),
      );
      const fresh = page.records.filter(({ id }) => !this.#moved.hasMovedSince(moves, namespace, id));
      if (isFull && fresh.length > 0) return { records, cursor: writeCursor(at) };
      records.push(...fresh);
      const next = shards.find((other) => other > shard);
      if (page.cursor !== undefined) at = { shard, inner: page.cursor, moves };
      else if (next !== undefined) at = { shard: next, inner: undefined, moves };
      else return { records };
      if (records.length === limit && page.cursor !== undefined) return { records, cursor: writeCursor(at) };
    }
  }
}

function nothing(read: ReadOptions): ReadOptions {
  return { ...read, include: { payload: false, vector: false } };
}

/** Of each query the `k` nearest of all shards. Each shard gives its own `k` nearest, ties by id: theirs hold the nearest of all. */
function merged(answers: readonly StoredMatch[][][], queries: number, k: number): StoredMatch[][] {
  if (answers.length === 1) return answers[0]!;
  return Array.from({ length: queries }, (_, i) =>
    distinct(answers.flatMap((answer) => answer[i]!).sort(compareMatches)).slice(0, k),
  );
}

/** The first of each id. */
function distinct<R extends StoredRecord>(records: R[]): R[] {
  const seen = new Set<Id>();
  return records.filter(({ id }) => {
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

/** In groups, each in the order given. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
