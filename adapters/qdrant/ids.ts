import { createHash } from 'node:crypto';
import { invalid } from '../../src/errors.ts';
import type { Id, IdMode } from '../../src/types.ts';

/** A point's id as Qdrant has it: an unsigned integer or a UUID. */
export type PointId = number | string;

/** The version of the hash in {@link hashedId}, kept with the collection. */
export const hashVersion = 1;

/**
 * The point id of a record: a UUID (version 8) of the first 122 bits of SHA-256 over namespace, NUL and id. Every id is hashed, UUIDs and
 * numbers too: two schemes side by side would collide.
 */
function hashedId(namespace: string, id: Id): string {
  const hex = createHash('sha256').update(`${namespace}\0${id}`, 'utf8').digest('hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** The point id that an id of an existing collection is. */
function nativeId(id: Id): PointId {
  if (/^(0|[1-9]\d{0,15})$/.test(id) && Number.isSafeInteger(Number(id))) return Number(id);
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) return id;
  throw invalid(
    'id',
    "this collection has Qdrant's own ids: a decimal up to 2^53 - 1 without leading zeros, or a UUID in lower case with hyphens",
    { ids: [id] },
  );
}

export function pointIdOf(mode: IdMode, namespace: string, id: Id): PointId {
  return mode === 'hashed' ? hashedId(namespace, id) : nativeId(id);
}

/** @throws for an id that JavaScript has rounded. */
export function idOfPoint(point: PointId): Id {
  if (typeof point === 'number' && !Number.isSafeInteger(point)) {
    throw invalid('id', 'this collection holds numeric ids beyond 2^53 - 1, which JavaScript cannot read exactly');
  }
  return String(point);
}
