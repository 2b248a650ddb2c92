/*
 * Distances between rows, and between a query and rows, whatever the rows are made of. All vectors are taken relative to the centre, so that an
 * offset common to all of them costs the codes no digits.
 *
 *   euclidean:  |x - y|^2 = |x|^2 + |y|^2 - 2 <x, y>
 *   otherwise:  -2 <x + c, y + c> = -2 <x, c> - 2 <y, c> - 2 <x, y>, and a constant
 *
 * What belongs to one of the two only is its bias, kept in a row's header and in front of a prepared query. A row's bias is that of what
 * its codes stand for, not of the vector they were made from: then the error of a distance shrinks with the distance.
 */
import * as bytes from './bytes';
import * as floats from './floats';
import { asBytes, asFloats, centre, dimension, euclidean, header, kind, rowBytes, rowOf } from './layout';
import * as nibbles from './nibbles';
import { squaresOf } from './numbers';
import { centred } from './scratch';

/** Distances computed since the host last asked. */
export let evaluations: i32 = 0;

export function resetEvaluations(): void {
  evaluations = 0;
}

/** Puts `dimension` f32, less the centre, where preparing and encoding read them. */
export function takeIn(source: usize): void {
  const target = centred();
  let j: usize = 0;
  for (; j + 4 <= <usize>dimension; j += 4) {
    const at = j << 2;
    v128.store(target + at, f32x4.sub(v128.load(source + at), v128.load(centre + at)));
  }
  for (; j < <usize>dimension; j++) {
    const at = j << 2;
    store<f32>(target + at, load<f32>(source + at) - load<f32>(centre + at));
  }
  const end = (<usize>dimension + 31) & ~31;
  for (; j < end; j++) store<f32>(target + (j << 2), 0);
}

/** -2 <v, centre> */
function productWithCentre(vector: usize): f32 {
  let sum: f64 = 0;
  for (let j: usize = 0; j < <usize>dimension; j++) {
    sum += <f64>load<f32>(vector + (j << 2)) * <f64>load<f32>(centre + (j << 2));
  }
  return <f32>(-2 * sum);
}

/** Writes what was taken in last into the row of a node. Afterwards it is gone. */
export function encode(node: u32): void {
  const row = rowOf(node);
  const source = centred();
  let square: f64 = 0;
  if (kind == asFloats) floats.encode(source, row);
  else if (kind == asBytes) square = bytes.encode(source, row);
  else square = nibbles.encode(source, row);
  if (euclidean) {
    store<f32>(row, <f32>square);
  } else {
    decode(node, source);
    store<f32>(row, productWithCentre(source));
  }
}

/** The components, relative to the centre, that the row of a node stands for: `padded` f32. */
export function decode(node: u32, target: usize): void {
  const row = rowOf(node);
  if (kind == asFloats) floats.decode(row, target);
  else if (kind == asBytes) bytes.decode(row, target);
  else nibbles.decode(row, target);
}

/** Prepares what was taken in last as a query. */
export function prepare(query: usize): void {
  const source = centred();
  if (kind == asFloats) floats.prepare(source, query);
  else if (kind == asBytes) bytes.prepare(source, query);
  else nibbles.prepare(source, query);
  store<f32>(query, euclidean ? <f32>squaresOf(source) : productWithCentre(source));
}

/** Prepares the row of a node as a query. */
export function prepareRow(node: u32, query: usize): void {
  const row = rowOf(node);
  if (kind == asFloats) floats.prepare(row + header, query);
  else if (kind == asBytes) bytes.prepareRow(row, query);
  else nibbles.prepareRow(row, query);
  store<f32>(query, load<f32>(row));
}

/** From the sum of products of codes. f64: whole numbers stay whole. */
// @ts-expect-error: decorator
@inline
function distanceFrom(row: usize, query: usize, product: f64): f32 {
  const scale = <f64>load<f32>(row, 4) * <f64>load<f32>(query, 4);
  return <f32>(<f64>load<f32>(row) + <f64>load<f32>(query) - 2 * scale * product);
}

