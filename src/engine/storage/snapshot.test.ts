import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileInMemory } from '../../../test/support/file-in-memory.ts';
import { printSeed, seed } from '../../../test/support/seed.ts';
import { VectorStoreError } from '../../errors.ts';
import { norm } from '../../score.ts';
import type { PartitionContent } from '../partition-image.ts';
import { Bitset } from '../payload/bitset.ts';
import { BlockFile, BlockFileWriter } from './block-file.ts';
import type { FileSystem } from './filesystem.ts';
import { nodeFileSystem } from './node-filesystem.ts';
import { ReadAhead } from './read-ahead.ts';
import { Snapshot } from './snapshot.ts';
import { writeSnapshot } from './snapshot-writer.ts';

printSeed('snapshots');
const kind = { dimension: 3, metric: 'cosine' } as const;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-snapshot-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Slot 2 is free, slot 1 has no vector; the record in slot 3 is the oldest. */
const vectors = [Float32Array.of(1, -0, 3e-39), undefined, undefined, Float32Array.of(0.1, 2, -3)];
const ids = ['a', 'ü😀', '', 'c'];
const payloads = ['{"x":[1,null]}', '{}', '', `{"text":"${'é'.repeat(3_000)}"}`];
const content: PartitionContent = {
  slots: 4,
  order: Uint32Array.of(3, 0, 1),
  free: Uint32Array.of(2),
  withVector: Bitset.of([0, 3]).words(),
  vectorVersion: 2 ** 40 + 1,
  id: (slot) => ids[slot]!,
  payload: (slot) => payloads[slot]!,
  vector: (slot) => vectors[slot]!,
};
const empty: PartitionContent = {
  ...content,
  slots: 0,
  order: new Uint32Array(0),
  free: new Uint32Array(0),
  withVector: new Uint32Array(0),
};

/** All that can be read. */
async function everything(
  path: string,
  seal: Awaited<ReturnType<typeof writeSnapshot>>,
  fs: FileSystem = nodeFileSystem,
) {
  const snapshot = await Snapshot.open(fs, path, seal, kind);
  try {
    return [...(await snapshot.images())].map(([namespace, { stored, ...image }]) => {
      const vectors = Array.from(image.order, (slot) => {
        const vector = new Float32Array(kind.dimension);
        stored.vector(slot, vector);
        return vector;
      });
      const rows = new Uint8Array(image.slots * 20);
      stored.rows(0, rows);
      const payloads = Array.from(image.order, (slot) => stored.payload(slot));
      return { namespace, image, vectors, rows, ids: [...image.ids.all()], payloads };
    });
  } finally {
    await snapshot.close();
  }
}

const written = (path: string) =>
  writeSnapshot(nodeFileSystem, path, kind, [
    ['', content],
    ['tenant/😀', empty],
  ]);

describe('a snapshot', () => {
  it('gives back what was written, vectors with their norms', async () => {
    const path = join(directory, 'whole');
    const [first, second] = await everything(path, await written(path));
    const { slots, order, free, withVector, vectorVersion } = content;
    expect(first).toMatchObject({
      namespace: '',
      image: { slots, order, free, withVector, vectorVersion },
      ids: [
        [0, 'a'],
        [1, 'ü😀'],
        [3, 'c'],
      ],
      payloads: [payloads[3], payloads[0], payloads[1]],
      vectors: [vectors[3], vectors[0], new Float32Array(kind.dimension)],
    });
    for (const slot of [0, 3]) {
      expect(new Float32Array(first!.rows.slice(slot * 20, slot * 20 + 12).buffer)).toEqual(vectors[slot]);
      expect(new DataView(first!.rows.buffer).getFloat64(slot * 20 + 12, true)).toBe(norm(vectors[slot]!));
    }
    expect(second).toMatchObject({ namespace: 'tenant/😀', image: { slots: 0 }, ids: [], payloads: [] });
    expect([0, 1, 3].map((slot) => first!.image.ids.at(slot))).toEqual(['a', 'ü😀', 'c']);
  });

  it('every flipped bit is damage: at the latest when it is read, never other data', async () => {
    const path = join(directory, 'flipped');
    const seal = await written(path);
    const bytes = await readFile(path);
    for (let bit = 0; bit < bytes.length * 8; bit += bit % 5 === 0 ? 11 : 13) {
      const copy = Buffer.from(bytes);
      copy[bit >> 3]! ^= 1 << (bit & 7);
      await expect(everything(path, seal, fileInMemory(copy)), `bit ${bit}`).rejects.toMatchObject({
        code: 'Corruption',
      });
    }
    for (const length of [0, 1, 4_096, bytes.length - 1]) {
      await expect(everything(path, seal, fileInMemory(bytes.subarray(0, length)))).rejects.toMatchObject({
        code: 'Corruption',
      });
    }
    await rm(path);
    await expect(everything(path, seal)).rejects.toMatchObject({
      code: 'Corruption',
      message: expect.stringContaining('missing'),
    });
  });
});

describe('a file of blocks', () => {
  it('gives any part, read in any order, ahead or not', async () => {
    const path = join(directory, 'blocks');
    const bytes = Uint8Array.from({ length: 50_001 }, (_, i) => (i * 2_654_435_761) >>> 24);
    const writer = await BlockFileWriter.create(nodeFileSystem, path);
    for (let at = 0; at < bytes.length; at += 7_001) await writer.write(bytes.subarray(at, at + 7_001));
    const seal = await writer.finish();
    await writer.close();
    const part = fc.tuple(fc.nat(bytes.length), fc.nat(20_000));
    await fc.assert(
      fc.asyncProperty(fc.array(part), async (parts) => {
        const file = await BlockFile.open(nodeFileSystem, path, seal);
        const ahead = new ReadAhead(file);
        for (const [offset, wanted] of parts) {
          const length = Math.min(wanted, bytes.length - offset);
          const target = new Uint8Array(length);
          file.read(offset, target);
          const wantedBytes = bytes.subarray(offset, offset + length);
          for (const found of [target, ahead.at(offset, length), await file.load(offset, length)])
            expect(Buffer.compare(found, wantedBytes)).toBe(0);
        }
        expect(() => file.read(bytes.length - 1, new Uint8Array(2))).toThrow(VectorStoreError);
        await file.close();
      }),
      { seed, numRuns: 60 },
    );
  });
});
