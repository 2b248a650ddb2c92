import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { checkZstdFrames } from './zstd-frames.ts';

/**
 * Decompression that takes no more memory or time than the length that a page claims: gzip and brotli by Node, which stop there; of the other codecs the
 * input is looked at first, because their decoders trust it.
 *
 * @param codecs Those of hyparquet-compressors.
 */
export function boundedCompressors(codecs: Compressors): Compressors {
  const { LZ4, LZ4_RAW, ZSTD, ...others } = codecs;
  return {
    ...others,
    GZIP: (input, length) => (length === 0 ? new Uint8Array() : gunzipSync(input, { maxOutputLength: length })),
    BROTLI: (input, length) =>
      length === 0 ? new Uint8Array() : brotliDecompressSync(input, { maxOutputLength: length }),
    ...(ZSTD && {
      ZSTD: (input, length) => {
        checkZstdFrames(input, length);
        return ZSTD(input, length);
      },
    }),
    ...(LZ4_RAW && { LZ4_RAW: (input, length) => LZ4_RAW(checkedLz4(input, length), length) }),
    ...(LZ4 &&
      LZ4_RAW && {
        LZ4: (input, length) =>
          isHadoopFramed(input, length) ? LZ4(input, length) : LZ4_RAW(checkedLz4(input, length), length),
      }),
  };
}

/** @throws `Error` for a block that does not come to its length: the decoder would fill it up. */
function checkedLz4(input: Uint8Array, length: number): Uint8Array {
  let [at, whole] = [0, 0];
  const extended = (nibble: number) => {
    let sum = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; sum += byte) byte = input[at++] ?? 0;
    return sum;
  };
  while (at < input.length) {
    const token = input[at++]!;
    const literals = extended(token >> 4);
    at += literals;
    whole += literals;
    if (at >= input.length) break;
    at += 2;
    whole += extended(token & 15) + 4;
  }
  if (at !== input.length || whole !== length) throw new Error(`lz4: ${whole} bytes, and not ${length}`);
  return input;
}

/** Whether the input is blocks, each behind its two lengths, that fill the output. Of other lengths the decoder might never come to an end. */
function isHadoopFramed(input: Uint8Array, length: number): boolean {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let [at, whole] = [0, 0];
  while (at + 8 < input.length) {
    whole += view.getUint32(at);
    const size = view.getUint32(at + 4);
    if (size === 0) return false;
    at += 8 + size;
  }
  return at === input.length && whole === length;
}
