import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { EmbeddingCache } from './embedding-cache.ts';

const model = 'ab'.repeat(32);
let directory: string;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'anyvec-cache-'));
  path = join(directory, 'sub', 'embeddings.bin');
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (checksum = model, dimension = 3, capacity?: number) =>
  EmbeddingCache.open(path, checksum, dimension, capacity);
const filled = async () => {
  const cache = await open();
  for (let i = 0; i < 5; i++) cache.set(`text ${i}`, Float32Array.of(i, i / 3, -i));
  await cache.save();
  return cache;
};

describe('EmbeddingCache', () => {
  it('gives back the exact bits after it was saved and opened again', async () => {
    await filled();
    const cache = await open();
    expect(cache.size).toBe(5);
    expect(cache.get('text 4')).toEqual(Float32Array.of(4, 4 / 3, -4));
    expect(cache.get('text 5')).toBeUndefined();
  });

  it('is empty for another model or dimension', async () => {
    await filled();
    expect((await open('cd'.repeat(32))).size).toBe(0);
    expect((await open(model, 4)).size).toBe(0);
  });

  it('is empty, never wrong, after any change of any byte or length of its file', async () => {
    await filled();
    const intact = await readFile(path);
    const damage = fc.oneof(
      fc.record({ at: fc.nat(intact.length - 1), flip: fc.integer({ min: 1, max: 255 }) }),
      fc.record({ cut: fc.nat(intact.length - 1) }),
    );
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        const bytes = 'cut' in how ? intact.subarray(0, how.cut) : Buffer.from(intact);
        if ('at' in how) bytes[how.at]! ^= how.flip;
        await writeFile(path, bytes);
        expect((await open()).size).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it('forgets the longest unused entry beyond its capacity', async () => {
    const cache = await open(model, 1, 2);
    cache.set('a', Float32Array.of(1));
    cache.set('b', Float32Array.of(2));
    cache.get('a');
    cache.set('c', Float32Array.of(3));
    expect(['a', 'b', 'c'].map((text) => cache.get(text)?.[0])).toEqual([1, undefined, 3]);
  });

  it('keeps its own copy of a vector', async () => {
    const cache = await open();
    const vector = Float32Array.of(1, 2, 3);
    cache.set('a', vector);
    vector[0] = 9;
    expect(cache.get('a')?.[0]).toBe(1);
  });

  it('leaves no temporary files, and writes nothing when nothing is new', async () => {
    const cache = await filled();
    expect(await readdir(join(directory, 'sub'))).toEqual(['embeddings.bin']);
    await rm(path);
    await cache.save();
    expect(await readdir(join(directory, 'sub'))).toEqual([]);
  });
});
