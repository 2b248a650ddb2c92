import { type Capabilities, requireSupport } from '../../capabilities.ts';
import type {
  CallContext,
  Classification,
  CollectionDriver,
  Driver,
  DriverOpenOptions,
  DriverSpec,
} from '../../driver.ts';
import { unsupported, VectorStoreError } from '../../errors.ts';
import type { CollectionInfo, Health } from '../../types.ts';
import { Gate, IdLocks } from '../locks.ts';
import { shardCapabilities } from './capabilities.ts';
import { commonInfo, ShardCollection } from './collection.ts';
import { askShard, ShardError } from './failure.ts';
import { Fleet } from './fleet.ts';
import { checkPlaces, readPlace, reservedNamespace, writePlace } from './layout.ts';
import { MoveLog } from './move-log.ts';
import { finishMoves } from './moves.ts';
import type { SearchPolicy } from './reads.ts';
import type { Router } from './routing.ts';
import type { SharedState } from './writes-by-field.ts';

/** Several backends as one. */
export class ShardDriver implements Driver {
  readonly provider = 'shard';
  readonly capabilities: Capabilities;
  readonly defaultTimeoutMs: number;
  readonly #drivers: readonly Driver[];
  readonly #router: Router;
  readonly #policy: SearchPolicy;
  /** By collection. */
  readonly #shared = new Map<string, SharedState>();

  constructor(drivers: readonly Driver[], router: Router, policy: SearchPolicy) {
    this.#drivers = drivers;
    this.#router = router;
    this.#policy = policy;
    const common = shardCapabilities(drivers.map((driver) => driver.capabilities));
    requireSupport(common.operations.namespaces, 'A shard without namespaces');
    if (router.path !== undefined && common.consistency === 'eventual')
      throw unsupported('Routing by a field', 'a shard that may not see its latest writes could keep a record twice');
    this.capabilities = common;
    this.defaultTimeoutMs = Math.max(...drivers.map((driver) => driver.defaultTimeoutMs));
  }

