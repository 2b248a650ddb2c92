import { VectorStoreError } from '../../errors.ts';
import type { SavedContent } from '../index/saved-content.ts';
import { TimeSlice } from '../time-slice.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { type FileHandle, type FileSystem, openExisting } from './filesystem.ts';

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

/** The same of a file, read from its beginning to its end: what the header says may be damage until {@link OpenEnvelope.verify}. */
export class OpenEnvelope implements SavedContent {
  readonly header: unknown;
  readonly byteLength: number;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #expected: number;
  readonly #slice = new TimeSlice(new AbortController().signal);
  #checksum: number;
  #at: number;
  readonly #end: number;

  private constructor(path: string, file: FileHandle, expected: number, head: Uint8Array) {
    const from = new ByteReader(head);
    this.#path = path;
    this.#file = file;
    this.#expected = expected;
    this.#checksum = crc32(head);
    this.header = JSON.parse(from.text());
    this.byteLength = from.u32();
    this.#at = prefixBytes + head.byteLength;
    this.#end = this.#at + this.byteLength;
  }

  /** @throws `Corruption` */
  static async open(fs: FileSystem, path: string): Promise<OpenEnvelope> {
    const file = await openExisting(fs, path);
    try {
      const size = await file.size();
      // Magic, version, checksum, length of the header.
      const first = await file.read(0, Math.min(size, prefixBytes + 4));
      const from = new ByteReader(first);
      if (from.u32() !== magic) throw new VectorStoreError('Corruption', `${path} is no file of this library`);
      const found = from.u32();
      if (found !== version) throw otherVersion(path, found);
      const expected = from.u32();
      const head = await file.read(prefixBytes, Math.min(size - prefixBytes, 8 + from.u32()));
      const envelope = new OpenEnvelope(path, file, expected, head);
      if (envelope.#end !== size) throw envelope.#damaged();
      return envelope;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async read(target: Uint8Array): Promise<void> {
    if (this.#at + target.byteLength > this.#end) throw this.#damaged();
    for (let done = 0; done < target.byteLength; done += checkedAtOnce) {
      const part = target.subarray(done, done + checkedAtOnce);
      if (this.#file.readSync(this.#at, part) !== part.byteLength) throw this.#damaged();
      this.#checksum = crc32(part, this.#checksum);
      this.#at += part.byteLength;
      await this.#slice.pause();
    }
  }

  verify(): void {
    if (this.#at !== this.#end || this.#checksum !== this.#expected) throw this.#damaged();
  }

  /**
   * Reads the rest, for nothing but this.
   *
   * @throws `Corruption` as `verify` does.
   */
  async verifyRest(): Promise<void> {
    const buffer = new Uint8Array(Math.min(checkedAtOnce, this.#end - this.#at));
    while (this.#at < this.#end) await this.read(buffer.subarray(0, this.#end - this.#at));
    this.verify();
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  #damaged(): VectorStoreError {
    return new VectorStoreError('Corruption', `${this.#path} fails its checksum`);
  }
}

/** Damage, unless it is a version that there was: no single flipped bit makes one of the other. */
function otherVersion(name: string, found: number): VectorStoreError {
  return new VectorStoreError(
    found === 1 ? 'Unsupported' : 'Corruption',
    `${name} has format version ${found}, and this release reads ${version}: copy the records with the release that wrote it into a new directory`,
  );
}
