/*
 * Exact distances of f32 rows to a query, computed in f64 in the very order of `src/score.ts`, and so equal to its to the bit: four sums side
 * by side, here in two registers.
 */

/** As `Metric`: 0 cosine, 1 dot, 2 euclidean. */
const cosine: i32 = 0;
const euclidean: i32 = 2;

// @ts-expect-error: decorator
@inline
function apart(sums: v128, x: v128, y: v128, isEuclidean: bool): v128 {
  if (!isEuclidean) return f64x2.add(sums, f64x2.mul(y, x));
  const difference = f64x2.sub(y, x);
  return f64x2.add(sums, f64x2.mul(difference, difference));
}

// @ts-expect-error: decorator
@inline
function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-expect-error: decorator
@inline
function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
}

/** What the four sums and the components beyond a multiple of four come to. */
// @ts-expect-error: decorator
@inline
function total(s01: v128, s23: v128, row: usize, query: usize, dimension: i32, isEuclidean: bool): f64 {
  let s0 = f64x2.extract_lane(s01, 0);
  for (let i: usize = dimension & ~3; i < <usize>dimension; i++) {
    const x = <f64>load<f32>(row + (i << 2));
    const y = load<f64>(query + (i << 3));
    const difference = y - x;
    s0 += isEuclidean ? difference * difference : y * x;
  }
  return s0 + f64x2.extract_lane(s01, 1) + (f64x2.extract_lane(s23, 0) + f64x2.extract_lane(s23, 1));
}

/** `row`: f32. `query`: f64. */
// @ts-expect-error: decorator
@inline
function compare(row: usize, query: usize, dimension: i32, isEuclidean: bool): f64 {
  let s01 = f64x2.splat(0);
  let s23 = f64x2.splat(0);
  for (let i: usize = 0, whole: usize = dimension & ~3; i < whole; i += 4) {
    const x = v128.load(row + (i << 2));
    const q = query + (i << 3);
    s01 = apart(s01, low(x), v128.load(q), isEuclidean);
    s23 = apart(s23, high(x), v128.load(q, 16), isEuclidean);
  }
  return total(s01, s23, row, query, dimension, isEuclidean);
}

/** The same of four rows, whose loads wait for memory together. Results at `out`. */
// @ts-expect-error: decorator
@inline
function compareFour(a: usize, b: usize, c: usize, d: usize, query: usize, n: i32, out: usize, isEuclidean: bool): void {
  let a01 = f64x2.splat(0);
  let a23 = f64x2.splat(0);
  let b01 = f64x2.splat(0);
  let b23 = f64x2.splat(0);
  let c01 = f64x2.splat(0);
  let c23 = f64x2.splat(0);
  let d01 = f64x2.splat(0);
  let d23 = f64x2.splat(0);
  for (let i: usize = 0, whole: usize = n & ~3; i < whole; i += 4) {
    const q = query + (i << 3);
    const q01 = v128.load(q);
    const q23 = v128.load(q, 16);
    const xa = v128.load(a + (i << 2));
    a01 = apart(a01, low(xa), q01, isEuclidean);
    a23 = apart(a23, high(xa), q23, isEuclidean);
    const xb = v128.load(b + (i << 2));
    b01 = apart(b01, low(xb), q01, isEuclidean);
    b23 = apart(b23, high(xb), q23, isEuclidean);
    const xc = v128.load(c + (i << 2));
    c01 = apart(c01, low(xc), q01, isEuclidean);
    c23 = apart(c23, high(xc), q23, isEuclidean);
    const xd = v128.load(d + (i << 2));
    d01 = apart(d01, low(xd), q01, isEuclidean);
    d23 = apart(d23, high(xd), q23, isEuclidean);
  }
  store<f64>(out, total(a01, a23, a, query, n, isEuclidean));
  store<f64>(out, total(b01, b23, b, query, n, isEuclidean), 8);
  store<f64>(out, total(c01, c23, c, query, n, isEuclidean), 16);
  store<f64>(out, total(d01, d23, d, query, n, isEuclidean), 24);
}

// @ts-expect-error: decorator
@inline
function distanceOf(compared: f64, metric: i32, row: usize, dimension: i32, queryNorm: f64): f64 {
  if (metric == euclidean) return sqrt<f64>(compared);
  if (metric != cosine) return 0 - compared;
  const norms = queryNorm * load<f64>(row + (<usize>dimension << 2));
  return 1 - max<f64>(-1, min<f64>(1, compared / norms));
}

/** Makes f64 of f32. */
export function promote(from: usize, to: usize, dimension: i32): void {
  for (let i: usize = 0; i < <usize>dimension; i++) store<f64>(to + (i << 3), <f64>load<f32>(from + (i << 2)));
}

/**
 * @param rows The first row: `dimension` f32 and, under cosine, its norm as f64.
 * @param stride Bytes from one row to the next.
 * @param listed Numbers of rows, u32.
 * @param out f64.
 */
export function distances(
  metric: i32,
  dimension: i32,
  rows: usize,
  stride: usize,
  listed: usize,
  count: i32,
  query: usize,
  queryNorm: f64,
  out: usize,
): void {
  const isEuclidean = metric == euclidean;
  let i: usize = 0;
  for (; i + 4 <= <usize>count; i += 4) {
    const at = listed + (i << 2);
    const a = rows + <usize>load<u32>(at) * stride;
    const b = rows + <usize>load<u32>(at, 4) * stride;
    const c = rows + <usize>load<u32>(at, 8) * stride;
    const d = rows + <usize>load<u32>(at, 12) * stride;
    const to = out + (i << 3);
    if (isEuclidean) compareFour(a, b, c, d, query, dimension, to, true);
    else compareFour(a, b, c, d, query, dimension, to, false);
    store<f64>(to, distanceOf(load<f64>(to), metric, a, dimension, queryNorm));
    store<f64>(to, distanceOf(load<f64>(to, 8), metric, b, dimension, queryNorm), 8);
    store<f64>(to, distanceOf(load<f64>(to, 16), metric, c, dimension, queryNorm), 16);
    store<f64>(to, distanceOf(load<f64>(to, 24), metric, d, dimension, queryNorm), 24);
  }
  for (; i < <usize>count; i++) {
    const row = rows + <usize>load<u32>(listed + (i << 2)) * stride;
    const compared = isEuclidean ? compare(row, query, dimension, true) : compare(row, query, dimension, false);
    store<f64>(out + (i << 3), distanceOf(compared, metric, row, dimension, queryNorm));
  }
}
