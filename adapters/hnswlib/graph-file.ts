import { corrupt } from '../../src/engine/index/package.ts';

/*
 * The library's file (little-endian, 64-bit): a header of 96 bytes; per element a row of fixed size: links of level 0 (count, ids), vector,
 * label; then per element the byte length of its upper links and those links. The library trusts every number in it, so each one is checked.
 */
const headerBytes = 96;

/** What the file of a graph must be about. */
export interface GraphFileShape {
  readonly dimension: number;
  readonly m: number;
  readonly efConstruction: number;
  readonly count: number;
}

/** Bytes per element at level 0. */
export function elementBytes({ dimension, m }: { readonly dimension: number; readonly m: number }): number {
  return levelBytes(2 * m) + 4 * dimension + 8;
}

/** An upper bound of the file's size: few elements have upper levels, and none has many. */
export function graphFileBytes(shape: { readonly dimension: number; readonly m: number }, count: number): number {
  return headerBytes + count * (elementBytes(shape) + 4 + 2 * levelBytes(shape.m)) + 64 * levelBytes(shape.m);
}

const levelBytes = (links: number) => 4 + 4 * links;

/**
 * Checks that the file describes a graph of this shape whose labels are the positions, and that no link leads out of it.
 *
 * @throws `Corruption`
 */
export function checkGraphFile(bytes: Uint8Array, shape: GraphFileShape): void {
  if (bytes.byteLength < headerBytes) throw corrupt('the graph file is too short');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { maxLevel, entryPoint } = checkHeader(view, shape);
  const levels = readLevels(view, shape);
  if (shape.count > 0 && levels.at[entryPoint] !== maxLevel)
    throw corrupt('the entry point of the graph is not on its top level');
  for (const level of levels.at) if (level > maxLevel) throw corrupt('the graph has elements above its top level');
  for (let position = 0; position < shape.count; position++) checkElement(view, shape, levels, position);
}

function checkHeader(view: DataView, shape: GraphFileShape): { maxLevel: number; entryPoint: number } {
  const { dimension, m, efConstruction, count } = shape;
  const size = (at: number) => Number(view.getBigUint64(at, true));
  const element = elementBytes({ dimension, m });
  const expected: readonly (readonly [string, number, number])[] = [
    ['offset of level 0', size(0), 0],
    ['count', size(16), count],
    ['element size', size(24), element],
    ['label offset', size(32), element - 8],
    ['vector offset', size(40), levelBytes(2 * m)],
    ['links per level', size(56), m],
    ['links at level 0', size(64), 2 * m],
    ['m', size(72), m],
    ['efConstruction', size(88), Math.max(efConstruction, m)],
  ];
  for (const [name, found, wanted] of expected) {
    if (found !== wanted) throw corrupt(`the ${name} in the graph file is ${found}, not ${wanted}`);
  }
  const capacity = size(8);
  if (capacity < count || capacity > Math.max(1_024, 4 * count))
    throw corrupt(`the capacity in the graph file is ${capacity}`);
  const levelFactor = view.getFloat64(80, true);
  // Two logarithms, two last digits.
  if (!(Math.abs(levelFactor * Math.log(m) - 1) < 1e-12)) throw corrupt('the level factor in the graph file is wrong');
  const maxLevel = view.getInt32(48, true);
  const entryPoint = view.getUint32(52, true);
  if (count > 0 && (maxLevel < 0 || entryPoint >= count)) throw corrupt('the graph has no valid entry point');
  return { maxLevel, entryPoint };
}

interface Levels {
  /** Top level by position. */
  readonly at: Int32Array;
  /** Where the upper links of a position begin in the file. */
  readonly offsets: Float64Array;
}

function readLevels(view: DataView, shape: GraphFileShape): Levels {
  const { m, count } = shape;
  const levels: Levels = { at: new Int32Array(count), offsets: new Float64Array(count) };
  let at = headerBytes + count * elementBytes(shape);
  for (let position = 0; position < count; position++) {
    if (at + 4 > view.byteLength) throw corrupt('the graph file ends too soon');
    const length = view.getUint32(at, true);
    at += 4;
    if (length % levelBytes(m) !== 0) throw corrupt('the upper links of the graph have a wrong length');
    levels.at[position] = length / levelBytes(m);
    levels.offsets[position] = at;
    at += length;
  }
  if (at !== view.byteLength) throw corrupt('the graph file has the wrong length');
  return levels;
}

function checkElement(view: DataView, shape: GraphFileShape, levels: Levels, position: number): void {
  const { m, count } = shape;
  const row = headerBytes + position * elementBytes(shape);
  const label = view.getBigUint64(row + elementBytes(shape) - 8, true);
  if (label !== BigInt(position)) throw corrupt('the labels of the graph are not its positions');
  checkLinks(row, 2 * m, 0);
  for (let level = 1; level <= levels.at[position]!; level++) {
    checkLinks(levels.offsets[position]! + (level - 1) * levelBytes(m), m, level);
  }

  function checkLinks(at: number, most: number, level: number): void {
    // The upper half of the word would mark a deleted element, which we never make.
    const links = view.getUint32(at, true);
    if (links > most) throw corrupt('an element of the graph has too many links, or was deleted');
    for (let i = 1; i <= links; i++) {
      const target = view.getUint32(at + 4 * i, true);
      if (target >= count || target === position || levels.at[target]! < level)
        throw corrupt('a link of the graph leads nowhere');
    }
  }
}
