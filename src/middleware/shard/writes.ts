import type { CallContext, DriverPatch, DriverRecord, DriverTarget, DriverWriteResult } from '../../driver.ts';
import type { Fleet } from './fleet.ts';
import { groupBy } from './reads.ts';
import type { Router } from './routing.ts';

/** Writes of a collection on several shards, however records are placed. */
export interface ShardWrites {
  upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult>;
  delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult>;
  setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult>;
}

/** Where the id says which shard: a record never moves, and each write goes to its shard alone. */
export class WritesById implements ShardWrites {
  readonly #fleet: Fleet;
  readonly #router: Router;

  constructor(fleet: Fleet, router: Router) {
    this.#fleet = fleet;
    this.#router = router;
  }

  upsert(namespace: string, records: readonly DriverRecord[], context: CallContext): Promise<DriverWriteResult> {
    const groups = [...groupBy(records, ({ id }) => this.#router.shardOfId(id))];
    return this.#fleet.write(
      groups.map(([shard, some]) => ({
        shard,
        ids: some.map(({ id }) => id),
        send: (collection) => collection.upsert(namespace, some, context),
      })),
      context,
    );
  }

  delete(namespace: string, target: DriverTarget, context: CallContext): Promise<DriverWriteResult> {
    return this.#writeTo(target, context, (collection, piece) => collection.delete(namespace, piece, context));
  }

  setPayload(
    namespace: string,
    target: DriverTarget,
    patch: DriverPatch,
    context: CallContext,
  ): Promise<DriverWriteResult> {
    return this.#writeTo(target, context, (collection, piece) =>
      collection.setPayload(namespace, piece, patch, context),
    );
  }

  #writeTo(
    target: DriverTarget,
    context: CallContext,
    send: (collection: Fleet['collections'][number], piece: DriverTarget) => Promise<DriverWriteResult>,
  ): Promise<DriverWriteResult> {
    if ('filter' in target)
      return this.#fleet.writeWhere(this.#router.shardsOf(target.filter), context, (collection) =>
        send(collection, target),
      );
    const groups = [...groupBy(target.ids, (id) => this.#router.shardOfId(id))];
    return this.#fleet.write(
      groups.map(([shard, ids]) => ({ shard, ids, send: (collection) => send(collection, { ids }) })),
      context,
    );
  }
}
