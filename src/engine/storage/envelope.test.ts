import { describe, expect, it } from 'vitest';
import { fileInMemory } from '../../../test/support/file-in-memory.ts';
import { OpenEnvelope, sealEnvelope } from './envelope.ts';
import type { FileSystem } from './filesystem.ts';

/** More than is read at once, and not a multiple of it. */
const content = Uint8Array.from({ length: 5_500_001 }, (_, i) => Math.imul(i, 2_654_435_761) >>> 24);
// A piece is good until the next is asked for.
const whole = Buffer.concat(Array.from(await sealEnvelope({ kind: 'test' }, [content]), (piece) => piece.slice()));
const contentAt = whole.byteLength - content.byteLength;

/** A file in memory whose reads end in the opposite order of their beginning, as far as any wait at the same time. */
class Reads {
  readonly bytes: Uint8Array;
  readonly failAt: number;
  readonly waiting: (() => void)[] = [];
  most = 0;
  open = 0;

  constructor(bytes: Uint8Array, failAt = Number.POSITIVE_INFINITY) {
    this.bytes = bytes;
    this.failAt = failAt;
  }

  get fileSystem(): FileSystem {
    return fileInMemory(this.bytes, {
      readInto: async (offset, target) => {
        this.open += 1;
        this.most = Math.max(this.most, this.open);
        await new Promise<void>((resolve) => {
          this.waiting.push(resolve);
          setImmediate(() => this.waiting.pop()?.());
        });
        this.open -= 1;
        if (offset + target.byteLength > this.failAt) throw Object.assign(new Error('EIO'), { code: 'EIO' });
        const part = this.bytes.subarray(offset, offset + target.byteLength);
        target.set(part);
        return part.byteLength;
      },
    });
  }
}

const readAll = async (reads: Reads) => {
  const envelope = await OpenEnvelope.open(reads.fileSystem, 'file');
  const found = new Uint8Array(envelope.byteLength);
  // In parts: few bytes, and many.
  let at = 0;
  for (const length of [12, 70_000, 0, found.byteLength - 70_012]) {
    await envelope.read(found.subarray(at, at + length));
    at += length;
  }
  envelope.verify();
  return found;
};

describe('a file that is read from its beginning to its end', () => {
  it('gives what was written, whichever of several reads ends first', async () => {
    const reads = new Reads(whole);
    expect(Buffer.compare(await readAll(reads), content)).toBe(0);
    expect(reads.most).toBeGreaterThan(1);
  });

  it.each([0, 11, 12, 70_011, 70_012, 1_048_576, 3_000_000, content.byteLength - 1])(
    'is found damaged where byte %i of its content is another',
    async (at) => {
      const bytes = new Uint8Array(whole);
      bytes[contentAt + at]! ^= 4;
      await expect(readAll(new Reads(bytes))).rejects.toMatchObject({ code: 'Corruption' });
    },
  );

  it('is found damaged where it became shorter while it was read', async () => {
    const reads = new Reads(whole);
    const envelope = await OpenEnvelope.open(reads.fileSystem, 'file');
    Object.assign(reads, { bytes: whole.subarray(0, whole.byteLength - 1_500_000) });
    await expect(envelope.read(new Uint8Array(envelope.byteLength))).rejects.toMatchObject({ code: 'Corruption' });
    expect(reads.open).toBe(0);
  });

  it.each([1_200_000, 2_200_000, whole.byteLength - 1])(
    'fails with the error of the system, and not before every read has ended: byte %i',
    async (failAt) => {
      const reads = new Reads(whole, failAt);
      const envelope = await OpenEnvelope.open(reads.fileSystem, 'file');
      await expect(envelope.read(new Uint8Array(envelope.byteLength))).rejects.toMatchObject({ code: 'EIO' });
      expect(reads.open).toBe(0);
    },
  );
});
