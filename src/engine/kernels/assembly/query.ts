/*
 * 8-bit codes, and the distance between a prepared query and many of them.
 *
 * A component x_j of a stored vector is offset + scale * c_j with c_j from 0 to 255. Codes of even components are stored as they are, those of
 * odd ones as c - 128 in two's complement: read as one i16, a pair is v = c0 + 256 c1, and v >> 8 = c1. A component y_j of the query is
 * shift + step * q_j with |q_j| <= 127, prepared as two vectors of i16: e = q0 and w = q1 - 256 q0. Then
 *
 *   v e + (v >> 8) w = c0 q0 + c1 q1
 *
 * which is two multiply-adds and a shift for 16 components. What the 128 took away is added back once per query.
 */
import { dimension, euclidean, header, padded, rowOf } from './layout';

/** A prepared query: constants, then e and w for every 16 components. */
const constants: usize = 32;

// @ts-expect-error: decorator
@inline
export function queryBytes(): usize {
  return constants + (<usize>padded << 1) * 2;
}

// Of a prepared query, as offsets in bytes.
const stepAt: usize = 0;
const shiftAt: usize = 4;
const sumAt: usize = 8;
const normAt: usize = 12;
const repairAt: usize = 16;

/** Writes a vector's codes and header into the row of a node. `source` holds `dimension` f32. */
export function encode(source: usize, node: u32): void {
  const row = rowOf(node);
  let least: f32 = load<f32>(source);
  let most: f32 = least;
  let norm: f64 = 0;
  for (let j = 0; j < dimension; j++) {
    const x = load<f32>(source + (<usize>j << 2));
    least = min(least, x);
    most = max(most, x);
    norm += <f64>x * <f64>x;
  }
  const scale: f32 = (most - least) / 255.0;
  const inverse: f32 = scale > 0 ? <f32>1.0 / scale : 0;
  const codes = row + header;
  let sum: i32 = 0;
  for (let j = 0; j < padded; j++) {
    let code: i32 = 0;
    if (j < dimension) {
      code = i32(nearest((load<f32>(source + (<usize>j << 2)) - least) * inverse));
      code = max(0, min(255, code));
      sum += code;
    }
    store<u8>(codes + <usize>j, <u8>((j & 1) == 0 ? code : code - 128));
  }
  store<f32>(row, least);
  store<f32>(row, scale, 4);
  store<f32>(row, <f32>norm, 8);
  store<i32>(row, sum, 12);
}

/** Prepares a vector of f32 as a query. */
export function prepare(source: usize, query: usize): void {
  let largest: f32 = 0;
  let sum: f64 = 0;
  let norm: f64 = 0;
  for (let j = 0; j < dimension; j++) {
    const y = load<f32>(source + (<usize>j << 2));
    largest = max(largest, abs(y));
    sum += <f64>y;
    norm += <f64>y * <f64>y;
  }
  const step: f32 = largest / 127.0;
  const inverse: f32 = step > 0 ? <f32>1.0 / step : 0;
  let odd: i32 = 0;
  for (let j = 0; j < padded; j += 2) {
    const q0 = j < dimension ? i32(nearest(load<f32>(source + (<usize>j << 2)) * inverse)) : 0;
    const q1 = j + 1 < dimension ? i32(nearest(load<f32>(source + (<usize>j << 2), 4) * inverse)) : 0;
    odd += q1;
    storePair(query, j, q0, q1);
  }
  finish(query, step, 0, <f32>sum, <f32>norm, odd);
}

/** Prepares the codes of a node as a query. */
export function prepareNode(node: u32, query: usize): void {
  const row = rowOf(node);
  const codes = row + header;
  const offset = load<f32>(row);
  const scale = load<f32>(row, 4);
  const low = i16x8.splat(-127);
  const middle = i16x8.splat(128);
  const byte = i16x8.splat(255);
  let odds = i32x4.splat(0);
  const ones = i16x8.splat(1);
  let out = query + constants;
  for (let j: usize = 0; j < <usize>padded; j += 16) {
    const v = v128.load(codes + j);
    const q0 = i16x8.max_s(i16x8.sub(v128.and(v, byte), middle), low);
    const q1 = i16x8.max_s(i16x8.shr_s(v, 8), low);
    odds = i32x4.add(odds, i32x4.dot_i16x8_s(q1, ones));
    v128.store(out, q0);
    v128.store(out, i16x8.sub(q1, i16x8.shl(q0, 8)), 16);
    out += 32;
  }
  // Components beyond the dimension hold the code 0: as queries they must count for nothing.
  let odd = total(odds);
  for (let j = dimension; j < padded; j++) {
    const at = query + constants + <usize>(j >> 4) * 32 + <usize>((j & 15) >> 1) * 2;
    if ((j & 1) == 0) {
      const w = load<i16>(at, 16) + (load<i16>(at) << 8);
      store<i16>(at, 0);
      store<i16>(at, w, 16);
    } else {
      const q1 = <i32>load<i16>(at, 16) + (<i32>load<i16>(at) << 8);
      odd -= q1;
      store<i16>(at, <i16>(-(<i32>load<i16>(at) << 8)), 16);
    }
  }
  const shift = offset + <f32>128.0 * scale;
  const sum = <f32>dimension * offset + scale * <f32>load<i32>(row, 12);
  finish(query, scale, shift, sum, load<f32>(row, 8), odd);
}

