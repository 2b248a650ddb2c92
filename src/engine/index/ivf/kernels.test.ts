/** Each kernel against the same in plain TypeScript: integers to the bit, floats to 1e-5 of what was added up. */
import { describe, expect, test } from 'vitest';
import { randomNumbers } from '../../../../test/support/vectors.ts';
import { compileIvf } from '../../kernels/ivf.ts';
import { ListsMemory, partStarts } from './lists-memory.ts';
import type { ListKind } from './settings.ts';

const dimensions = [...Array.from({ length: 257 }, (_, i) => i + 1), 384, 768, 1_536];
const module = (await compileIvf())();
const scratchBytes = 2 ** 18;

function memoryOf(
  dimension: number,
  { kind = 'flat' as ListKind, parts = 0, entries = 0, rotated = false, lists = 1 } = {},
) {
  const memory = new ListsMemory(module, { dimension, euclidean: true, kind, lists, parts, entries, rotated });
  memory.reserve(memory.layout.blocks + scratchBytes);
  const { blocks } = memory.layout;
  return {
    memory,
    kernels: memory.kernels,
    padded: memory.layout.padded,
    /** The i-th of some places with room for 2,048 f32. */
    place: (i: number) => blocks + i * 8_192,
    floats: (at: number, length: number) => new Float32Array(memory.buffer, at, length),
    shorts: (at: number, length: number) => new Int16Array(memory.buffer, at, length),
    bytes: (at: number, length: number) => new Int8Array(memory.buffer, at, length),
    integers: (at: number, length: number) => new Int32Array(memory.buffer, at, length),
  };
}

const twins = {
  integerProduct: (codes: Int8Array, query: Int16Array) => codes.reduce((sum, code, i) => sum + code * query[i]!, 0),
  innerProduct: (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0),
  squaredDistance: (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0),
  absoluteProduct: (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + Math.abs(x * b[i]!), 0),
};

function gaussians(seed: number) {
  const random = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Fills the components that count; those beyond stay zero. */
function fill(target: Float32Array, dimension: number, next: () => number): Float32Array {
  for (let i = 0; i < dimension; i++) target[i] = next();
  return target;
}

function within(actual: number, expected: number, scale: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-5 * Math.max(scale, Number.MIN_VALUE));
}

test('products of codes are exact, extremes included', () => {
  const random = randomNumbers(1);
  for (const dimension of dimensions) {
    const { kernels, padded, place, shorts, bytes, integers } = memoryOf(dimension);
    // The largest that `prepare` makes: the sum of all stays below 2³⁰.
    const largest = Math.min(32_767, Math.floor(2 ** 30 / 127 / padded));
    const query = shorts(place(4), padded);
    for (let i = 0; i < padded; i++) {
      query[i] = i % 7 === 0 ? (random() < 0.5 ? largest : -largest) : Math.round((2 * random() - 1) * largest);
      for (let row = 0; row < 4; row++) {
        const extreme = row === 3 ? (query[i]! < 0 ? -127 : 127) : Math.round(254 * random() - 127);
        bytes(place(row), padded)[i] = extreme;
      }
    }
    kernels.rowProducts(place(0), place(1), place(2), place(3), place(4), place(5));
    const expected = [0, 1, 2, 3].map((row) => twins.integerProduct(bytes(place(row), padded), query));
    expect([...integers(place(5), 4)]).toEqual(expected);
  }
});

test('inner products and squared distances', () => {
  const next = gaussians(2);
  for (const dimension of dimensions) {
    const { kernels, padded, place, floats } = memoryOf(dimension);
    const a = fill(floats(place(0), padded), dimension, next);
    const b = fill(floats(place(1), padded), dimension, next);
    within(kernels.innerProduct(place(0), place(1), padded), twins.innerProduct(a, b), twins.absoluteProduct(a, b));
    const distance = twins.squaredDistance(a, b);
    within(kernels.squaredDistance(place(0), place(1), padded), distance, distance);
  }
});

