/*
 * Steps of k-means.
 */
import { padded } from './layout';
import { nearestDistance, nearestList, prepareCoarse } from './coarse';
import { nearestEntry } from './product';

/**
 * Assigns points to the nearest of some centroids, and adds them up. Returns the sum of the squared distances.
 *
 * @param points `padded` f32 each.
 * @param members u32: numbers of `count` points.
 * @param labels u32: for each of these the number of the centroid among those, to be written.
 * @param sums f32: for each of the centroids, `padded` components.
 * @param counts u32: for each of the centroids.
 */
export function assignPoints(
  points: usize,
  members: usize,
  count: i32,
  first: i32,
  lists: i32,
  labels: usize,
  sums: usize,
  counts: usize,
): f64 {
  const bytes = <usize>padded << 2;
  let error: f64 = 0;
  for (let i = 0; i < count; i++) {
    const point = points + <usize>load<u32>(members + (<usize>i << 2)) * bytes;
    prepareCoarse(point);
    const label = nearestList(first, lists) - <u32>first;
    error += <f64>max(<f32>0, nearestDistance);
    store<u32>(labels + (<usize>i << 2), label);
    const countAt = counts + (<usize>label << 2);
    store<u32>(countAt, load<u32>(countAt) + 1);
    const sum = sums + <usize>label * bytes;
    for (let at: usize = 0; at < bytes; at += 16)
      v128.store(sum + at, f32x4.add(v128.load(sum + at), v128.load(point + at)));
  }
  return error;
}

/** For each of some vectors the entry that is nearest to one part of it, as u8. */
export function assignEntries(vectors: usize, count: i32, part: i32, labels: usize): void {
  const bytes = <usize>padded << 2;
  for (let i = 0; i < count; i++)
    store<u8>(labels + <usize>i, <u8>nearestEntry(vectors + <usize>i * bytes, part));
}
