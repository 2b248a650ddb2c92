import type {
  CallContext,
  DriverPatch,
  DriverRecord,
  DriverTarget,
  DriverWriteResult,
  StoredRecord,
} from '../../driver.ts';
import { patched } from '../../engine/patch.ts';
import { invalid } from '../../errors.ts';
import type { FilterNode } from '../../filter/normal-form.ts';
import { formatPath, type Segments } from '../../filter/path.ts';
import { chunks } from '../../portable/chunks.ts';
import type { Id } from '../../types.ts';
import type { Gate, IdLocks } from '../locks.ts';
import type { Fleet, ShardWrite } from './fleet.ts';
import type { MoveLog } from './move-log.ts';
import { announceMove } from './moves.ts';
import { groupBy } from './reads.ts';
import type { Router } from './routing.ts';
import type { ShardWrites } from './writes.ts';

/** What the handles of one collection share, so that they do not get in each other's way. */
export interface SharedState {
  readonly locks: IdLocks;
  readonly gate: Gate;
  readonly moved: MoveLog;
  /** How often the index was made anew: what it can do may have changed. */
  indexVersion: number;
}

const noParts = { include: { payload: false, vector: false }, consistency: 'session' } as const;
const allParts = { include: { payload: true, vector: true }, consistency: 'session' } as const;
/** Records in memory at once while payloads are changed that decide their place. */
const movedAtOnce = 500;

/**
 * Where a field of the payload says which shard: a write asks first on which shards its ids are, and a record whose field has changed is written
 * to its new shard before it is removed from the old one.
 */
export class WritesByField implements ShardWrites {
  readonly #fleet: Fleet;
  readonly #router: Router;
  readonly #path: Segments;
  readonly #shared: SharedState;

  constructor(fleet: Fleet, router: Router, path: Segments, shared: SharedState) {
    this.#fleet = fleet;
    this.#router = router;
    this.#path = path;
    this.#shared = shared;
  }

  upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    return this.#holding(namespace, records.map(idOf), context, async () =>
      this.#place(namespace, records, await this.#locate(namespace, records.map(idOf), context), context),
    );
  }

  delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    if ('filter' in target)
      return this.#holding(namespace, undefined, context, () =>
        this.#fleet.writeWhere(this.#router.shardsOf(target.filter), context, (collection) =>
          collection.delete(namespace, target, context),
        ),
      );
    return this.#holding(namespace, target.ids, context, async () => {
      const where = await this.#locate(namespace, target.ids, context);
      return this.#toHolders(target.ids, where, context, (shard, ids) => ({
        ...{ shard, ids },
        send: (collection) => collection.delete(namespace, { ids }, context),
      }));
    });
  }

  setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    const mayMove = changes(patch, this.#path);
    if ('filter' in target)
      return this.#holding(namespace, undefined, context, () =>
        mayMove
          ? this.#patchWhere(namespace, target.filter, patch, context)
          : this.#fleet.writeWhere(this.#router.shardsOf(target.filter), context, (collection) =>
              collection.setPayload(namespace, target, patch, context),
            ),
      );
    return this.#holding(namespace, target.ids, context, async () => {
      if (mayMove) return this.#patchAndPlace(namespace, target.ids, patch, context);
      const where = await this.#locate(namespace, target.ids, context);
      return this.#toHolders(target.ids, where, context, (shard, ids) => ({
        ...{ shard, ids },
        send: (collection) => collection.setPayload(namespace, { ids }, patch, context),
      }));
    });
  }

  /** `ids` undefined: whatever matches. */
  #holding<T>(
    namespace: string,
    ids: readonly Id[] | undefined,
    context: CallContext,
    work: () => Promise<T>,
  ): Promise<T> {
    return this.#shared.locks.hold(ids === undefined ? 'all' : { namespace, ids: new Set(ids) }, async () => {
      context.signal.throwIfAborted();
      return work();
    });
  }

  /** On which shards ids are: on one, as a rule. */
  async #locate(namespace: string, ids: readonly Id[], context: CallContext): Promise<Map<Id, number[]>> {
    const where = new Map<Id, number[]>();
    await this.#fleet.askEach(this.#fleet.all, context, async (collection, shard) => {
      for (const some of chunks(ids, collection.capabilities.limits.batchIds)) {
        for (const { id } of await collection.get(namespace, some, noParts, context)) {
          const shards = where.get(id);
          if (shards === undefined) where.set(id, [shard]);
          else shards.push(shard);
        }
      }
    });
    return where;
  }

  async #toHolders(
    ids: readonly Id[],
    where: ReadonlyMap<Id, readonly number[]>,
    context: CallContext,
    write: (shard: number, ids: readonly Id[]) => ShardWrite,
  ): Promise<DriverWriteResult> {
    const present = ids.filter((id) => where.has(id));
    const pairs = present.flatMap((id) => where.get(id)!.map((shard) => ({ shard, id })));
    const groups = [...groupBy(pairs, ({ shard }) => shard)];
    const writes = groups.map(([shard, some]) => write(shard, some.map(idOf)));
    const result = await this.#fleet.write(writes, context);
    const missing = [...(result.missing ?? []), ...ids.filter((id) => !where.has(id))];
    // What a crash left on two shards counts once.
    return { ...result, missing, acknowledged: result.acknowledged - (pairs.length - present.length) };
  }

  /** Writes whole records where they belong, and removes them where they were. */
  async #place(
    namespace: string,
    records: readonly DriverRecord[],
    where: ReadonlyMap<Id, readonly number[]>,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    const homes = new Map(records.map((record) => [record.id, this.#homeOf(record)]));
    const leaving = new Map<Id, number[]>();
    for (const [id, home] of homes) {
      const others = (where.get(id) ?? []).filter((shard) => shard !== home);
      if (others.length > 0) leaving.set(id, others);
    }
    const groups = [...groupBy(records, ({ id }) => homes.get(id)!)];
    const writes = groups.map(([shard, some]) => ({
      ...{ shard, ids: some.map(idOf) },
      send: (collection: Fleet['collections'][number]) => collection.upsert(namespace, some, context),
    }));
    if (leaving.size === 0) return this.#fleet.write(writes, context);
    return this.#shared.gate.change(() => this.#move(namespace, writes, homes, leaving, context));
  }

  async #move(
    namespace: string,
    writes: readonly ShardWrite[],
    homes: ReadonlyMap<Id, number>,
    leaving: ReadonlyMap<Id, readonly number[]>,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    const targets = [...groupBy([...leaving.keys()], (id) => homes.get(id)!)];
    const strike = await Promise.all(
      targets.map(([target, ids]) => announceMove(this.#fleet, target, { namespace, ids }, context)),
    );
    this.#shared.moved.add(namespace, leaving.keys());
    const written = await this.#fleet.write(writes, context);
    const lost = new Set([...(written.failed ?? []).map(idOf), ...(written.unknown ?? [])]);
    const pairs = [...leaving].flatMap(([id, shards]) => (lost.has(id) ? [] : shards.map((shard) => ({ shard, id }))));
    const removals = [...groupBy(pairs, ({ shard }) => shard)].map(([shard, some]) => ({
      ...{ shard, ids: some.map(idOf) },
      send: (collection: Fleet['collections'][number]) =>
        collection.delete(namespace, { ids: some.map(idOf) }, context),
    }));
    // An error here leaves the note of the move, so that the next opening ends it.
    const removed = await this.#fleet.tryWrite(removals, context);
    const stuck = [...new Set([...(removed.failed ?? []).map(idOf), ...(removed.unknown ?? [])])];
    if (lost.size === 0 && stuck.length === 0) await Promise.all(strike.map((end) => end()));
    if (stuck.length === 0) return written;
    const cause = written.cause ?? removed.cause;
    return {
      ...written,
      acknowledged: written.acknowledged - stuck.length,
      unknown: [...(written.unknown ?? []), ...stuck],
      ...(cause && { cause }),
    };
  }

  #homeOf({ payload }: { readonly payload: DriverRecord['payload'] }): number {
    const home = this.#router.shardOfPayload(payload);
    if (home === undefined) throw arrayRefused('patch', this.#path);
    return home;
  }

  async #patchAndPlace(
    namespace: string,
    ids: readonly Id[],
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    const results: DriverWriteResult[] = [];
    for (const some of chunks(ids, Math.min(movedAtOnce, ...this.#limits('batchRecords'), ...this.#limits('batchIds'))))
      results.push(await this.#patchSome(namespace, some, patch, context));
    return results.reduce(sum, { acknowledged: 0 });
  }

  async #patchSome(
    namespace: string,
    ids: readonly Id[],
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    const where = new Map<Id, number[]>();
    const records = new Map<Id, StoredRecord>();
    const found = await this.#fleet.askEach(this.#fleet.all, context, (collection) =>
      collection.get(namespace, ids, allParts, context),
    );
    found.forEach((some, shard) => {
      for (const record of some) {
        where.set(record.id, [...(where.get(record.id) ?? []), shard]);
        records.set(record.id, record);
      }
    });
    const changed = [...records.values()].map(({ id, vector = null, payload = {} }) => {
      const after = patched(payload, patch);
      return { id, vector, payload: after, json: JSON.stringify(after) };
    });
    const result = await this.#place(namespace, changed, where, context);
    return { ...result, missing: [...(result.missing ?? []), ...ids.filter((id) => !records.has(id))] };
  }

  /** The ids first: a record that has moved must not be found again on its new shard. */
  async #patchWhere(
    namespace: string,
    filter: FilterNode,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    const found = await this.#fleet.askEach(this.#router.shardsOf(filter), context, async (collection) => {
      const ids: Id[] = [];
      for (let cursor: string | undefined; ; ) {
        const options = { ...noParts, limit: 1_000, ...(cursor && { cursor }) };
        const page = await collection.filter(namespace, filter, options, context);
        ids.push(...page.records.map(idOf));
        cursor = page.cursor;
        if (cursor === undefined) return ids;
      }
    });
    const ids = [...new Set(found.flat())];
    const result = await this.#patchAndPlace(namespace, ids, patch, context);
    const lost = new Set([...(result.failed ?? []).map(idOf), ...(result.unknown ?? []), ...(result.missing ?? [])]);
    return { ...result, missing: [], ids: ids.filter((id) => !lost.has(id)) };
  }

  #limits(name: 'batchRecords' | 'batchIds'): number[] {
    return this.#fleet.collections.map(({ capabilities }) => capabilities.limits[name]);
  }
}

/** A record whose routing field is an array would lie on several shards. */
export function arrayRefused(place: string, path: Segments) {
  return invalid(place, `${formatPath(path)} says on which shard the record lies, and must not be an array`);
}

/** Whether a patch may give the path another value. */
function changes({ mode, set, unset }: DriverPatch, path: Segments): boolean {
  if (mode === 'replace' || Object.hasOwn(set, path[0]!)) return true;
  return unset.some((removed) => removed.every((segment, i) => segment === path[i]));
}

function idOf({ id }: { readonly id: Id }): Id {
  return id;
}

function sum(a: DriverWriteResult, b: DriverWriteResult): DriverWriteResult {
  const cause = a.cause ?? b.cause;
  return {
    acknowledged: a.acknowledged + b.acknowledged,
    missing: [...(a.missing ?? []), ...(b.missing ?? [])],
    failed: [...(a.failed ?? []), ...(b.failed ?? [])],
    unknown: [...(a.unknown ?? []), ...(b.unknown ?? [])],
    ...(cause && { cause }),
  };
}