test('a prepared vector is the vector, to half a step, and its products cannot overflow', () => {
  const next = gaussians(3);
  for (const dimension of dimensions) {
    const { kernels, padded, place, floats, shorts } = memoryOf(dimension);
    const vector = fill(floats(place(0), padded), dimension, next);
    const from = fill(floats(place(1), padded), dimension, next);
    const scales = floats(place(2), padded).map((_, i) => 10 ** ((i % 7) - 3));
    floats(place(2), padded).set(scales);
    kernels.prepare(place(0), place(1), place(2), place(3), place(4));
    const difference = vector.map((x, i) => x - from[i]!);
    const norm = twins.innerProduct(difference, difference);
    within(kernels.preparedNorm.value, norm, norm);
    const step = kernels.preparedStep.value;
    const prepared = shorts(place(4), padded);
    expect(prepared.reduce((sum, q) => sum + Math.abs(q), 0) * 127).toBeLessThan(2 ** 31);
    const errors = difference.map((y, i) => Math.abs(prepared[i]! * step - y * scales[i]!));
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.502 * step);
  }
});

test('codes stand for the vector, to half a step, and know their norm', () => {
  const next = gaussians(4);
  for (const dimension of dimensions) {
    const { kernels, padded, place, floats, bytes } = memoryOf(dimension);
    const vector = fill(floats(place(0), padded), dimension, next);
    const from = fill(floats(place(1), padded), dimension, next);
    const scales = floats(place(2), padded).map((_, i) => 10 ** ((i % 7) - 3));
    floats(place(2), padded).set(scales);
    floats(place(3), padded).set(scales.map((scale) => 1 / scale));
    const error = kernels.encode(place(0), place(1), place(2), place(3), place(4), place(5));
    const difference = vector.map((x, i) => x - from[i]!);
    const norm = twins.innerProduct(difference, difference);
    within(error, norm, norm);
    const step = kernels.encodedStep.value;
    const codes = bytes(place(5), padded);
    const decoded = Float32Array.from(codes, (code, i) => code * scales[i]! * step);
    const errors = decoded.map((x, i) => Math.abs(x - difference[i]!) / scales[i]!);
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.502 * step);
    const decodedNorm = twins.innerProduct(decoded, decoded);
    within(kernels.encodedNorm.value, decodedNorm, decodedNorm);
  }
});

describe.each([1, 3, 16, 50])('product codes, a part for about %d components', (length) => {
  test('the nearest entry, the tables, and sums from them', () => {
    const next = gaussians(5);
    for (const dimension of [1, 2, 5, 16, 33, 100, 257, 384]) {
      const parts = Math.max(1, Math.floor(dimension / length));
      const { memory, kernels, padded, place, floats } = memoryOf(dimension, { kind: 'pq', parts, entries: 256 });
      const starts = partStarts({ dimension, parts });
      const books = fill(memory.floats('codebooks', 256 * dimension), 256 * dimension, next);
      const vector = fill(floats(place(0), padded), dimension, next);
      kernels.fillTables(place(0));
      const tables = memory.floats('tables', 256 * parts);
      const rows = [1, 2, 3, 4].map((i) => new Uint8Array(memory.buffer, place(i), parts));
      for (let part = 0; part < parts; part++) {
        const components = Array.from({ length: starts[part + 1]! - starts[part]! }, (_, i) => starts[part]! + i);
        const entry = (e: number) => Float32Array.from(components, (j) => books[256 * j + e]!);
        const own = Float32Array.from(components, (j) => vector[j]!);
        const distances = Array.from({ length: 256 }, (_, e) => twins.squaredDistance(entry(e), own));
        const least = Math.min(...distances);
        within(distances[kernels.nearestEntry(place(0), part)]!, least, least);
        let worst = 0;
        for (let e = 0; e < 256; e++) {
          const expected = twins.innerProduct(entry(e), own);
          const scale = Math.max(twins.absoluteProduct(entry(e), own), Number.MIN_VALUE);
          worst = Math.max(worst, Math.abs(tables[256 * part + e]! - expected) / scale);
        }
        expect(worst).toBeLessThanOrEqual(1e-5);
        for (const [i, row] of rows.entries()) row[part] = (part * 37 + i * 91) % 256;
      }
      kernels.rowTableSums(place(1), place(2), place(3), place(4), place(5));
      for (const [i, row] of rows.entries()) {
        const entries = Float32Array.from(row, (e, part) => tables[256 * part + e]!);
        const scale = entries.reduce((sum, x) => sum + Math.abs(x), 0);
        within(
          floats(place(5), 4)[i]!,
          entries.reduce((sum, x) => sum + x, 0),
          scale,
        );
      }
    }
  });
});

