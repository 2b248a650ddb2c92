import { beforeAll, describe, expect, test } from 'vitest';
import { vectorMaker } from '../../test/support/vectors.ts';
import { type FaissModule, loadFaiss } from './client.ts';
import { parseFactory } from './factory.ts';
import { fromBytes, toBytes } from './index-file.ts';
import { findEffort, memorySource, readHeader } from './serialized.ts';

const dimension = 16;
const room = 2 ** 22;
let addon: FaissModule;

beforeAll(async () => {
  addon = await loadFaiss();
});

function built(factory: string, count: number) {
  const make = vectorMaker(dimension);
  const numbers = (rows: number) => Array.from({ length: rows }, () => [...make()]).flat();
  const index = addon.Index.fromFactory(dimension, parseFactory(factory, dimension, 'cosine').text, 1);
  if (!index.isTrained()) index.train(numbers(700));
  if (count > 0) index.add(numbers(count));
  return index;
}

const values = (bytes: Uint8Array) =>
  Object.fromEntries(Object.entries(findEffort(memorySource(bytes))).map(([name, field]) => [name, field.value]));

describe.each([0, 500])('in an index of %d vectors', (count) => {
  test.each([
    ['HNSW8', { efConstruction: 40, efSearch: 16 }],
    ['HNSW8_SQ8', { efConstruction: 40, efSearch: 16 }],
    ['HNSW8_PQ4', { efConstruction: 40, efSearch: 16 }],
    ['IVF8,Flat', { nprobe: 1 }],
    ['IVF8,SQ8', { nprobe: 1 }],
    ['IVF8,PQ4x4', { nprobe: 1 }],
    ['IVF8,PQ4x4fsr', { nprobe: 1 }],
    ['IVF8,PQ4+4', { nprobe: 1 }],
    ['IVF8_HNSW4,Flat', { nprobe: 1, coarseEfSearch: 16 }],
    ['IMI2x2,Flat', { nprobe: 1 }],
    ['RR,IVF8,Flat', { nprobe: 1 }],
    ['PCA8,HNSW8', { efConstruction: 40, efSearch: 16 }],
    ['PCAR8,IVF8,SQ4', { nprobe: 1 }],
    ['OPQ2_8,IVF8,PQ4x4', { nprobe: 1 }],
    ['ITQ8,HNSW8', { efConstruction: 40, efSearch: 16 }],
    ['ITQ,IVF8,Flat', { nprobe: 1 }],
    ['L2norm,Pad20,RR12,IVF8,Flat', { nprobe: 1 }],
    ['IVF8,PQ4x4,RFlat', { nprobe: 1 }],
    ['RR,HNSW8_SQ8,RFlat', { efConstruction: 40, efSearch: 16 }],
    ['Flat', {}],
    ['SQ8', {}],
    ['LSH', {}],
    ['RR,PQ4x4', {}],
  ])('the effort of %s is found, changed, and read back by the library', (factory, expected) => {
    const index = built(factory, count);
    const before = toBytes(index, room);
    expect(values(before)).toEqual(expected);
    expect(readHeader(memorySource(before))).toMatchObject({ dimension, count, trained: true, innerProduct: false });
    const effort = { efConstruction: 77, efSearch: 99, nprobe: 3, coarseEfSearch: 55 };
    const changed = toBytes(index, room, effort);
    const used = Object.fromEntries(Object.entries(effort).filter(([name]) => name in expected));
    expect(values(changed)).toEqual(used);
    // The library reads it, and writes what was put in.
    expect(toBytes(fromBytes(addon, changed), room)).toEqual(changed);
    expect(changed.filter((byte, i) => byte !== before[i]).length).toBeLessThanOrEqual(Object.keys(used).length * 2);
  });
});

test('what is no index, or ends too soon, has no effort', () => {
  const bytes = toBytes(built('PCA8,IVF8_HNSW4,Flat', 100), room);
  for (let length = 0; length < bytes.length; length += 7) {
    const cut = findEffort(memorySource(bytes.subarray(0, length)));
    for (const field of Object.values(cut)) expect(field.at + field.bytes).toBeLessThanOrEqual(length);
  }
  expect(findEffort(memorySource(new Uint8Array(1_000)))).toEqual({});
  const foreign = Uint8Array.from(bytes);
  foreign[0]! ^= 0xff;
  expect(findEffort(memorySource(foreign))).toEqual({});
});
