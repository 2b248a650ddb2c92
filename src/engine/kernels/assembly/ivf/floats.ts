/*
 * Arithmetic of f32 vectors. Lengths are multiples of 4.
 */

// @ts-expect-error: decorator
@inline
export function sumOf(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

// @ts-expect-error: decorator
@inline
export function largestOf(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

// @ts-expect-error: decorator
@inline
export function leastOf(v: v128): f32 {
  return -largestOf(f32x4.neg(v));
}

/** The sums of the lanes of four vectors, in one. */
// @ts-expect-error: decorator
@inline
export function sumsOf(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

export function innerProduct(a: usize, b: usize, length: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  const bytes = <usize>length << 2;
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a + at), v128.load(b + at)));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(a + at, 16), v128.load(b + at, 16)));
  }
  if (at < bytes) s0 = f32x4.add(s0, f32x4.mul(v128.load(a + at), v128.load(b + at)));
  return sumOf(f32x4.add(s0, s1));
}

export function squaredDistance(a: usize, b: usize, length: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  const bytes = <usize>length << 2;
  let at: usize = 0;
  for (; at + 32 <= bytes; at += 32) {
    const d0 = f32x4.sub(v128.load(a + at), v128.load(b + at));
    const d1 = f32x4.sub(v128.load(a + at, 16), v128.load(b + at, 16));
    s0 = f32x4.add(s0, f32x4.mul(d0, d0));
    s1 = f32x4.add(s1, f32x4.mul(d1, d1));
  }
  if (at < bytes) {
    const d0 = f32x4.sub(v128.load(a + at), v128.load(b + at));
    s0 = f32x4.add(s0, f32x4.mul(d0, d0));
  }
  return sumOf(f32x4.add(s0, s1));
}

/** Inner products of four vectors with one. */
export function innerProducts(a: usize, b: usize, c: usize, d: usize, query: usize, length: i32): v128 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  const bytes = <usize>length << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const q = v128.load(query + at);
    s0 = f32x4.add(s0, f32x4.mul(v128.load(a + at), q));
    s1 = f32x4.add(s1, f32x4.mul(v128.load(b + at), q));
    s2 = f32x4.add(s2, f32x4.mul(v128.load(c + at), q));
    s3 = f32x4.add(s3, f32x4.mul(v128.load(d + at), q));
  }
  return sumsOf(s0, s1, s2, s3);
}

/** Squared Euclidean distances of four vectors from one. */
export function squaredDistances(a: usize, b: usize, c: usize, d: usize, query: usize, length: i32): v128 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  const bytes = <usize>length << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const q = v128.load(query + at);
    const d0 = f32x4.sub(v128.load(a + at), q);
    const d1 = f32x4.sub(v128.load(b + at), q);
    const d2 = f32x4.sub(v128.load(c + at), q);
    const d3 = f32x4.sub(v128.load(d + at), q);
    s0 = f32x4.add(s0, f32x4.mul(d0, d0));
    s1 = f32x4.add(s1, f32x4.mul(d1, d1));
    s2 = f32x4.add(s2, f32x4.mul(d2, d2));
    s3 = f32x4.add(s3, f32x4.mul(d3, d3));
  }
  return sumsOf(s0, s1, s2, s3);
}
