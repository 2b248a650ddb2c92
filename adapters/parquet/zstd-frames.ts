/** Bytes that a compressed block holds at most. */
const blockBytes = 128 * 1024;
/** A window that no writer of pages needs; its memory is taken before anything is decompressed. */
const maximumWindow = 1 << 27;
/** What frames may come to that do not say it themselves. */
const maximumUnknown = 1 << 30;

const magic = 0xfd2fb528;
const dictionaryIdBytes = [0, 1, 2, 4];

/**
 * Looks at the headers of Zstandard frames and their blocks: their decoder takes what memory they ask for.
 *
 * @param length Bytes that they shall come to.
 * @throws `Error` where they claim to come to more, or are no frames.
 */
export function checkZstdFrames(input: Uint8Array, length: number): void {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let whole = 0;
  for (let at = 0; at < input.length; ) {
    const frame = frameAt(view, at);
    const blocks = blocksFrom(view, frame.end);
    if (frame.window > maximumWindow && frame.content === undefined)
      throw new Error('zstd: a window that is too large');
    if (frame.content === undefined && blocks.atMost > maximumUnknown) throw new Error('zstd: too many blocks');
    whole += frame.content ?? 0;
    if (whole > length) throw new Error(`zstd: ${whole} bytes or more, and not ${length}`);
    at = blocks.end + (frame.hasChecksum ? 4 : 0);
  }
}

/** RFC 8878, 3.1.1.1. */
function frameAt(view: DataView, start: number) {
  if (view.getUint32(start, true) !== magic) throw new Error('zstd: no frame');
  const descriptor = view.getUint8(start + 4);
  const isSingle = ((descriptor >> 5) & 1) === 1;
  let at = start + 5;
  let window = 0;
  if (!isSingle) {
    const byte = view.getUint8(at++);
    const base = 2 ** (10 + (byte >> 3));
    window = base + (base / 8) * (byte & 7);
  }
  at += dictionaryIdBytes[descriptor & 3]!;
  const flag = descriptor >> 6;
  const bytes = flag === 0 ? (isSingle ? 1 : 0) : 2 ** flag;
  const content = bytes === 0 ? undefined : contentSize(view, at, bytes);
  return { end: at + bytes, window, content, hasChecksum: ((descriptor >> 2) & 1) === 1 };
}

function contentSize(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at, true) + 256;
  return bytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
}

/** RFC 8878, 3.1.1.2. @returns Where the last block ends, and how many bytes all of them may come to. */
function blocksFrom(view: DataView, start: number): { end: number; atMost: number } {
  let [at, atMost] = [start, 0];
  for (let isLast = false; !isLast; ) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    isLast = (header & 1) === 1;
    const [kind, size] = [(header >> 1) & 3, header >> 3];
    atMost += kind === 2 ? blockBytes : size;
    at += 3 + (kind === 1 ? 1 : size);
  }
  return { end: at, atMost };
}
