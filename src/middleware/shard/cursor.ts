import { invalid } from '../../errors.ts';

/** Where a listing over several shards goes on. */
export interface ShardCursor {
  readonly shard: number;
  /** The shard's own; undefined at its beginning. */
  readonly inner: string | undefined;
  /** How many records had been moved between shards when the listing began: one that was moved since may have been given already. */
  readonly moves: number;
}

/** As opaque text. */
export function writeCursor({ shard, inner, moves }: ShardCursor): string {
  return `s${shard}.${moves}${inner === undefined ? '' : `:${inner}`}`;
}

/** @throws `InvalidArgument` for what {@link writeCursor} did not make. */
export function readCursor(text: string, shards: number): ShardCursor {
  const parts = /^s(\d{1,9})\.(\d{1,15})(?::(.*))?$/su.exec(text);
  if (parts === null || Number(parts[1]) >= shards)
    throw invalid('options.cursor', 'no cursor of this collection: pass on what the page before gave');
  return { shard: Number(parts[1]), moves: Number(parts[2]), inner: parts[3] };
}