  async createCollection(name: string, spec: DriverSpec, context: CallContext): Promise<CollectionDriver> {
    await this.#removeLeftovers(name, context);
    const set = crypto.randomUUID();
    const made: CollectionDriver[] = [];
    try {
      for (const [shard, driver] of this.#drivers.entries()) {
        await askShard(shard, driver, context, async () => {
          const collection = await driver.createCollection(name, spec, context);
          made.push(collection);
          const { routing } = this.#router;
          await writePlace(collection, { set, shard, of: this.#drivers.length, routing }, context);
          await collection.flush(context);
        });
      }
    } catch (error) {
      for (const [shard] of made.entries())
        await this.#drivers[shard]!.dropCollection(name, context).catch(() => false);
      throw error;
    }
    this.#shared.delete(name);
    return this.#handle(made);
  }

  /** What an interrupted creation left behind, if there is no record in it. */
  async #removeLeftovers(name: string, context: CallContext): Promise<void> {
    const holders = await this.#holders(name, context);
    if (holders.length === this.#drivers.length)
      throw new VectorStoreError('AlreadyExists', `collection ${name} exists on all shards`);
    for (const shard of holders) {
      const driver = this.#drivers[shard]!;
      await askShard(shard, driver, context, async () => {
        const collection = await driver.openCollection(name, {}, context);
        const { count } = await collection.stats(context);
        const own = await collection.count(reservedNamespace, { kind: 'all' }, { consistency: 'session' }, context);
        await collection.close();
        if (count > own)
          throw new VectorStoreError(
            'Conflict',
            `it holds ${count - own} records of a collection ${name} that other shards have not: other shards than before, or an interrupted drop; dropCollection removes them`,
          );
        await driver.dropCollection(name, context);
      });
    }
  }

  async openCollection(name: string, options: DriverOpenOptions, context: CallContext): Promise<CollectionDriver> {
    const holders = await this.#holders(name, context);
    if (holders.length < this.#drivers.length) {
      const missing = this.#drivers.findIndex((_, shard) => !holders.includes(shard));
      throw holders.length === 0
        ? new VectorStoreError('NotFound', `there is no collection ${JSON.stringify(name)}; create it first`)
        : new VectorStoreError(
            'Conflict',
            `collection ${name} is on shard ${holders.join(', ')}, not on shard ${missing}: other shards than before, or an interrupted create or drop`,
          );
    }
    const opened = await this.#each(context, (driver) => driver.openCollection(name, options, context));
    const fleet = new Fleet(opened, this.#drivers);
    const places = await fleet.askEach(fleet.all, context, (collection) => readPlace(collection, context));
    checkPlaces(name, places, this.#router.routing);
    const shared = this.#shared.get(name);
    if (this.#router.path !== undefined && shared === undefined) await finishMoves(fleet, context);
    return this.#handle(opened);
  }

  #handle(collections: readonly CollectionDriver[]): ShardCollection {
    const { name } = collections[0]!.info;
    const shared = this.#shared.get(name) ?? newSharedState();
    this.#shared.set(name, shared);
    return new ShardCollection(new Fleet(collections, this.#drivers), this.#router, this.#policy, shared);
  }

  /** Those that all shards have. */
  async listCollections(context: CallContext): Promise<CollectionInfo[]> {
    const lists = await this.#each(context, (driver) => driver.listCollections(context));
    const maps = lists.map((list) => new Map(list.map((info) => [info.name, info])));
    return [...maps[0]!.keys()].flatMap((name) => {
      const infos = maps.map((map) => map.get(name)).filter((info) => info !== undefined);
      return infos.length === maps.length ? [commonInfo(infos)] : [];
    });
  }

  async hasCollection(name: string, context: CallContext): Promise<boolean> {
    return (await this.#holders(name, context)).length === this.#drivers.length;
  }

  async #holders(name: string, context: CallContext): Promise<number[]> {
    const has = await this.#each(context, (driver) => driver.hasCollection(name, context));
    return has.flatMap((yes, shard) => (yes ? [shard] : []));
  }

  async dropCollection(name: string, context: CallContext): Promise<boolean> {
    const holders = await this.#holders(name, context);
    // All of them, but those of another list of shards.
    if (holders.length === this.#drivers.length) await this.#checkBeforeDrop(name, context);
    const dropped = await this.#each(context, (driver) => driver.dropCollection(name, context));
    this.#shared.delete(name);
    return dropped.includes(true);
  }

  async #checkBeforeDrop(name: string, context: CallContext): Promise<void> {
    const places = await this.#each(context, async (driver) => {
      const collection = await driver.openCollection(name, {}, context);
      try {
        return await readPlace(collection, context);
      } finally {
        await collection.close();
      }
    });
    checkPlaces(name, places, this.#router.routing);
  }

  async health(context: CallContext): Promise<Health> {
    const each = await Promise.all(
      this.#drivers.map((driver, shard) =>
        askShard(shard, driver, context, () => driver.health(context)).catch((error: unknown): Health => {
          if (!(error instanceof ShardError)) throw error;
          return { ok: false, latencyMs: 0, problem: error.meaning.message };
        }),
      ),
    );
    const problems = each.flatMap(({ ok, problem = 'not healthy' }, shard) =>
      ok ? [] : [problem.startsWith('shard ') ? problem : `shard ${shard}: ${problem}`],
    );
    const versions = new Set(each.map(({ version }) => version));
    const [version] = versions;
    return {
      ok: problems.length === 0,
      ...(versions.size === 1 && version !== undefined && { version }),
      latencyMs: Math.max(...each.map(({ latencyMs }) => latencyMs)),
      ...(problems.length > 0 && { problem: problems.join('; ') }),
    };
  }

  /** What each shard unwraps to, in order. */
  unwrap(): unknown {
    return this.#drivers.map((driver) => driver.unwrap());
  }

  async close(): Promise<void> {
    await closeAll(this.#drivers);
  }

  classify(error: unknown): Classification | undefined {
    if (error instanceof ShardError) return error.meaning;
    if (!VectorStoreError.is(error)) return undefined;
    // Ours: thrown before anything was sent.
    return { code: error.code, message: error.message, retryable: error.retryable, applied: 'no' };
  }

  #each<T>(context: CallContext, ask: (driver: Driver) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#drivers.map((driver, shard) => askShard(shard, driver, context, () => ask(driver))));
  }
}

/** Closes every one, then throws the first error. */
export async function closeAll(drivers: readonly Driver[]): Promise<void> {
  const ends = await Promise.allSettled(drivers.map((driver) => driver.close()));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

function newSharedState(): SharedState {
  return { locks: new IdLocks(), gate: new Gate(), moved: new MoveLog(), indexVersion: 0 };
}
