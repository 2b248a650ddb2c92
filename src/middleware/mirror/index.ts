/**
 * `anyvec/mirror`: moves a database to another backend while it is in use. Node, Bun and Deno only: what waits is kept on disk.
 *
 * @module
 */
import type { Config } from '../../config.ts';
import { type ConnectOptions, openDriver } from '../../connect.ts';
import type { Driver } from '../../driver.ts';
import type { FileSystem } from '../../engine/storage/filesystem.ts';
import { nodeFileSystem } from '../../engine/storage/node-filesystem.ts';
import { invalid, VectorStoreError } from '../../errors.ts';
import { createDatabase } from '../../portable/database.ts';
import { checkedOptions, integerOption, wordOption } from '../../validate/options.ts';
import { compose } from '../compose.ts';
import type { RefusedRecord } from './copier.ts';
import { MirrorCore } from './core.ts';
import { MirrorDriver } from './driver.ts';
import {
  type BackfillOptions,
  type BackfillProgress,
  Mirror,
  type MirrorStatus,
  type MirrorStepOptions,
} from './mirror.ts';
import { MarkQueue, type QueueDurability } from './queue.ts';
import { type Percentiles, Shadow, type ShadowDifference, type ShadowOptions, type ShadowReport } from './shadow.ts';
import { Side } from './side.ts';
import { loadState } from './state.ts';
import type { MirrorDifference, MirrorVerification } from './verify.ts';

export type {
  BackfillOptions,
  BackfillProgress,
  Mirror,
  MirrorDifference,
  MirrorStatus,
  MirrorStepOptions,
  MirrorVerification,
  Percentiles,
  QueueDurability,
  RefusedRecord,
  ShadowDifference,
  ShadowOptions,
  ShadowReport,
};

/** A backend: all that `connect` takes, or a function that opens a driver. */
export type MirrorEnd = string | URL | Config | { readonly name: string; readonly open: () => Promise<Driver> };

/** How a mirror works. */
export interface MirrorOptions extends ConnectOptions {
  /** Where the queue and the phase are kept, made if absent. One process at a time; one directory for each pair of backends. */
  readonly directory: string;
  /** When a change is safe from a loss of power: within a second (`interval`, default), or before it is made (`always`). */
  readonly durability?: QueueDurability;
  /** Ids that may wait one by one. Beyond that their namespaces are copied anew, so that memory and disk stay bounded. Default 1,000,000. */
  readonly maxQueuedIds?: number;
  /** Also ask the passive side some of the reads, and compare. Default: none. */
  readonly shadow?: ShadowOptions;
  /** Milliseconds: the longest pause before a side that failed is tried again. Default 5,000. */
  readonly maxPauseMs?: number;
  /** Milliseconds for one request of the copying. Default 60,000. */
  readonly requestTimeoutMs?: number;
  /** For tests. */
  readonly fileSystem?: FileSystem;
}

/**
 * Opens a database that is to be moved from `primary` to `secondary`. Everything goes to the primary, whose answers are the caller's; what is
 * written is noted on disk and copied to the secondary behind the caller's back, however long that is away. Opened again, it goes on in the phase
 * in which it was closed or killed: after a `cutover` the secondary is the one that is asked.
 *
 * All writers have to use it, each with a directory of its own.
 *
 * @throws As `connect`, of the secondary only the first time; `Conflict` where the directory is in use, or belongs to another pair.
 * @example
 * const mirror = await openMirror('native:./data', 'qdrant://localhost:6333', { directory: './mirror' });
 * const db = mirror.database;      // in place of connect('native:./data')
 * await mirror.backfill();
 * await mirror.cutover();          // refused unless both sides are equal
 */
export async function openMirror(primary: MirrorEnd, secondary: MirrorEnd, options: MirrorOptions): Promise<Mirror> {
  const { directory, fileSystem: fs = nodeFileSystem, middleware = [], shadow } = checkOptions(options);
  await fs.makeDirectory(directory);
  const lock = await fs.lock(directory);
  if ('heldBy' in lock)
    throw new VectorStoreError(
      'Conflict',
      `${directory} is in use by process ${lock.heldBy}: one mirror, one directory`,
    );
  const opened: { close(): Promise<void> }[] = [];
  try {
    const core = await openCore([primary, secondary], fs, options, lock.release, (part) => opened.push(part));
    if (shadow) core.shadow = new Shadow(shadow, () => core.queue.length > 0);
    const driver = new MirrorDriver(core, () => core.close());
    const mirror = new Mirror(createDatabase(compose(driver, middleware)), core);
    core.worker.start();
    return mirror;
  } catch (error) {
    for (const part of opened) await part.close().catch(() => undefined);
    await lock.release();
    throw error;
  }
}

