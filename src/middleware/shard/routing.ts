import { VectorStoreError } from '../../errors.ts';
import type { FilterNode } from '../../filter/normal-form.ts';
import { formatPath, parsePath, type Segments, valueAt } from '../../filter/path.ts';
import type { Id } from '../../types.ts';

/** What decides on which shard a record lies: its id, or a field of its payload. */
export type ShardRouting = 'hash' | { readonly field: string };

/** The name of {@link hashOf}, kept with every collection: another one would look for records elsewhere. */
export const hashName = 'fnv1a-fmix32';

const encoder = new TextEncoder();

/**
 * The hash of a text: FNV-1a over its UTF-8 bytes, then Murmur3's 32-bit finalizer. An unsigned 32-bit number, for ever the same:
 * see the test vectors.
 */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Says where records lie, and where the matches of a filter can lie. Shards are numbers from 0. */
export interface Router {
  /** As it is kept with the collection, the path in its canonical spelling. */
  readonly routing: ShardRouting;
  /** The field's path; undefined where the id decides. */
  readonly path: Segments | undefined;
  /** By id; only where the id decides. */
  shardOfId(id: Id): number;
  /** By payload; only where a field decides. Undefined for an array, which would lie on several. */
  shardOfPayload(payload: unknown): number | undefined;
  /** The shards on which a record can match, ascending. */
  shardsOf(filter: FilterNode): readonly number[];
}

/** A router over so many shards. */
export function routerOf(routing: ShardRouting, shards: number): Router {
  const place = (text: string) => Math.floor((hashOf(text) / 2 ** 32) * shards);
  const all = Array.from({ length: shards }, (_, i) => i);
  const shardOfId = (id: Id) => place(id);
  if (routing === 'hash') {
    return { routing, path: undefined, shardOfId, shardOfPayload: misused, shardsOf: () => all };
  }
  const path = parsePath(routing.field, 'options.by.field');
  const field = formatPath(path);
  const shardOfValue = (value: unknown) => place(keyOf(value));
  return {
    routing: { field },
    path,
    shardOfId: misused,
    shardOfPayload(payload) {
      const value = valueAt(payload, path);
      return Array.isArray(value) ? undefined : shardOfValue(value);
    },
    shardsOf(filter) {
      const pinned = pinnedBy(filter, field, shardOfValue);
      if (pinned === undefined) return all;
      // Where nothing can match one is asked all the same: it may have to say that the collection is gone.
      return pinned.size === 0 ? [0] : [...pinned].sort((a, b) => a - b);
    },
  };
}

/** What is hashed of a field's value: its JSON text; missing, null and objects, which no `$eq` matches, lie together. */
function keyOf(value: unknown): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : JSON.stringify(value);
}

/** The shards that a filter names; undefined if it names none. */
function pinnedBy(
  filter: FilterNode,
  field: string,
  shardOf: (value: unknown) => number,
): ReadonlySet<number> | undefined {
  switch (filter.kind) {
    case 'eq':
      return filter.field === field ? new Set([shardOf(filter.value)]) : undefined;
    case 'in':
      return filter.field === field ? new Set(filter.values.map(shardOf)) : undefined;
    case 'and': {
      const pins = filter.of.map((member) => pinnedBy(member, field, shardOf)).filter((pin) => pin !== undefined);
      if (pins.length === 0) return undefined;
      return new Set([...pins[0]!].filter((shard) => pins.every((pin) => pin.has(shard))));
    }
    case 'or': {
      const union = new Set<number>();
      for (const member of filter.of) {
        const pin = pinnedBy(member, field, shardOf);
        if (pin === undefined) return undefined;
        for (const shard of pin) union.add(shard);
      }
      return union;
    }
    default:
      return undefined;
  }
}

function misused(): never {
  throw new VectorStoreError('Internal', 'a shard was asked for by what does not decide it');
}
