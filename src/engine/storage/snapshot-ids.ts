const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Ids joined at once. */
const idsPerPiece = 4_096;
/** Bytes decoded at once: a string has a greatest length. */
const bytesPerPiece = 2 ** 25;

/** Ids as UTF-8 with a NUL between two, which no id holds, in pieces. */
export function* joinIds(ids: Iterable<string>): Generator<Uint8Array, void, undefined> {
  let piece: string[] = [];
  let first = true;
  const joined = () => {
    const text = `${first ? '' : '\0'}${piece.join('\0')}`;
    first = false;
    piece = [];
    return encoder.encode(text);
  };
  for (const id of ids) {
    piece.push(id);
    if (piece.length === idsPerPiece) yield joined();
  }
  if (piece.length > 0) yield joined();
}

/** The ids again, in order. At least one, as no id is empty. */
export function splitIds(bytes: Uint8Array): string[] {
  if (bytes.byteLength <= bytesPerPiece) return bytes.byteLength === 0 ? [] : decoder.decode(bytes).split('\0');
  const ids: string[] = [];
  for (let from = 0; from < bytes.byteLength; ) {
    const most = from + bytesPerPiece;
    const end = most >= bytes.byteLength ? bytes.byteLength : bytes.lastIndexOf(0, most);
    for (const id of decoder.decode(bytes.subarray(from, end)).split('\0')) ids.push(id);
    from = end + 1;
  }
  return ids;
}
