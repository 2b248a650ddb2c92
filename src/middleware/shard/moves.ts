import type { CallContext, CollectionDriver, StoredRecord } from '../../driver.ts';
import { matchAll } from '../../filter/normal-form.ts';
import { chunks } from '../../portable/chunks.ts';
import type { Id } from '../../types.ts';
import type { Fleet } from './fleet.ts';
import { reservedNamespace, reservedRecord } from './layout.ts';

const prefix = 'move:';
/** Few enough that their list fits where payloads are small. */
const idsPerRecord = 20;
let lastTime = 0;

/** What is written down before records go from one shard to another. */
interface Intent {
  readonly namespace: string;
  readonly ids: readonly Id[];
  /** For the order among several. */
  readonly time: number;
}

/** Writes down, on the shard that they go to, that records are about to move there; returns how to strike it out. */
export async function announceMove(
  fleet: Fleet,
  target: number,
  { namespace, ids }: { readonly namespace: string; readonly ids: readonly Id[] },
  context: CallContext,
): Promise<() => Promise<void>> {
  lastTime = Math.max(Date.now(), lastTime + 1);
  const time = lastTime;
  const records = chunks(ids, idsPerRecord).map((some) =>
    reservedRecord(`${prefix}${crypto.randomUUID()}`, { namespace, ids: some, time }, fleet.collections[target]!),
  );
  await fleet.ask(target, context, (collection) => collection.upsert(reservedNamespace, records, context));
  const noted = records.map(({ id }) => id);
  return async () => {
    await fleet.ask(target, context, (collection) => collection.delete(reservedNamespace, { ids: noted }, context));
  };
}

/**
 * Ends the moves that a crash interrupted: a record that has arrived is removed where it came from, one that has not is where it was. Of several
 * moves of one record the latest counts.
 */
export async function finishMoves(fleet: Fleet, context: CallContext): Promise<void> {
  const found = await fleet.askEach(fleet.all, context, async (collection, target) =>
    (await intentsOn(collection, context)).map((record) => ({ target, noted: record.id, ...readIntent(record) })),
  );
  const arrived = new Set<string>();
  for (const { target, namespace, ids, noted } of found.flat().sort((a, b) => b.time - a.time)) {
    const open = ids.filter((id) => !arrived.has(`${namespace}\0${id}`));
    const there = await presentOn(fleet, target, namespace, open, context);
    for (const id of there) arrived.add(`${namespace}\0${id}`);
    for (const other of fleet.all.filter((shard) => shard !== target && there.length > 0))
      await fleet.ask(other, context, (collection) => collection.delete(namespace, { ids: there }, context));
    await fleet.ask(target, context, (collection) => collection.delete(reservedNamespace, { ids: [noted] }, context));
  }
}

async function intentsOn(collection: CollectionDriver, context: CallContext): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  const read = { include: { payload: true, vector: false }, consistency: 'session', limit: 1_000 } as const;
  for (let cursor: string | undefined; ; ) {
    const page = await collection.filter(reservedNamespace, matchAll, { ...read, ...(cursor && { cursor }) }, context);
    records.push(...page.records.filter(({ id }) => id.startsWith(prefix)));
    cursor = page.cursor;
    if (cursor === undefined) return records;
  }
}

function readIntent({ payload = {} }: StoredRecord): Intent {
  const { namespace, ids, time } = payload;
  return {
    namespace: String(namespace),
    ids: Array.isArray(ids) ? ids.map(String) : [],
    time: Number(time),
  };
}

/** Which of the ids a shard has. */
async function presentOn(
  fleet: Fleet,
  shard: number,
  namespace: string,
  ids: readonly Id[],
  context: CallContext,
): Promise<Id[]> {
  if (ids.length === 0) return [];
  const read = { include: { payload: false, vector: false }, consistency: 'session' } as const;
  const found = await fleet.ask(shard, context, (collection) => collection.get(namespace, ids, read, context));
  return found.map(({ id }) => id);
}
