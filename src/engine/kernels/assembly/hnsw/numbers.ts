/* What quantisation asks of a vector of f32, padded with zeros. */
import { dimension } from './layout';

export function largestOf(source: usize): f32 {
  let largest: f32 = 0;
  for (let j: usize = 0; j < <usize>dimension; j++) largest = max(largest, abs(load<f32>(source + (j << 2))));
  return largest;
}

export function isWhole(source: usize): bool {
  for (let j: usize = 0; j < <usize>dimension; j++) {
    const x = load<f32>(source + (j << 2));
    if (nearest(x) != x) return false;
  }
  return true;
}
