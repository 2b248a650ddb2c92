import { createHash } from 'node:crypto';
import type { Id } from '../../src/types.ts';

/*
 * The service takes ids and namespaces of at most 512 ASCII characters. Any other goes by a name of its own, from which it can be told again.
 */

/** In front of the base64url of a name's UTF-8 bytes. */
const encodedPrefix = '_av~';
/** In front of the hash of an id that is too long even so; the id itself is then in the metadata, under {@link idKey}. */
const hashedPrefix = '_av#';
const mostCharacters = 512;

/** The metadata key that holds an id of which only the hash is in the record's own. */
export const idKey = '_av~';

/** Whether the service takes a name as it is, and nothing of ours can be meant by it. Of control characters only tab and line ends are known to be taken. */
function isPlain(name: string): boolean {
  return /^[\t\n\r\x20-\x7e]+$/.test(name) && !name.startsWith(encodedPrefix) && !name.startsWith(hashedPrefix);
}

/** Reversible; of at most 4 + 4/3 times the bytes. */
export function toAscii(name: string): string {
  return isPlain(name) ? name : `${encodedPrefix}${Buffer.from(name, 'utf8').toString('base64url')}`;
}

/** The name that {@link toAscii} encoded; any other as it is. */
export function fromAscii(text: string): string {
  if (!text.startsWith(encodedPrefix)) return text;
  const name = Buffer.from(text.slice(encodedPrefix.length), 'base64url').toString('utf8');
  return toAscii(name) === text ? name : text;
}

export function toWireId(id: Id): string {
  const ascii = toAscii(id);
  return ascii.length <= mostCharacters
    ? ascii
    : `${hashedPrefix}${createHash('sha256').update(id, 'utf8').digest('base64url')}`;
}

/** Whether an id can only be told from the metadata. */
export function isHashed(wireId: string): boolean {
  return wireId.startsWith(hashedPrefix);
}

/** The id of a record. */
export function fromWireId(wireId: string, metadata: { readonly [key: string]: unknown } = {}): Id {
  if (!isHashed(wireId)) return fromAscii(wireId);
  const id = Object.hasOwn(metadata, idKey) ? metadata[idKey] : undefined;
  return typeof id === 'string' && toWireId(id) === wireId ? id : wireId;
}
