import type { Id } from '../../src/types.ts';
import { MalformedReply } from './wire/reader.ts';

/*
 * The primary key holds the namespace, so that equal ids in two namespaces are two rows. Neither part can hold a NUL: the key is unambiguous,
 * and sorts by namespace first.
 */

/** The longest key in UTF-8 bytes: 128 of the namespace, the NUL, 512 of the id. */
export const keyBytes = 128 + 1 + 512;

export function keyOf(namespace: string, id: Id): string {
  return `${namespace}\0${id}`;
}

/** The id in a key. */
export function idOf(key: string): Id {
  const end = key.indexOf('\0');
  if (end < 0)
    throw new MalformedReply(
      `the collection holds a key that this library did not write: ${JSON.stringify(key.slice(0, 40))}`,
    );
  return key.slice(end + 1);
}
