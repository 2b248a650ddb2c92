import { VectorStoreError } from '../../errors.ts';
import { ByteWriter } from './bytes.ts';
import { crc32 } from './crc32.ts';

/*
 * Header of a log: magic, format version, the collection's 16 bytes of identity, the generation, CRC-32 of all that.
 *
 * Entry: magic, length of the body, how much of the log was durable when the entry was written (f64), CRC-32 of the body, CRC-32 of the
 * entry's head. The last one takes in the log's header and the entry's place, so that an entry is valid in one place of one log only, and
 * can be recognised there without those before it.
 */
const logMagic = 0x474c5641; // "AVLG"
const entryMagic = 0x4e455641; // "AVEN"
const version = 2;

/** Bytes before the first entry. */
export const logHeaderBytes = 32;
/** Bytes of an entry before its body. */
export const entryHeadBytes = 24;

/** Which log of which collection. */
export interface LogIdentity {
  /** 32 hexadecimal digits. */
  readonly collection: string;
  readonly generation: number;
}

/** What an entry's head says. */
export interface EntryHead {
  readonly bodyBytes: number;
  readonly durable: number;
  readonly bodyChecksum: number;
}

export function encodeLogHeader({ collection, generation }: LogIdentity): Uint8Array {
  const writer = new ByteWriter().u32(logMagic).u32(version);
  for (let at = 0; at < 32; at += 2) writer.u8(Number.parseInt(collection.slice(at, at + 2), 16));
  writer.u32(generation);
  return writer.u32(crc32(writer.bytes())).bytes();
}

/** @throws `Corruption` unless these are the bytes of this log's header. */
export function checkLogHeader(found: Uint8Array, identity: LogIdentity, path: string): void {
  const wanted = encodeLogHeader(identity);
  if (found.byteLength < logHeaderBytes || found.subarray(0, 4).some((byte, i) => byte !== wanted[i]))
    throw new VectorStoreError('Corruption', `${path} is no log of this engine`);
  if (found.some((byte, i) => byte !== wanted[i]))
    throw new VectorStoreError('Corruption', `${path} is damaged at its beginning, or belongs to another collection`);
}

/** Makes and recognises the entries of one log. */
export class EntryFormat {
  readonly #seed: number;
  readonly #place = new Uint8Array(8);
  readonly #placeView = new DataView(this.#place.buffer);

  constructor(identity: LogIdentity) {
    this.#seed = crc32(encodeLogHeader(identity));
  }

  /**
   * Fills in the head of an entry.
   *
   * @param bytes Room for the head, then the body.
   */
  seal(bytes: Uint8Array, at: number, durable: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, entryHeadBytes);
    view.setUint32(0, entryMagic, true);
    view.setUint32(4, bytes.byteLength - entryHeadBytes, true);
    view.setFloat64(8, durable, true);
    view.setUint32(16, crc32(bytes.subarray(entryHeadBytes)), true);
    view.setUint32(20, this.#headChecksum(bytes.subarray(0, 20), at), true);
  }

  /** The head at the beginning of `bytes`, which stand at `at`; undefined if there is none. */
  head(bytes: Uint8Array, at: number): EntryHead | undefined {
    if (bytes.byteLength < entryHeadBytes) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, entryHeadBytes);
    if (view.getUint32(0, true) !== entryMagic) return undefined;
    if (view.getUint32(20, true) !== this.#headChecksum(bytes.subarray(0, 20), at)) return undefined;
    return {
      bodyBytes: view.getUint32(4, true),
      durable: view.getFloat64(8, true),
      bodyChecksum: view.getUint32(16, true),
    };
  }

  #headChecksum(head: Uint8Array, at: number): number {
    this.#placeView.setFloat64(0, at, true);
    return crc32(head, crc32(this.#place, this.#seed));
  }
}
