/** A write of several requests that stopped after some of them: what has failed may have taken effect in part. */
export class HalfDone extends Error {
  override readonly name = 'HalfDone';

  constructor(cause: unknown) {
    super('a write of several requests stopped half-way', { cause });
  }
}

/** Sends pieces one after another. An error after the first piece is a {@link HalfDone}. */
export async function sendAll<T>(pieces: Iterable<T>, send: (piece: T) => Promise<unknown>): Promise<void> {
  let sent = 0;
  for (const piece of pieces) {
    try {
      await send(piece);
    } catch (error) {
      if (sent === 0 || error instanceof HalfDone) throw error;
      throw new HalfDone(error);
    }
    sent += 1;
  }
}

export function* chunksOf<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
