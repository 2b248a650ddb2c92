/*
 * 8-bit codes. A component r_j is step * scale_j * c_j with c_j from -127 to 127: the scale belongs to the component, so that components of any size
 * get their digits; the step belongs to the vector, so that none is cut off. A query is y_j = p_j / scale_j with p_j = queryStep * q_j, q_j an i16: its
 * inner product with a row is step * queryStep * sum of c_j q_j. That sum is exact: `prepare` sees to it that it stays below 2^30.
 */
import { padded } from './layout';
import { largestOf, sumOf } from './floats';

/** Of the vector that was last prepared: what its integers are multiples of, and its squared norm. */
export let preparedStep: f32 = 0;
export let preparedNorm: f32 = 0;

/** Of what was last encoded: the step, the squared norm of what the codes stand for, and the squared distance from that. */
export let encodedStep: f32 = 0;
export let encodedLoss: f32 = 0;
export let encodedNorm: f32 = 0;

/**
 * Prepares the difference of two vectors (of one and zero, with `from` 0) for products with codes.
 *
 * @param temporary Room for `padded` f32.
 * @param out Room for `padded` i16.
 */
export function prepare(vector: usize, from: usize, scaleOf: usize, temporary: usize, out: usize): void {
  const bytes = <usize>padded << 2;
  let norm = f32x4.splat(0);
  let largest = f32x4.splat(0);
  let total = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    let y = v128.load(vector + at);
    if (from != 0) y = f32x4.sub(y, v128.load(from + at));
    norm = f32x4.add(norm, f32x4.mul(y, y));
    const weighted = f32x4.mul(y, v128.load(scaleOf + at));
    const size = f32x4.abs(weighted);
    largest = f32x4.max(largest, size);
    total = f32x4.add(total, size);
    v128.store(temporary + at, weighted);
  }
  const step = max(largestOf(largest) / 32_767.0, sumOf(total) * (127.0 / 1_073_741_824.0));
  const inverse = f32x4.splat(step > 0 ? <f32>1.0 / step : 0);
  for (let at: usize = 0; at < bytes; at += 32) {
    const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(temporary + at), inverse)));
    const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(temporary + at, 16), inverse)));
    v128.store(out + (at >> 1), i16x8.narrow_i32x4_s(low, high));
  }
  preparedStep = step;
  preparedNorm = sumOf(norm);
}

/** Codes of the difference of two vectors (of one and zero, with `from` 0). Returns its squared norm. */
export function encode(vector: usize, from: usize, scaleOf: usize, inverseOf: usize, temporary: usize, out: usize): f32 {
  const bytes = <usize>padded << 2;
  let largest = f32x4.splat(0);
  let error = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    let r = v128.load(vector + at);
    if (from != 0) r = f32x4.sub(r, v128.load(from + at));
    error = f32x4.add(error, f32x4.mul(r, r));
    const y = f32x4.mul(r, v128.load(inverseOf + at));
    largest = f32x4.max(largest, f32x4.abs(y));
    v128.store(temporary + at, y);
  }
  const step: f32 = largestOf(largest) / 127.0;
  const inverse = f32x4.splat(step > 0 ? <f32>1.0 / step : 0);
  let norm = f32x4.splat(0);
  let loss = f32x4.splat(0);
  const steps = f32x4.splat(step);
  for (let at: usize = 0; at < bytes; at += 16) {
    const codes = f32x4.nearest(f32x4.mul(v128.load(temporary + at), inverse));
    const r = f32x4.mul(codes, v128.load(scaleOf + at));
    norm = f32x4.add(norm, f32x4.mul(r, r));
    const lost = f32x4.mul(f32x4.sub(v128.load(temporary + at), f32x4.mul(codes, steps)), v128.load(scaleOf + at));
    loss = f32x4.add(loss, f32x4.mul(lost, lost));
    const words = i32x4.trunc_sat_f32x4_s(codes);
    const narrow = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(words, words), i16x8.splat(0));
    store<u32>(out + (at >> 2), i32x4.extract_lane(narrow, 0));
  }
  encodedStep = step;
  encodedNorm = sumOf(norm) * step * step;
  encodedLoss = sumOf(loss);
  return sumOf(error);
}

// @ts-expect-error: decorator
@inline
function step16(sums: v128, codes: usize, q0: v128, q1: v128): v128 {
  return i32x4.add(
    i32x4.add(sums, i32x4.dot_i16x8_s(v128.load_ext<i8>(codes), q0)),
    i32x4.dot_i16x8_s(v128.load_ext<i8>(codes, 8), q1),
  );
}

/** The sums of c_j q_j of four rows. */
export function products(a: usize, b: usize, c: usize, d: usize, query: usize): v128 {
  let s0 = i32x4.splat(0);
  let s1 = i32x4.splat(0);
  let s2 = i32x4.splat(0);
  let s3 = i32x4.splat(0);
  for (let at: usize = 0; at < <usize>padded; at += 16) {
    const q0 = v128.load(query);
    const q1 = v128.load(query, 16);
    s0 = step16(s0, a + at, q0, q1);
    s1 = step16(s1, b + at, q0, q1);
    s2 = step16(s2, c + at, q0, q1);
    s3 = step16(s3, d + at, q0, q1);
    query += 32;
  }
  const ab = i32x4.add(v128.shuffle<i32>(s0, s1, 0, 4, 1, 5), v128.shuffle<i32>(s0, s1, 2, 6, 3, 7));
  const cd = i32x4.add(v128.shuffle<i32>(s2, s3, 0, 4, 1, 5), v128.shuffle<i32>(s2, s3, 2, 6, 3, 7));
  return i32x4.add(v128.shuffle<i32>(ab, cd, 0, 1, 4, 5), v128.shuffle<i32>(ab, cd, 2, 3, 6, 7));
}