// @ts-expect-error: decorator
@inline
function distanceOfFloats(row: usize, query: usize, compared: f32): f32 {
  return euclidean ? compared : load<f32>(row) + load<f32>(query) - <f32>2 * compared;
}

export function distance(node: u32, query: usize): f32 {
  evaluations++;
  const row = rowOf(node);
  if (kind == asFloats) return distanceOfFloats(row, query, floats.compare(row, query));
  if (kind == asBytes) return distanceFrom(row, query, <f64>bytes.compare(row, query));
  return distanceFrom(row, query, <f64>nibbles.compare(row, query));
}

/** Keeps the compiler from leaving out loads that nobody needs the result of. */
let touched: u32 = 0;

/** Loads something of every cache line of the rows, so that memory fetches them all at once: there is no instruction to ask for that. */
// @ts-expect-error: decorator
@inline
function touch(nodes: usize, count: i32): void {
  let all: u32 = 0;
  for (let i = 0; i < count; i++) {
    const row = rowOf(load<u32>(nodes + (<usize>i << 2)));
    all ^= load<u32>(row) ^ load<u32>(row, 64);
    if (rowBytes > 128) for (let at: usize = 128; at < rowBytes; at += 64) all ^= load<u32>(row + at);
  }
  touched = all;
}

/** Distances of `count` nodes to a prepared query, four at a time: of the last few, some twice. The list and `out` have room for that. */
export function distances(nodes: usize, count: i32, query: usize, out: usize): void {
  evaluations += count;
  touch(nodes, count);
  let i = 0;
  for (; i + 1 < count; i += 4) {
    const at = nodes + (<usize>i << 2);
    const to = out + (<usize>i << 2);
    const a = rowOf(load<u32>(at));
    const b = rowOf(load<u32>(at, 4));
    const c = i + 2 < count ? rowOf(load<u32>(at, 8)) : a;
    const d = i + 3 < count ? rowOf(load<u32>(at, 12)) : b;
    if (kind == asBytes) {
      bytes.compareFour(a, b, c, d, query, to);
      store<f32>(to, distanceFrom(a, query, <f64>load<i32>(to)));
      store<f32>(to, distanceFrom(b, query, <f64>load<i32>(to, 4)), 4);
      store<f32>(to, distanceFrom(c, query, <f64>load<i32>(to, 8)), 8);
      store<f32>(to, distanceFrom(d, query, <f64>load<i32>(to, 12)), 12);
    } else if (kind == asFloats) {
      floats.compareFour(a, b, c, d, query, to);
      store<f32>(to, distanceOfFloats(a, query, load<f32>(to)));
      store<f32>(to, distanceOfFloats(b, query, load<f32>(to, 4)), 4);
      store<f32>(to, distanceOfFloats(c, query, load<f32>(to, 8)), 8);
      store<f32>(to, distanceOfFloats(d, query, load<f32>(to, 12)), 12);
    } else {
      nibbles.compareFour(a, b, c, d, query, to);
      store<f32>(to, distanceFrom(a, query, <f64>load<f32>(to)));
      store<f32>(to, distanceFrom(b, query, <f64>load<f32>(to, 4)), 4);
      store<f32>(to, distanceFrom(c, query, <f64>load<f32>(to, 8)), 8);
      store<f32>(to, distanceFrom(d, query, <f64>load<f32>(to, 12)), 12);
    }
  }
  if (i < count) {
    store<f32>(out + (<usize>i << 2), distance(load<u32>(nodes + (<usize>i << 2)), query));
    evaluations--;
  }
}

/** Whether a row can be the very vector that was taken in last. */
export function isExact(): bool {
  return kind == asFloats || (kind == asBytes && bytes.isKeptWhole(centred()));
}
