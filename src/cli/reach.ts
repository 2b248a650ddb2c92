/** Node only. A connection for the length of a command: nothing is made where there is nothing, and it is always closed. */
import { existsSync } from 'node:fs';

import { connect } from '../connect.ts';
import type { VectorDatabase } from '../database.ts';
import { VectorStoreError } from '../errors.ts';
import { interruptible } from '../terminal/prompt.ts';
import { type Connection, nameOf } from './connection.ts';

/** What a command works with. */
export interface Reached {
  readonly database: VectorDatabase;
  /** Of the connection, safe to print. */
  readonly name: string;
  /** Fires at the first Ctrl-C. */
  readonly signal: AbortSignal;
}

/**
 * Connects, runs, closes.
 *
 * @throws `NotFound` for a path that does not exist, which `connect` would make; `Aborted` after Ctrl-C; what `connect` and `body` throw.
 */
export async function withDatabase<T>(connection: Connection, body: (reached: Reached) => Promise<T>): Promise<T> {
  const name = nameOf(connection);
  const path = pathOf(connection);
  if (path !== undefined && !existsSync(path)) {
    throw new VectorStoreError('NotFound', `there is no ${path}; is that the right path for ${name}?`);
  }
  const { signal, stop } = interruptible();
  try {
    const database = await abortable(connect(connection), signal);
    try {
      return await body({ database, name, signal });
    } finally {
      await database.close();
    }
  } finally {
    stop();
  }
}

/** The path of a database in files; undefined for memory and servers. Percent-encoding is resolved as in the URLs of `connect`. */
export function pathOf(connection: Connection): string | undefined {
  if (typeof connection !== 'string') {
    return 'path' in connection && typeof connection.path === 'string' ? connection.path : undefined;
  }
  const path = /^[a-z][a-z0-9+-]*:(?:\/\/(?=\/))?(?!\/\/)([^?#]+)/is.exec(connection)?.[1];
  if (path === undefined) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    // The adapter says what is wrong with it.
    return undefined;
  }
}

/** Connecting takes no signal: what still comes of it is closed. */
async function abortable(connecting: Promise<VectorDatabase>, signal: AbortSignal): Promise<VectorDatabase> {
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(new VectorStoreError('Aborted', 'stopped while connecting'));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([connecting, aborted]);
  } catch (error) {
    void connecting.then((database) => database.close()).catch(() => {});
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
