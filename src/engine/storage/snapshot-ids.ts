import { utf8Length } from '../../validate/text.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Ids joined, and decoded, at once. */
const idsPerPiece = 4_096;

/**
 * Ids by slot as UTF-8 with a NUL between two, which no id holds, in pieces; nothing for a slot without one.
 *
 * @param starts Filled in: where the id of each slot begins.
 */
export function* joinIds(ids: Iterable<string>, starts: Float64Array): Generator<Uint8Array, void, undefined> {
  let slot = 0;
  let end = 0;
  let piece: string[] = [];
  const joined = () => {
    const first = slot - piece.length;
    const bytes = encoder.encode(`${first === 0 ? '' : '\0'}${piece.join('\0')}`);
    let at = first === 0 ? end : end + 1;
    for (const [i, id] of piece.entries()) {
      starts[first + i] = at;
      at += utf8Length(id) + 1;
    }
    end += bytes.byteLength;
    piece = [];
    return bytes;
  };
  for (const id of ids) {
    piece.push(id);
    slot += 1;
    if (piece.length === idsPerPiece) yield joined();
  }
  if (piece.length > 0) yield joined();
}

/** Ids as {@link joinIds} leaves them. */
export class SavedIds {
  readonly #bytes: Uint8Array;
  readonly #starts: Float64Array;

  constructor(bytes: Uint8Array, starts: Float64Array) {
    this.#bytes = bytes;
    this.#starts = starts;
  }

  /** Empty for a slot without one. */
  at(slot: number): string {
    const start = this.#starts[slot]!;
    const end = slot + 1 === this.#starts.length ? this.#bytes.byteLength : this.#starts[slot + 1]! - 1;
    return decoder.decode(this.#bytes.subarray(start, end));
  }

  /** Slots with their ids. */
  *all(): Generator<readonly [slot: number, id: string], void, undefined> {
    const [bytes, starts] = [this.#bytes, this.#starts];
    for (let from = 0; from < starts.length; ) {
      const to = Math.min(from + idsPerPiece, starts.length);
      const end = to === starts.length ? bytes.byteLength : starts[to]! - 1;
      const ids = decoder.decode(bytes.subarray(starts[from]!, end)).split('\0');
      for (const [i, id] of ids.entries()) if (id !== '') yield [from + i, id];
      from = to;
    }
  }
}
