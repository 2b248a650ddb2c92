import { VectorStoreError } from '../../errors.ts';
import { TimeSlice } from '../../time-slice.ts';
import type { SavedContent } from '../index/saved-content.ts';
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
/** Bytes of one write. */
const writtenAtOnce = 2 ** 20;
/** Bytes of one read of many, and how many reads wait for other threads: reading into memory that nobody has touched is work for the system. */
const pieceBytes = 2 ** 20;
const readsAhead = 3;
/** Up to so many bytes are read sooner than another thread is asked. */
const fewBytes = 2 ** 16;

/** The pieces of a file, in order; see `replaceFile`. The content, in parts, must not change until all of it is written. In slices. */
export async function sealEnvelope(header: object, content: readonly Uint8Array[]): Promise<Iterable<Uint8Array>> {
  const bytes = content.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const head = new ByteWriter().text(JSON.stringify(header)).u32(bytes).bytes();
  const slice = new TimeSlice(new AbortController().signal);
  let checksum = crc32(head);
  for (const part of content)
    for (let at = 0; at < part.byteLength; at += checkedAtOnce) {
      checksum = crc32(part.subarray(at, at + checkedAtOnce), checksum);
      await slice.pause();
    }
  return envelopePieces(new ByteWriter().u32(magic).u32(version).u32(checksum).bytes(), head, content, bytes);
}

/** The content is not handed out as it is: it may lie in memory that threads share, which not every file can be written from. */
function* envelopePieces(
  prefix: Uint8Array,
  head: Uint8Array,
  content: readonly Uint8Array[],
  contentBytes: number,
): Generator<Uint8Array, void, undefined> {
  yield prefix;
  yield head;
  const piece = new Uint8Array(Math.min(writtenAtOnce, contentBytes));
  let filled = 0;
  for (const part of content)
    for (let at = 0; at < part.byteLength; ) {
      const bytes = part.subarray(at, at + piece.byteLength - filled);
      piece.set(bytes, filled);
      filled += bytes.byteLength;
      at += bytes.byteLength;
      if (filled < piece.byteLength) continue;
      yield piece;
      filled = 0;
    }
  // Prefix, head and content are a write each at least, also without content: crash tests draw their moments among the writes.
  if (filled > 0 || contentBytes === 0) yield piece.subarray(0, filled);
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
    if (target.byteLength > fewBytes) return this.#readAhead(target);
    if (this.#file.readSync(this.#at, target) !== target.byteLength) throw this.#damaged();
    this.#take(target);
    await this.#slice.pause();
  }

  /** The next pieces are read while this thread computes the checksum of those that are there. */
  async #readAhead(target: Uint8Array): Promise<void> {
    const start = this.#at;
    const reads: Promise<number>[] = [];
    const pieceFrom = (at: number) => target.subarray(at, at + pieceBytes);
    try {
      for (let done = 0; done < target.byteLength; done += pieceBytes) {
        const until = Math.min(target.byteLength, done + readsAhead * pieceBytes);
        for (let at = reads.length * pieceBytes; at < until; at += pieceBytes) {
          const read = this.#file.readInto(start + at, pieceFrom(at));
          // One that fails before its turn is no failure that nobody waits for.
          read.catch(() => undefined);
          reads.push(read);
        }
        const piece = pieceFrom(done);
        if ((await reads[done / pieceBytes]) !== piece.byteLength) throw this.#damaged();
        this.#take(piece);
      }
    } finally {
      // From now on `target` is the caller's again.
      await Promise.allSettled(reads);
    }
  }

  #take(bytes: Uint8Array): void {
    this.#checksum = crc32(bytes, this.#checksum);
    this.#at += bytes.byteLength;
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
