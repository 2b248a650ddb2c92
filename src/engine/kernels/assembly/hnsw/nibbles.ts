/*
 * Rows of 4-bit codes: a component is scale * (n - 7.5) with n from 0 to 15, the scale being the row's own. Thirty-two components share sixteen
 * bytes: the lane l of eight i16 holds, from its low end, the codes of the components l, l + 8, l + 16 and l + 24, the last of them less 8, so
 * that a lane is v = n0 + 16 n1 + 256 n2 + 4096 (n3 - 8).
 *
 * With u_k = v >> 4k (which keeps the sign) n_k = u_k - 16 u_(k+1), and n3 - 8 = u_3. So for a query of whole numbers q
 *
 *   n0 q0 + n1 q1 + n2 q2 + (n3 - 8) q3 = u_0 w_0 + u_1 w_1 + u_2 w_2 + u_3 w_3   with w_k = q_k - 16 q_(k-1)
 *
 * without a mask: three shifts and four multiply-adds for 32 components.
 */
import { dimension, header, padded } from './layout';
import { isWhole, largestOf } from './numbers';
import { constants } from './scratch';

/** With |q| up to here every w_k fits into 16 bits. */
const mostStep: f32 = 1927;
/** Of the largest component: what the codes reach to. The best of them, by squared error, is the row's. */
const reaches = 6;

// @ts-expect-error: decorator
@inline
function reach(i: i32): f32 {
  return <f32>1 - <f32>0.08 * <f32>i;
}

// @ts-expect-error: decorator
@inline
function codeOf(x: f32, inverse: f32): i32 {
  return max(0, min(15, i32(floor(x * inverse) + 8)));
}

/** Returns the sum of the squares of what the row stands for now. */
export function encode(source: usize, row: usize): f64 {
  const largest = largestOf(source);
  let scale: f32 = 0;
  let least: f32 = Infinity;
  for (let i = 0; i < reaches; i++) {
    const tried = (reach(i) * largest) / <f32>8;
    const error = errorOf(source, tried);
    if (error < least) {
      least = error;
      scale = tried;
    }
  }
  const inverse: f32 = scale > 0 ? <f32>1 / scale : 0;
  let squares: i32 = 0;
  for (let block: usize = 0; block < <usize>padded; block += 32) {
    for (let l: usize = 0; l < 8; l++) {
      let lane: i32 = 0;
      for (let k: usize = 0; k < 4; k++) {
        const j = block + 8 * k + l;
        const n = codeOf(load<f32>(source + (j << 2)), inverse);
        if (j < <usize>dimension) squares += (2 * n - 15) * (2 * n - 15);
        lane |= (k == 3 ? (n - 8) & 15 : n) << (<i32>k << 2);
      }
      store<i16>(row + (block >> 1) + (l << 1), <i16>lane, header);
    }
  }
  store<f32>(row, scale, 4);
  return (<f64>scale * <f64>scale * <f64>squares) / 4;
}

function errorOf(source: usize, scale: f32): f32 {
  const inverse: f32 = scale > 0 ? <f32>1 / scale : 0;
  let error: f32 = 0;
  for (let j: usize = 0; j < <usize>dimension; j++) {
    const x = load<f32>(source + (j << 2));
    const off = x - scale * (<f32>codeOf(x, inverse) - <f32>7.5);
    error += off * off;
  }
  return error;
}

export function decode(row: usize, target: usize): void {
  const scale = load<f32>(row, 4);
  for (let j: usize = 0; j < <usize>padded; j++) {
    const lane = <i32>load<i16>(row + ((j & ~31) >> 1) + ((j & 7) << 1), header);
    const k = <i32>((j & 31) >> 3);
    const n = ((lane >> (k << 2)) & 15) ^ (k == 3 ? 8 : 0);
    store<f32>(target + (j << 2), j < <usize>dimension ? scale * (<f32>n - <f32>7.5) : 0);
  }
}

