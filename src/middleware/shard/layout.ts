import { z } from 'zod';
import { isSupported } from '../../capabilities.ts';
import type { CallContext, CollectionDriver, DriverRecord, StoredRecord } from '../../driver.ts';
import { VectorStoreError } from '../../errors.ts';
import type { Payload } from '../../types.ts';
import { hashName, type ShardRouting } from './routing.ts';

/**
 * The namespace in which each shard keeps what it must know of its place among the others, collection by collection. Users do not see it.
 */
export const reservedNamespace = 'anyvec.shards';
const placeId = 'place';

/** A shard's place, as it is written when a collection is created, and checked when it is opened. */
const placeSchema = z.object({
  format: z.literal(1),
  /** The same on all shards of one collection, and on no other. */
  set: z.string(),
  /** From 0. */
  shard: z.number(),
  of: z.number(),
  routing: z.union([z.literal('hash'), z.object({ field: z.string() })]),
  hash: z.literal(hashName),
});
type Place = z.infer<typeof placeSchema>;

/** Everything of a record that the reserved namespace keeps; its vector means nothing. */
export function reservedRecord(id: string, payload: Payload, { info, capabilities }: CollectionDriver): DriverRecord {
  const vector = isSupported(capabilities.options.nullVector)
    ? null
    : Float32Array.from({ length: info.dimension }, (_, i) => (i === 0 ? 1 : 0));
  return { id, vector, payload, json: JSON.stringify(payload) };
}

/** Writes its place to a shard of a new collection. */
export async function writePlace(
  collection: CollectionDriver,
  { set, shard, of, routing }: Omit<Place, 'format' | 'hash'>,
  context: CallContext,
): Promise<void> {
  const payload = { format: 1, set, shard, of, routing, hash: hashName };
  const record = reservedRecord(placeId, payload, collection);
  const { failed = [], unknown = [] } = await collection.upsert(reservedNamespace, [record], context);
  if (failed.length + unknown.length > 0)
    throw new VectorStoreError('Unavailable', 'the record of its place could not be written');
}

/** The record of a shard's place, unchecked; undefined where there is none. */
export async function readPlace(collection: CollectionDriver, context: CallContext): Promise<StoredRecord | undefined> {
  const include = { payload: true, vector: false };
  const [found] = await collection.get(reservedNamespace, [placeId], { include, consistency: 'session' }, context);
  return found;
}

/**
 * Whether the shards are those that the collection was created on, all of them, in that order, with that routing.
 *
 * @throws `Conflict`
 */
export function checkPlaces(name: string, found: readonly (StoredRecord | undefined)[], routing: ShardRouting): void {
  const conflict = (problem: string) => new VectorStoreError('Conflict', `collection ${name}: ${problem}`);
  const places = found.map((record, i) => {
    if (record === undefined) throw conflict(`shard ${i} holds it, but was not made a shard of it`);
    const { data: place } = placeSchema.safeParse(record.payload);
    if (place === undefined) throw conflict(`shard ${i} was written by a release that places records differently`);
    return place;
  });
  const wanted = JSON.stringify(routing);
  for (const [i, { shard, of, routing: stored, set }] of places.entries()) {
    if (of !== places.length) throw conflict(`it was created on ${of} shards, not on ${places.length}`);
    if (shard !== i)
      throw conflict(
        `shard ${i} of the list is its shard ${shard}: give the shards in the order in which it was created`,
      );
    if (set !== places[0]!.set) throw conflict(`shard ${i} belongs to another collection of that name`);
    if (JSON.stringify(stored) !== wanted)
      throw conflict(`it is routed by ${JSON.stringify(stored)}, not by ${wanted}`);
  }
}
