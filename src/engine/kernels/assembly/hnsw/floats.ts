/* Rows of f32: nothing is lost, four bytes a component. */
import { dimension, euclidean, header, padded } from './layout';
import { constants } from './scratch';

export function encode(source: usize, row: usize): void {
  memory.copy(row + header, source, <usize>padded << 2);
  store<f32>(row, 1, 4);
}

export function decode(row: usize, target: usize): void {
  memory.copy(target, row + header, <usize>padded << 2);
}

export function prepare(source: usize, query: usize): void {
  memory.copy(query + constants, source, <usize>padded << 2);
}

// @ts-expect-error: decorator
@inline
function step(sums: v128, row: usize, q: v128, apart: bool): v128 {
  const x = v128.load(row, header);
  if (!apart) return f32x4.add(sums, f32x4.mul(x, q));
  const difference = f32x4.sub(x, q);
  return f32x4.add(sums, f32x4.mul(difference, difference));
}

// @ts-expect-error: decorator
@inline
function total(sums: v128): f32 {
  return (
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  );
}

// @ts-expect-error: decorator
@inline
function sumsOf(row: usize, query: usize, apart: bool): f32 {
  let a = f32x4.splat(0);
  let b = f32x4.splat(0);
  const end = row + (<usize>padded << 2);
  let q = query + constants;
  for (let at = row; at < end; at += 32) {
    a = step(a, at, v128.load(q), apart);
    b = step(b, at + 16, v128.load(q, 16), apart);
    q += 32;
  }
  return total(f32x4.add(a, b));
}

/** Of a row and a query: the squared Euclidean distance where `euclidean`, else the inner product. */
export function compare(row: usize, query: usize): f32 {
  return euclidean ? sumsOf(row, query, true) : sumsOf(row, query, false);
}

// @ts-expect-error: decorator
@inline
function compare4(a: usize, b: usize, c: usize, d: usize, query: usize, out: usize, apart: bool): void {
  let sa = f32x4.splat(0);
  let sb = f32x4.splat(0);
  let sc = f32x4.splat(0);
  let sd = f32x4.splat(0);
  const end = <usize>padded << 2;
  const q0 = query + constants;
  for (let at: usize = 0; at < end; at += 16) {
    const q = v128.load(q0 + at);
    sa = step(sa, a + at, q, apart);
    sb = step(sb, b + at, q, apart);
    sc = step(sc, c + at, q, apart);
    sd = step(sd, d + at, q, apart);
  }
  store<f32>(out, total(sa));
  store<f32>(out, total(sb), 4);
  store<f32>(out, total(sc), 8);
  store<f32>(out, total(sd), 12);
}

/** The same of four rows, whose loads wait for memory together. */
export function compareFour(a: usize, b: usize, c: usize, d: usize, query: usize, out: usize): void {
  if (euclidean) compare4(a, b, c, d, query, out, true);
  else compare4(a, b, c, d, query, out, false);
}
