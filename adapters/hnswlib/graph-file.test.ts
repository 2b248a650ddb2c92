import { beforeAll, expect, test } from 'vitest';
import { Vectors, vectorMaker } from '../../test/support/vectors.ts';
import { loadHnswlib } from './client.ts';
import { Graph } from './graph.ts';
import { checkGraphFile, elementBytes, type GraphFileShape, graphFileBytes } from './graph-file.ts';

const shape: GraphFileShape = { dimension: 5, m: 4, efConstruction: 30, count: 600 };
const header = 96;
const row = (position: number) => header + position * elementBytes(shape);
const upperLinks = row(shape.count);
let file: Buffer;

beforeAll(async () => {
  const addon = await loadHnswlib();
  const vectors = new Vectors(shape.dimension, 'euclidean');
  const make = vectorMaker(shape.dimension);
  const slots = Array.from({ length: shape.count }, (_, slot) => slot);
  for (const slot of slots) vectors.bySlot.set(slot, make());
  const graph = new Graph(addon, { m: shape.m, efConstruction: shape.efConstruction, ef: 10, seed: 1 }, vectors);
  graph.append(slots);
  file = Buffer.from(graph.toFile());
});

const check = (change: (file: Buffer) => Uint8Array | number) => () => {
  const copy = Buffer.from(file);
  const changed = change(copy);
  checkGraphFile(typeof changed === 'number' ? copy : changed, shape);
};

test('a file of the library passes, and is no longer than foreseen', () => {
  expect(check(() => 0)).not.toThrow();
  expect(file.length).toBeLessThanOrEqual(graphFileBytes(shape, shape.count));
  expect(file.length).toBeGreaterThan(graphFileBytes(shape, shape.count) / 2);
});

test.each<[string, (file: Buffer) => Uint8Array | number]>([
  ['nothing', () => Buffer.alloc(0)],
  ['no more than a header', (f) => f.subarray(0, header)],
  ['the last byte missing', (f) => f.subarray(0, -1)],
  ['a byte too many', (f) => Buffer.concat([f, Buffer.alloc(1)])],
  ['another count', (f) => f.writeBigUInt64LE(599n, 16)],
  ['less capacity than elements', (f) => f.writeBigUInt64LE(1n, 8)],
  ['capacity without bounds', (f) => f.writeBigUInt64LE(1n << 40n, 8)],
  ['another element size', (f) => f.writeBigUInt64LE(1n, 24)],
  ['another place for labels', (f) => f.writeBigUInt64LE(1n << 33n, 32)],
  ['another place for vectors', (f) => f.writeBigUInt64LE(0n, 40)],
  ['a top level that nobody is on', (f) => f.writeInt32LE(f.readInt32LE(48) + 1, 48)],
  ['a top level below some', (f) => f.writeInt32LE(0, 48)],
  ['a negative top level', (f) => f.writeInt32LE(-1, 48)],
  ['an entry point beyond the end', (f) => f.writeUInt32LE(shape.count, 52)],
  ['another m', (f) => f.writeBigUInt64LE(5n, 72)],
  ['another level factor', (f) => f.writeDoubleLE(Number.NaN, 80)],
  ['another efConstruction', (f) => f.writeBigUInt64LE(31n, 88)],
  ['too many links', (f) => f.writeUInt16LE(2 * shape.m + 1, row(17))],
  ['a deleted element', (f) => f.writeUInt8(1, row(17) + 2)],
  ['a link beyond the end', (f) => f.writeUInt32LE(shape.count, row(17) + 4)],
  ['a link to itself', (f) => f.writeUInt32LE(17, row(17) + 4)],
  ['another label', (f) => f.writeUInt32LE(18, row(18) - 8)],
  ['upper links of an odd length', (f) => f.writeUInt32LE(1, upperLinks)],
  ['upper links beyond the end', (f) => f.writeUInt32LE(20 * 2 ** 20, upperLinks)],
])('%s is noticed', (_, change) => {
  expect(check(change)).toThrow(expect.objectContaining({ code: 'Corruption' }));
});

test('a link to an element that is not on its level is noticed', () => {
  const levelBytes = 4 + 4 * shape.m;
  const low = firstWith(0);
  const high = firstWith(1);
  expect(check((f) => f.writeUInt32LE(low.position, high.at + 8))).toThrow(
    expect.objectContaining({ code: 'Corruption' }),
  );

  function firstWith(levels: number): { position: number; at: number } {
    let at = upperLinks;
    for (let position = 0; ; position++) {
      const length = file.readUInt32LE(at);
      if (length / levelBytes === levels && (levels === 0 || file.readUInt32LE(at + 4) > 0)) return { position, at };
      at += 4 + length;
    }
  }
});

test('a file of another dimension is noticed', () => {
  expect(() => checkGraphFile(file, { ...shape, dimension: 6 })).toThrow(
    expect.objectContaining({ code: 'Corruption' }),
  );
});
