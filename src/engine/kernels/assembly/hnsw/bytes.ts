/*
 * Rows of 8-bit codes: a component is scale * c with c from -128 to 127, the scale being the row's own. A query's components are
 * step * q with q in 16 bits, and
 *
 *   <row, query> = scale * step * sum of c q
 *
 * in whole numbers, the same on every machine. Rows of small whole numbers are kept exactly.
 */
import { dimension, header, padded } from './layout';
import { isWhole, largestOf } from './numbers';
import { constants } from './scratch';

const mostCode: f32 = 127;

/** Whether codes keep a vector exactly: whole numbers from -128 to 127. */
export function isKeptWhole(source: usize): bool {
  if (!isWhole(source)) return false;
  for (let j: usize = 0; j < <usize>dimension; j++) {
    const x = load<f32>(source + (j << 2));
    if (x < -128 || x > 127) return false;
  }
  return true;
}

/** Returns the sum of the squares of what the row stands for now. */
export function encode(source: usize, row: usize): f64 {
  const scale: f32 = isKeptWhole(source) ? 1 : largestOf(source) / mostCode;
  const inverse: f32 = scale > 0 ? <f32>1 / scale : 0;
  const codes = row + header;
  let squares: i32 = 0;
  for (let j: usize = 0; j < <usize>padded; j++) {
    const code = max(-128, min(127, i32(nearest(load<f32>(source + (j << 2)) * inverse))));
    squares += code * code;
    store<i8>(codes + j, <i8>code);
  }
  store<f32>(row, scale, 4);
  return <f64>scale * <f64>scale * <f64>squares;
}

export function decode(row: usize, target: usize): void {
  const scale = load<f32>(row, 4);
  for (let j: usize = 0; j < <usize>padded; j++) {
    store<f32>(target + (j << 2), scale * <f32>load<i8>(row + j, header));
  }
}

/** The largest q for which no sum of products leaves 32 bits. */
function mostStep(): f32 {
  return <f32>min(32767, 0x7fffffff / (128 * padded));
}

export function prepare(source: usize, query: usize): void {
  const largest = largestOf(source);
  const most = mostStep();
  const step: f32 = largest <= most && isWhole(source) ? 1 : largest / most;
  const inverse: f32 = step > 0 ? <f32>1 / step : 0;
  const out = query + constants;
  const wanted = f32x4.splat(inverse);
  for (let j: usize = 0; j < <usize>padded; j += 8) {
    const from = source + (j << 2);
    const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from), wanted)));
    const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from, 16), wanted)));
    v128.store(out + (j << 1), i16x8.narrow_i32x4_s(low, high));
  }
  store<f32>(query, step, 4);
}

export function prepareRow(row: usize, query: usize): void {
  const out = query + constants;
  for (let j: usize = 0; j < <usize>padded; j += 8) {
    v128.store(out + (j << 1), v128.load8x8_s(row + j, header));
  }
  store<f32>(query, load<f32>(row, 4), 4);
}

// @ts-expect-error: decorator
@inline
function step(sums: v128, codes: usize, q0: v128, q1: v128): v128 {
  return i32x4.add(
    i32x4.add(sums, i32x4.dot_i16x8_s(v128.load8x8_s(codes, header), q0)),
    i32x4.dot_i16x8_s(v128.load8x8_s(codes, header + 8), q1),
  );
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

/** The sum of c q. */
export function compare(row: usize, query: usize): i32 {
  let sums = i32x4.splat(0);
  let q = query + constants;
  for (let at = row, end = row + <usize>padded; at < end; at += 16) {
    sums = step(sums, at, v128.load(q), v128.load(q, 16));
    q += 32;
  }
  return total(sums);
}

/** The same of four rows, whose loads wait for memory together. */
export function compareFour(a: usize, b: usize, c: usize, d: usize, query: usize, out: usize): void {
  let sa = i32x4.splat(0);
  let sb = i32x4.splat(0);
  let sc = i32x4.splat(0);
  let sd = i32x4.splat(0);
  let q = query + constants;
  for (let j: usize = 0; j < <usize>padded; j += 16) {
    const q0 = v128.load(q);
    const q1 = v128.load(q, 16);
    sa = step(sa, a + j, q0, q1);
    sb = step(sb, b + j, q0, q1);
    sc = step(sc, c + j, q0, q1);
    sd = step(sd, d + j, q0, q1);
    q += 32;
  }
  store<i32>(out, total(sa));
  store<i32>(out, total(sb), 4);
  store<i32>(out, total(sc), 8);
  store<i32>(out, total(sd), 12);
}
