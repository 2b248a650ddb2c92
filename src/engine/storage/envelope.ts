import { VectorStoreError } from '../../errors.ts';
import { TimeSlice } from '../time-slice.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { crc32 } from './crc32.ts';

/*
 * A checksummed envelope for bytes that somebody else will parse (native index files, which crash on damage instead of noticing it):
 * magic, format version, CRC-32 of all that follows, header as JSON text, content.
 */
const magic = 0x45564e41; // "ANVE"
const version = 2;
const prefixBytes = 12;

/** Bytes whose checksum is computed between two looks at the clock: about a millisecond's work. */
const checkedAtOnce = 2 ** 21;

/** The parts of a file, in order: joining them would copy the content, which must not change meanwhile. In slices. */
export async function sealEnvelope(header: object, content: Uint8Array): Promise<Uint8Array[]> {
  const head = new ByteWriter().text(JSON.stringify(header)).u32(content.byteLength).bytes();
  const slice = new TimeSlice(new AbortController().signal);
  let checksum = crc32(head);
  for (let at = 0; at < content.byteLength; at += checkedAtOnce) {
    checksum = crc32(content.subarray(at, at + checkedAtOnce), checksum);
    await slice.pause();
  }
  return [new ByteWriter().u32(magic).u32(version).u32(checksum).bytes(), head, content];
}

/**
 * Header and content of a file made by {@link sealEnvelope}, verified.
 *
 * @throws `Corruption`
 */
export function openEnvelope(bytes: Uint8Array, name: string): { header: unknown; content: Uint8Array } {
  const from = new ByteReader(bytes);
  if (from.u32() !== magic) throw new VectorStoreError('Corruption', `${name} is no file of this library`);
  const found = from.u32();
  if (found !== version) throw otherVersion(name, found);
  if (from.u32() !== crc32(bytes.subarray(prefixBytes)))
    throw new VectorStoreError('Corruption', `${name} fails its checksum`);
  const header: unknown = JSON.parse(from.text());
  const content = from.raw(from.u32());
  if (!from.done) throw new VectorStoreError('Corruption', `${name} has bytes to spare`);
  return { header, content };
}

/** Damage, unless it is a version that there was: no single flipped bit makes one of the other. */
function otherVersion(name: string, found: number): VectorStoreError {
  return new VectorStoreError(
    found === 1 ? 'Unsupported' : 'Corruption',
    `${name} has format version ${found}, and this release reads ${version}: copy the records with the release that wrote it into a new directory`,
  );
}
