/** Node only. Native index bytes with what the addons do not store or check: whose they are, for which settings, and a checksum. */
import { crc32 } from 'node:zlib';
import { VectorStoreError } from '../../../errors.ts';

const magic = 0x49564e41; // "ANVI"
const prefixBytes = 12;

/** What a package is about. Must be equal, to the letter, when it is opened. */
export interface PackageIdentity {
  readonly addon: string;
  readonly format: number;
  readonly [setting: string]: unknown;
}

/** Magic, CRC-32 of the rest, length of the header, header as JSON, sections one after another. */
export function seal(identity: PackageIdentity, sections: readonly Uint8Array[]): Uint8Array {
  const lengths = sections.map((section) => section.byteLength);
  const header = Buffer.from(JSON.stringify({ identity, lengths }));
  const bytes = Buffer.alloc(prefixBytes + header.byteLength + lengths.reduce((sum, length) => sum + length, 0));
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(header.byteLength, 8);
  let at = prefixBytes;
  for (const part of [header, ...sections]) {
    bytes.set(part, at);
    at += part.byteLength;
  }
  bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
  return bytes;
}

/**
 * The sections of a package made by {@link seal}, as views.
 *
 * @throws `Corruption` for damage, and for bytes that belong to an index with another identity.
 */
export function open(bytes: Uint8Array, identity: PackageIdentity, sectionCount: number): Uint8Array[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.byteLength < prefixBytes || view.readUInt32LE(0) !== magic)
    throw corrupt('it was not written by this library');
  if (view.readUInt32LE(4) !== crc32(view.subarray(8))) throw corrupt('it fails its checksum');
  const headerEnd = prefixBytes + view.readUInt32LE(8);
  const { identity: found, lengths } = readHeader(view.subarray(prefixBytes, headerEnd));
  if (JSON.stringify(found) !== JSON.stringify(identity)) throw corrupt('it belongs to an index with other settings');
  const sections: Uint8Array[] = [];
  let at = headerEnd;
  for (const length of lengths) {
    sections.push(view.subarray(at, at + length));
    at += length;
  }
  if (at !== view.byteLength || sections.length !== sectionCount) throw corrupt('its parts do not add up');
  return sections;
}

function readHeader(bytes: Buffer): { identity: unknown; lengths: number[] } {
  const header: unknown = JSON.parse(bytes.toString());
  if (typeof header !== 'object' || header === null || !('identity' in header) || !('lengths' in header))
    throw corrupt('its header is no header');
  const { identity, lengths } = header;
  const isLength = (length: unknown): length is number => Number.isSafeInteger(length) && Number(length) >= 0;
  if (!Array.isArray(lengths) || !lengths.every(isLength)) throw corrupt('its header is no header');
  return { identity, lengths };
}

/** The error for a saved index that cannot be used. */
export function corrupt(problem: string, cause?: unknown): VectorStoreError {
  return new VectorStoreError('Corruption', `the saved index cannot be used: ${problem}`, { cause });
}
