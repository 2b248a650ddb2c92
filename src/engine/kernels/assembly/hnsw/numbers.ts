/* What quantisation asks of a vector of f32, padded with zeros to a multiple of 32. */
import { dimension } from './layout';

// @ts-expect-error: decorator
@inline
function end(): usize {
  return (<usize>dimension << 2) + 12 & ~15;
}

export function largestOf(source: usize): f32 {
  let largest = f32x4.splat(0);
  for (let at: usize = 0; at < end(); at += 16) largest = f32x4.max(largest, f32x4.abs(v128.load(source + at)));
  return max(
    max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1)),
    max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)),
  );
}

export function isWhole(source: usize): bool {
  for (let at: usize = 0; at < end(); at += 16) {
    const x = v128.load(source + at);
    if (!i32x4.all_true(f32x4.eq(f32x4.nearest(x), x))) return false;
  }
  return true;
}

/** The sum of the squares, in f64. */
export function squaresOf(source: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let at: usize = 0; at < end(); at += 16) {
    const x = v128.load(source + at);
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(i32x4.shuffle(x, x, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
