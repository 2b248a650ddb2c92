/** Bytes of an index with what tells whose they are, for which settings, and a checksum. */
import { VectorStoreError } from '../../errors.ts';
import { crc32 } from '../storage/crc32.ts';
import { readNext, type SavedContent } from './saved-content.ts';

const magic = 0x49564e41; // "ANVI"
const prefixBytes = 12;

/** What a package is about. Must be equal, to the letter, when it is opened. */
export interface PackageIdentity {
  /** What made the index. */
  readonly maker: string;
  readonly format: number;
  readonly [setting: string]: unknown;
}

/** Magic, CRC-32 of the rest, length of the header, header as JSON, sections one after another. To be read by {@link open}. */
export function seal(identity: PackageIdentity, sections: readonly Uint8Array[]): Uint8Array {
  const bytes = joined(parts(identity, sections));
  viewOf(bytes).setUint32(4, crc32(bytes.subarray(8)), true);
  return bytes;
}

/**
 * The same in its parts, which are not copied, to be read by {@link openVerified}: the checksum is left 0, for nobody reads it, and it would hold the event
 * loop for long.
 */
export function parts(identity: PackageIdentity, sections: readonly Uint8Array[]): Uint8Array[] {
  const lengths = sections.map((section) => section.byteLength);
  const header = new TextEncoder().encode(JSON.stringify({ identity, lengths }));
  const prefix = new Uint8Array(prefixBytes);
  const view = new DataView(prefix.buffer);
  view.setUint32(0, magic, true);
  view.setUint32(8, header.byteLength, true);
  return [prefix, header, ...sections];
}

/** Bytes one after another, in memory of their own. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}

/**
 * The sections of a package made by {@link seal}, as views.
 *
 * @throws `Corruption` for damage, and for bytes that belong to an index with another identity.
 */
export function open(bytes: Uint8Array, identity: PackageIdentity, sectionCount: number): Uint8Array[] {
  if (viewOf(bytes).getUint32(4, true) !== crc32(bytes.subarray(8))) throw corrupt('it fails its checksum');
  return openVerified(bytes, identity, sectionCount);
}

/**
 * The same for bytes that the checksum of their file has verified: once more is 15 ms of opening 100,000 vectors. Not where native code reads
 * the sections, which damage must never reach.
 *
 * @throws `Corruption` for bytes that belong to an index with another identity.
 */
export function openVerified(bytes: Uint8Array, identity: PackageIdentity, sectionCount: number): Uint8Array[] {
  const view = viewOf(bytes);
  const headerEnd = prefixBytes + view.getUint32(8, true);
  const lengths = lengthsIn(bytes.subarray(prefixBytes, headerEnd), identity);
  const sections: Uint8Array[] = [];
  let at = headerEnd;
  for (const length of lengths) {
    sections.push(bytes.subarray(at, at + length));
    at += length;
  }
  if (at !== bytes.byteLength || sections.length !== sectionCount) throw corrupt('its parts do not add up');
  return sections;
}

/**
 * The lengths of the sections of a package that is read from a file, before anything of it is verified; they follow in `content`.
 *
 * @throws `Corruption` as {@link openVerified} does.
 */
export async function openContent(
  content: SavedContent,
  identity: PackageIdentity,
  sectionCount: number,
): Promise<number[]> {
  const headerBytes = viewOf(await readNext(content, prefixBytes)).getUint32(8, true);
  if (prefixBytes + headerBytes > content.byteLength) throw corrupt('its header is no header');
  const lengths = lengthsIn(await readNext(content, headerBytes), identity);
  const bytes = lengths.reduce((sum, length) => sum + length, prefixBytes + headerBytes);
  if (bytes !== content.byteLength || lengths.length !== sectionCount) throw corrupt('its parts do not add up');
  return lengths;
}

function viewOf(bytes: Uint8Array): DataView {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength < prefixBytes || view.getUint32(0, true) !== magic)
    throw corrupt('it was not written by this library');
  return view;
}

function lengthsIn(bytes: Uint8Array, identity: PackageIdentity): number[] {
  const header = parsed(new TextDecoder().decode(bytes));
  if (typeof header !== 'object' || header === null || !('identity' in header) || !('lengths' in header))
    throw corrupt('its header is no header');
  const { identity: found, lengths } = header;
  const isLength = (length: unknown): length is number => Number.isSafeInteger(length) && Number(length) >= 0;
  if (!Array.isArray(lengths) || !lengths.every(isLength)) throw corrupt('its header is no header');
  if (JSON.stringify(found) !== JSON.stringify(identity)) throw corrupt('it belongs to an index with other settings');
  return lengths;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw corrupt('its header is no header', cause);
  }
}

/** The error for a saved index that cannot be used. */
export function corrupt(problem: string, cause?: unknown): VectorStoreError {
  return new VectorStoreError('Corruption', `the saved index cannot be used: ${problem}`, { cause });
}
