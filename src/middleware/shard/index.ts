/**
 * `anyvec/shard`: one database over several.
 *
 * @module
 */
import type { Config } from '../../config.ts';
import { type ConnectOptions, openDriver } from '../../connect.ts';
import type { VectorDatabase } from '../../database.ts';
import type { Driver } from '../../driver.ts';
import { invalid } from '../../errors.ts';
import { createDatabase } from '../../portable/database.ts';
import { partialMark } from '../../portable/partial.ts';
import { checkedOptions, functionOption, integerOption, wordOption } from '../../validate/options.ts';
import { shown } from '../../validate/text.ts';
import { compose } from '../compose.ts';
import { closeAll, ShardDriver } from './driver.ts';
import type { FailedShard } from './failure.ts';
import type { SearchPolicy } from './reads.ts';
import { routerOf, type ShardRouting } from './routing.ts';

export type { FailedShard, ShardRouting };

/** How records are spread over shards, and what happens when one of these is away. */
export interface ShardOptions {
  /**
   * What decides where a record lies. `hash` (default): its id. `{ field: 'tenant' }`: that payload field; a filter that pins it (`$eq` or `$in`,
   * also within `$and` and `$or`) then asks only the shards that can match, but every write asks all shards first where its ids are. Kept with
   * each collection: opening with another routing, number or order of shards is a `Conflict`.
   */
  readonly by?: ShardRouting;
  /**
   * `all` (default): a call fails if a shard fails that it needs. `partial`: `search` and `searchBatch` answer from the shards that are there, and
   * `partialFailures` says of such an answer what is missing from it. All other calls need all their shards: a count or a missing record cannot
   * carry a mark, and a write is never half done in silence.
   */
  readonly onFailure?: 'all' | 'partial';
  /** With `partial`: a shard that has not answered after so many milliseconds is away. Default: the deadline of the call, which then fails. */
  readonly shardTimeoutMs?: number;
  /** With `partial`: told of every answer from which a shard is missing. */
  readonly onPartial?: (failed: readonly FailedShard[]) => void;
}

/**
 * Connects to several backends as one database. All that `connect` takes may stand in the list, and drivers; their order counts.
 *
 * @throws As `connect`; `Unsupported` for shards without namespaces, and for field routing where a shard does not read its own writes.
 * @example
 * const db = await connectShards(['qdrant://a:6333', 'qdrant://b:6333'], { by: { field: 'tenant' } });
 * const articles = await db.createCollection('articles', { dimension: 384, metric: 'cosine' });
 * await articles.search(query, { filter: { tenant: 'acme' } }); // asks one of them
 */
export async function connectShards(
  shards: readonly (string | URL | Config | Driver)[],
  options: ShardOptions & ConnectOptions = {},
): Promise<VectorDatabase> {
  const { middleware = [], ...own } = options;
  checkOptions(own);
  if (!Array.isArray(shards) || shards.length === 0) throw invalid('shards', 'a list of at least one backend');
  const opened: Driver[] = [];
  try {
    for (const each of shards) opened.push(isDriver(each) ? each : await openDriver(each));
    return createDatabase(compose(shard(opened, own), middleware));
  } catch (error) {
    await closeAll(opened).catch(() => undefined);
    throw error;
  }
}

/** A driver made of drivers: for composing by hand. Closing it closes them. */
export function shard(drivers: readonly Driver[], options: ShardOptions = {}): Driver {
  const { by, policy } = checkOptions(options);
  if (drivers.length === 0) throw invalid('drivers', 'a list of at least one driver');
  return new ShardDriver(drivers, routerOf(by, drivers.length), policy);
}

/** Which shards did not contribute to an answer of `search` (or to one of `searchBatch`); undefined where none is missing. */
export function partialFailures(result: readonly object[]): readonly FailedShard[] | undefined {
  return partialMark(result) as readonly FailedShard[] | undefined;
}

function checkOptions(options: ShardOptions): { by: ShardRouting; policy: SearchPolicy } {
  const given = checkedOptions(options, ['by', 'onFailure', 'shardTimeoutMs', 'onPartial'], 'options');
  const onFailure = wordOption(given.onFailure, 'options.onFailure', ['all', 'partial'], 'all');
  const { shardTimeoutMs, onPartial } = options;
  if (onFailure === 'all' && (shardTimeoutMs !== undefined || onPartial !== undefined))
    throw invalid('options', "shardTimeoutMs and onPartial have a meaning with onFailure: 'partial' only");
  if (shardTimeoutMs !== undefined) integerOption(shardTimeoutMs, 'options.shardTimeoutMs', 1, 2 ** 31 - 1, 1);
  functionOption(onPartial, 'options.onPartial');
  return { by: readRouting(given.by), policy: { onFailure, shardTimeoutMs, onPartial } };
}

function readRouting(by: unknown): ShardRouting {
  if (by === undefined || by === 'hash') return 'hash';
  if (typeof by !== 'object') throw invalid('options.by', `'hash' or { field }, not ${shown(by)}`);
  const { field } = checkedOptions(by, ['field'], 'options.by');
  if (typeof field !== 'string') throw invalid('options.by.field', `a payload field, not ${shown(field)}`);
  return { field };
}

function isDriver(value: string | URL | Config | Driver): value is Driver {
  return typeof value === 'object' && 'openCollection' in value;
}
