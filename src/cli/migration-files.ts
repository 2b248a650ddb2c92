/** Node only. Files as ends of a migration. */
import { basename } from 'node:path';

import { connect } from '../connect.ts';
import type { Connection } from './connection.ts';
import { UsageError } from './errors.ts';

/** `articles.jsonl` is `jsonl:articles.jsonl`; what is a URL already stays. */
export function fileUrl(path: string): string {
  if (/^[a-z][a-z0-9+-]+:/i.test(path)) return path;
  const extension = /\.(jsonl|ndjson|parquet|npy)$/i.exec(path)?.[1]?.toLowerCase();
  if (extension === undefined) {
    throw new UsageError(
      `${path} ends neither in .jsonl nor in .parquet; for a directory say jsonl:${path} or parquet:${path}`,
    );
  }
  const provider = extension === 'ndjson' ? 'jsonl' : extension;
  // A path may hold what a URL gives a meaning.
  return `${provider}:${encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23')}`;
}

/**
 * Which collections, under which names. A single file holds one, which is named after it; so it must be said which one it is if the source has
 * several.
 */
export async function collectionOfFile(
  source: Connection,
  path: string,
  asked: string | undefined,
  direction: 'export' | 'import',
): Promise<{ [source: string]: string } | undefined> {
  const isFile = /\.[a-z0-9]+$/i.test(path.replace(/[?#].*$/s, ''));
  if (asked?.includes('=')) return mapping(asked);
  if (!isFile) return asked === undefined ? undefined : mapping(asked);
  const names = await namesIn(source);
  if (direction === 'import') {
    const [only] = names;
    if (only === undefined || names.length > 1) throw new UsageError(`${path} holds ${names.length} collections`);
    return { [only]: asked ?? only };
  }
  const one = asked ?? (names.length === 1 ? names[0] : undefined);
  if (one === undefined || one.includes(','))
    throw new UsageError(`a file holds one collection: say --collection with one of ${names.join(', ') || 'none'}`);
  return { [one]: basename(path).replace(/\.[^.]+$/, '') };
}

function mapping(asked: string): { [source: string]: string } {
  return Object.fromEntries(
    asked.split(',').map((part) => {
      const at = part.indexOf('=');
      return at < 0 ? [part, part] : [part.slice(0, at), part.slice(at + 1)];
    }),
  );
}

async function namesIn(connection: Connection): Promise<string[]> {
  const database = await connect(connection);
  try {
    return (await database.listCollections()).map(({ name }) => name);
  } finally {
    await database.close();
  }
}
