/** Bits that a level or an index takes. */
export function bitsFor(maximum: number): number {
  return 32 - Math.clz32(maximum);
}

/** Groups of eight that a bit-packed run may have beyond what is needed: the reader passes over them. */
const spareGroups = 64;

/**
 * Walks the runs of the hybrid of run lengths and bit packing without unpacking them: a run that is longer than there are values would make the
 * reader go on until its memory ends.
 *
 * @param count Values there are. @param isExact Whether there must be as many; otherwise no more.
 * @throws `Error`
 */
export function checkRuns(
  bytes: Uint8Array,
  range: { readonly from: number; readonly to: number },
  width: number,
  count: number,
  isExact: boolean,
): void {
  let [at, seen] = [range.from, 0];
  while (seen < count && at < range.to) {
    const header = varInt(bytes, at);
    at = header.end;
    const length = Math.floor(header.value / 2);
    // Any number of them would change nothing, and take time.
    if (length === 0) throw new Error('a run of no values');
    if (header.value % 2 === 1) {
      if (length > Math.ceil((count - seen) / 8) + spareGroups) throw new Error('a run of more values than there are');
      seen += 8 * length;
      at += length * width;
    } else {
      if (length > count - seen) throw new Error('a run of more values than there are');
      seen += length;
      at += Math.ceil(width / 8);
    }
  }
  if (isExact && seen < count) throw new Error('fewer levels than there are values');
}

/** Seven bits a byte, the lowest first. @throws `Error` for more than 35 bits. */
export function varInt(bytes: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[start + i];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw new Error('a number without an end');
}