// @ts-expect-error: decorator
@inline
function storePair(query: usize, j: i32, q0: i32, q1: i32): void {
  const at = query + constants + <usize>(j >> 4) * 32 + <usize>((j & 15) >> 1) * 2;
  store<i16>(at, <i16>q0);
  store<i16>(at, <i16>(q1 - 256 * q0), 16);
}

// @ts-expect-error: decorator
@inline
function finish(query: usize, step: f32, shift: f32, sum: f32, norm: f32, odd: i32): void {
  store<f32>(query, step, stepAt);
  store<f32>(query, shift, shiftAt);
  store<f32>(query, sum, sumAt);
  store<f32>(query, norm, normAt);
  store<i32>(query, 128 * odd, repairAt);
}

// @ts-expect-error: decorator
@inline
function total(sums: v128): i32 {
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}

// @ts-expect-error: decorator
@inline
function step16(sums: v128, codes: usize, e: v128, w: v128): v128 {
  const v = v128.load(codes, header);
  return i32x4.add(i32x4.add(sums, i32x4.dot_i16x8_s(v, e)), i32x4.dot_i16x8_s(i16x8.shr_s(v, 8), w));
}

// @ts-expect-error: decorator
@inline
function distanceFrom(row: usize, product: i32, query: usize): f32 {
  const scale = load<f32>(row, 4);
  const dot =
    load<f32>(row) * load<f32>(query, sumAt) +
    scale *
      (load<f32>(query, shiftAt) * <f32>load<i32>(row, 12) +
        load<f32>(query, stepAt) * <f32>(product + load<i32>(query, repairAt)));
  return euclidean ? load<f32>(row, 8) + load<f32>(query, normAt) - <f32>2.0 * dot : -dot;
}

export function distance(node: u32, query: usize): f32 {
  const row = rowOf(node);
  let sums = i32x4.splat(0);
  let q = query + constants;
  for (let at = row, end = row + <usize>padded; at < end; at += 16) {
    sums = step16(sums, at, v128.load(q), v128.load(q, 16));
    q += 32;
  }
  return distanceFrom(row, total(sums), query);
}

/** Distances of `count` nodes, four at a time: their loads wait for memory together. */
export function distances(nodes: usize, count: i32, query: usize, out: usize): void {
  let i = 0;
  for (; i + 4 <= count; i += 4) {
    const at = nodes + (<usize>i << 2);
    const rowA = rowOf(load<u32>(at));
    const rowB = rowOf(load<u32>(at, 4));
    const rowC = rowOf(load<u32>(at, 8));
    const rowD = rowOf(load<u32>(at, 12));
    let a = i32x4.splat(0);
    let b = i32x4.splat(0);
    let c = i32x4.splat(0);
    let d = i32x4.splat(0);
    let q = query + constants;
    for (let j: usize = 0; j < <usize>padded; j += 16) {
      const e = v128.load(q);
      const w = v128.load(q, 16);
      a = step16(a, rowA + j, e, w);
      b = step16(b, rowB + j, e, w);
      c = step16(c, rowC + j, e, w);
      d = step16(d, rowD + j, e, w);
      q += 32;
    }
    const to = out + (<usize>i << 2);
    store<f32>(to, distanceFrom(rowA, total(a), query));
    store<f32>(to, distanceFrom(rowB, total(b), query), 4);
    store<f32>(to, distanceFrom(rowC, total(c), query), 8);
    store<f32>(to, distanceFrom(rowD, total(d), query), 12);
  }
  for (; i < count; i++) store<f32>(out + (<usize>i << 2), distance(load<u32>(nodes + (<usize>i << 2)), query));
}