export function prepare(source: usize, query: usize): void {
  const largest = largestOf(source);
  const step: f32 = largest <= mostStep && isWhole(source) ? 1 : largest / mostStep;
  const inverse: f32 = step > 0 ? <f32>1 / step : 0;
  const wanted = f32x4.splat(inverse);
  let all = i32x4.splat(0);
  let last = i32x4.splat(0);
  for (let block: usize = 0; block < <usize>padded; block += 32) {
    let before = i16x8.splat(0);
    for (let k: usize = 0; k < 4; k++) {
      const from = source + ((block + 8 * k) << 2);
      const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from), wanted)));
      const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(from, 16), wanted)));
      const q = i16x8.narrow_i32x4_s(low, high);
      const sums = i32x4.dot_i16x8_s(q, i16x8.splat(1));
      all = i32x4.add(all, sums);
      if (k == 3) last = i32x4.add(last, sums);
      v128.store(query + constants + (block << 1) + (k << 4), i16x8.sub(q, i16x8.shl(before, 4)));
      before = q;
    }
  }
  finish(query, step, total(all), total(last));
}

export function prepareRow(row: usize, query: usize): void {
  let all = i32x4.splat(0);
  let last = i32x4.splat(0);
  for (let block: usize = 0; block < <usize>padded; block += 32) {
    const v = v128.load(row + (block >> 1), header);
    let before = i16x8.splat(0);
    for (let k: usize = 0; k < 4; k++) {
      let n = i16x8.shr_s(v, <i32>k << 2);
      n = k == 3 ? i16x8.add(n, i16x8.splat(8)) : v128.and(n, i16x8.splat(15));
      let q = i16x8.sub(i16x8.shl(n, 1), i16x8.splat(15));
      const beyond = <i32>(block + 8 * k) + 8 - dimension;
      if (beyond > 0) q = v128.and(q, firstLanes(8 - beyond));
      const sums = i32x4.dot_i16x8_s(q, i16x8.splat(1));
      all = i32x4.add(all, sums);
      if (k == 3) last = i32x4.add(last, sums);
      v128.store(query + constants + (block << 1) + (k << 4), i16x8.sub(q, i16x8.shl(before, 4)));
      before = q;
    }
  }
  finish(query, load<f32>(row, 4) / <f32>2, total(all), total(last));
}

/** Ones in the first lanes of eight. */
function firstLanes(count: i32): v128 {
  return i16x8.lt_s(i16x8(0, 1, 2, 3, 4, 5, 6, 7), i16x8.splat(<i16>count));
}

/** `less` is what the codes' 7.5 and the 8 of the fourth ones come to. */
// @ts-expect-error: decorator
@inline
function finish(query: usize, step: f32, all: i32, last: i32): void {
  store<f32>(query, step, 4);
  store<f32>(query, <f32>7.5 * <f32>all - <f32>(last << 3), 8);
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
function step(sums: v128, codes: usize, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  const v = v128.load(codes, header);
  const low = i32x4.add(i32x4.dot_i16x8_s(v, w0), i32x4.dot_i16x8_s(i16x8.shr_s(v, 4), w1));
  const high = i32x4.add(i32x4.dot_i16x8_s(i16x8.shr_s(v, 8), w2), i32x4.dot_i16x8_s(i16x8.shr_s(v, 12), w3));
  return i32x4.add(sums, i32x4.add(low, high));
}

/** The sum of (n - 7.5) q. */
export function compare(row: usize, query: usize): f32 {
  let sums = i32x4.splat(0);
  let q = query + constants;
  for (let at = row, end = row + (<usize>padded >> 1); at < end; at += 16) {
    sums = step(sums, at, v128.load(q), v128.load(q, 16), v128.load(q, 32), v128.load(q, 48));
    q += 64;
  }
  return <f32>total(sums) - load<f32>(query, 8);
}

/** The same of four rows, whose loads wait for memory together. */
export function compareFour(a: usize, b: usize, c: usize, d: usize, query: usize, out: usize): void {
  let sa = i32x4.splat(0);
  let sb = i32x4.splat(0);
  let sc = i32x4.splat(0);
  let sd = i32x4.splat(0);
  let q = query + constants;
  for (let j: usize = 0; j < <usize>padded >> 1; j += 16) {
    const w0 = v128.load(q);
    const w1 = v128.load(q, 16);
    const w2 = v128.load(q, 32);
    const w3 = v128.load(q, 48);
    sa = step(sa, a + j, w0, w1, w2, w3);
    sb = step(sb, b + j, w0, w1, w2, w3);
    sc = step(sc, c + j, w0, w1, w2, w3);
    sd = step(sd, d + j, w0, w1, w2, w3);
    q += 64;
  }
  const less = load<f32>(query, 8);
  store<f32>(out, <f32>total(sa) - less);
  store<f32>(out, <f32>total(sb) - less, 4);
  store<f32>(out, <f32>total(sc) - less, 8);
  store<f32>(out, <f32>total(sd) - less, 12);
}