test('4-bit product codes: tables rounded to half a step, and their sums to the bit, extremes included', () => {
  const next = gaussians(7);
  const random = randomNumbers(8);
  for (const [dimension, parts] of [
    [1, 1],
    [2, 2],
    [5, 3],
    [16, 16],
    [33, 7],
    [384, 192],
    [384, 191],
    [1_536, 1_536],
  ]) {
    const { memory, kernels, padded, place, floats } = memoryOf(dimension!, {
      kind: 'pq4',
      parts: parts!,
      entries: 16,
    });
    const books = fill(memory.floats('codebooks', 16 * dimension!), 16 * dimension!, next);
    const starts = partStarts({ dimension: dimension!, parts: parts! });
    const vector = fill(floats(place(0), padded), dimension!, next);
    // The largest sums there can be: every part reaches 127.
    if (parts === dimension) {
      vector.fill(1, 0, dimension!);
      for (const i of books.keys()) books[i] = i % 16;
    }
    kernels.fillTables(place(0));
    kernels.roundTables();
    const [step, bias] = [kernels.tableStep.value, kernels.tableBias.value];
    const rounded = new Uint8Array(memory.buffer, memory.layout.roundedTables, 16 * (parts! + 1));
    let exactBias = 0;
    for (let part = 0; part < parts!; part++) {
      const products = Array.from({ length: 16 }, (_, e) => {
        let sum = 0;
        for (let j = starts[part]!; j < starts[part + 1]!; j++) sum += books[16 * j + e]! * vector[j]!;
        return sum;
      });
      const least = Math.min(...products);
      exactBias += least;
      for (const [e, product] of products.entries())
        expect(Math.abs(product - least - rounded[16 * part + e]! * step)).toBeLessThanOrEqual(0.502 * step);
    }
    within(bias, exactBias, Math.abs(exactBias));
    const rowBytes = Math.ceil(parts! / 2);
    expect(memory.layout.rowBytes).toBe(rowBytes);
    // Of each part the largest entry for the first row: the sums must not run over.
    const codeOf = Array.from({ length: 16 }, (_, row) =>
      Array.from({ length: parts! }, (_, part) => {
        if (row > 0) return Math.floor(16 * random());
        const table = rounded.subarray(16 * part, 16 * part + 16);
        return table.indexOf(Math.max(...table));
      }),
    );
    const codes = new Uint8Array(memory.buffer, place(8), 16 * rowBytes).fill(0);
    for (const [row, own] of codeOf.entries())
      for (const [part, code] of own.entries()) codes[16 * (part >> 1) + row]! |= code << (4 * (part & 1));
    kernels.rowNibbleSums(place(8), place(7));
    for (const [row, own] of codeOf.entries()) {
      const sum = own.reduce((total, code, part) => total + rounded[16 * part + code]!, 0);
      expect(floats(place(7), 16)[row]).toBe(Math.fround(bias + Math.fround(step * sum)));
    }
  }
});

test('a rotation turns each stretch of components by itself', () => {
  const next = gaussians(6);
  for (const dimension of [3, 16, 100, 256, 257, 600]) {
    const { memory, kernels } = memoryOf(dimension, { kind: 'pq', parts: 1, entries: 256, rotated: true });
    const { padded, rotationWidth } = memory.layout;
    const rows = fill(memory.floats('rotation', padded * rotationWidth), dimension * rotationWidth, next);
    const vector = fill(memory.floats('source', dimension), dimension, next);
    kernels.ask();
    const turned = memory.floats('asked', dimension);
    for (let j = 0; j < dimension; j++) {
      const from = Math.floor(j / rotationWidth) * rotationWidth;
      const part = vector.subarray(from, from + rotationWidth);
      const row = rows.subarray(j * rotationWidth, j * rotationWidth + part.length);
      within(turned[j]!, twins.innerProduct(row, part), twins.absoluteProduct(row, part));
    }
  }
});