async function openCore(
  given: readonly [MirrorEnd, MirrorEnd],
  fs: FileSystem,
  options: MirrorOptions,
  release: () => Promise<void>,
  opened: (part: { close(): Promise<void> }) => void,
): Promise<MirrorCore> {
  const { directory, durability = 'interval', maxQueuedIds = 1_000_000 } = options;
  const ends = [nameOf(given[0]), nameOf(given[1])] as const;
  const stored = await loadState(fs, directory);
  if (stored !== undefined && (stored.ends[0] !== ends[0] || stored.ends[1] !== ends[1]))
    throw new VectorStoreError(
      'Conflict',
      `${directory} belongs to ${stored.ends.join(' and ')}, not to ${ends.join(' and ')}`,
    );
  const sides = [
    new Side(() => open(given[0]), stored?.capabilities[0]),
    new Side(() => open(given[1]), stored?.capabilities[1]),
  ] as const;
  for (const side of sides) opened(side);
  const active = stored?.active ?? 0;
  await sides[active].driver();
  // What the other can do is known from the last time.
  if (stored?.capabilities[active === 0 ? 1 : 0] === undefined) await sides[active === 0 ? 1 : 0].driver();
  const { queue, damaged } = await MarkQueue.open(fs, directory, { durability, most: maxQueuedIds });
  opened(queue);
  const state = stored ?? { ends, active, copied: [], capabilities: [undefined, undefined], unsure: false };
  const { maxPauseMs = 5_000, requestTimeoutMs = 60_000 } = options;
  const core = new MirrorCore({ sides, queue, state, fs, directory, times: { maxPauseMs, requestTimeoutMs }, release });
  await core.save(() => (damaged ? { unsure: true, copied: [] } : {}));
  return core;
}

function checkOptions(options: MirrorOptions): MirrorOptions {
  const keys = ['directory', 'durability', 'maxQueuedIds', 'shadow', 'maxPauseMs', 'requestTimeoutMs'] as const;
  const given = checkedOptions(options, [...keys, 'fileSystem', 'middleware'], 'options');
  if (typeof given.directory !== 'string' || given.directory === '')
    throw invalid('options.directory', 'a directory for what waits to be copied');
  wordOption(given.durability, 'options.durability', ['interval', 'always'], 'interval');
  for (const key of ['maxQueuedIds', 'maxPauseMs', 'requestTimeoutMs'] as const)
    integerOption(given[key], `options.${key}`, 1, 2 ** 31 - 1, 1);
  const shadow = checkedOptions(given.shadow, ['fraction', 'concurrency', 'onDifference'], 'options.shadow');
  const { fraction } = shadow;
  if (given.shadow !== undefined && !(typeof fraction === 'number' && fraction >= 0 && fraction <= 1))
    throw invalid('options.shadow.fraction', 'a share of the reads, 0 to 1');
  return options;
}

function open(end: MirrorEnd): Promise<Driver> {
  return isOpener(end) ? end.open() : openDriver(end);
}

/** What an end is called in the directory, so that no other pair is taken for it. Never a secret. */
function nameOf(end: MirrorEnd): string {
  if (isOpener(end)) return end.name;
  if (typeof end === 'string' || end instanceof URL)
    return String(end)
      .replace(/[?#].*$/s, '')
      .replace(/\/\/[^/]*@/, '//');
  const places = ['path', 'url', 'address', 'host', 'database'] as const;
  const named = places.flatMap((key) => {
    const value: unknown = (end as Partial<Record<(typeof places)[number], unknown>>)[key];
    return typeof value === 'string' || value instanceof URL ? [nameOf(value)] : [];
  });
  return [end.provider, ...named].join(' ');
}

function isOpener(end: MirrorEnd): end is Extract<MirrorEnd, { readonly open: unknown }> {
  return typeof end === 'object' && 'open' in end && typeof end.open === 'function';
}
