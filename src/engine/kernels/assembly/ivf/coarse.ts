/*
 * Which lists are near a vector: by comparing with the codes of all centroids.
 */
import {
  asked,
  centroidCodes,
  centroidNorms,
  centroidOf,
  centroidSteps,
  coarseInverses,
  coarsePrepared,
  coarseScales,
  lists,
  none,
  order,
  padded,
  reaches,
  residual,
  rotation,
  rotationWidth,
  source,
} from './layout';
import { encode, encodedNorm, encodedStep, prepare, preparedNorm, preparedStep, products } from './codes';
import { innerProducts } from './floats';
import { entryOf, heapify } from '../heaps';

/** Brings the vector at `source` to `asked`, in the axes that everything else is in. */
export function ask(): void {
  if (rotation == 0) {
    memory.copy(asked, source, <usize>padded << 2);
    return;
  }
  const bytes = <usize>rotationWidth << 2;
  for (let j = 0; j < padded; j += 4) {
    const row = rotation + <usize>j * bytes;
    const part = source + <usize>(j / rotationWidth) * bytes;
    v128.store(
      asked + (<usize>j << 2),
      innerProducts(row, row + bytes, row + 2 * bytes, row + 3 * bytes, part, rotationWidth),
    );
  }
}

/** Writes the codes of some centroids. */
export function encodeCentroids(first: i32, count: i32): void {
  for (let list = first; list < first + count; list++) {
    const codes = centroidCodes + <usize>list * <usize>padded;
    encode(centroidOf(list), 0, coarseScales, coarseInverses, residual, codes);
    store<f32>(centroidSteps + (<usize>list << 2), encodedStep);
    store<f32>(centroidNorms + (<usize>list << 2), encodedNorm);
  }
}

export function prepareCoarse(vector: usize): void {
  prepare(vector, 0, coarseScales, residual, coarsePrepared);
}

/** For four lists the inner product of their centroids with what was prepared. */
// @ts-expect-error: decorator
@inline
function coarseProducts(list: i32): v128 {
  const width = <usize>padded;
  const codes = centroidCodes + <usize>list * width;
  const sums = products(codes, codes + width, codes + 2 * width, codes + 3 * width, coarsePrepared);
  const steps = f32x4.mul(v128.load(centroidSteps + (<usize>list << 2)), f32x4.splat(preparedStep));
  return f32x4.mul(f32x4.convert_i32x4_s(sums), steps);
}

// @ts-expect-error: decorator
@inline
function coarseDistances(list: i32): v128 {
  const dots = coarseProducts(list);
  return f32x4.sub(v128.load(centroidNorms + (<usize>list << 2)), f32x4.add(dots, dots));
}

/**
 * Negative inner product with the row of a list that is likely to have the largest: it is not the middle of a list that decides, but how far its rows reach.
 */
// @ts-expect-error: decorator
@inline
function reachDistances(list: i32): v128 {
  const dots = coarseProducts(list);
  return f32x4.neg(f32x4.max(dots, f32x4.mul(dots, v128.load(reaches + (<usize>list << 2)))));
}

/** Squared distance that `nearestList` found. */
export let nearestDistance: f32 = 0;

/** Of some lists the one whose centroid is nearest to what was prepared, by Euclidean distance whatever the metric. */
export function nearestList(first: i32, count: i32): u32 {
  let best: f32 = Infinity;
  let bestList = <u32>first;
  const end = first + count;
  for (let list = first; list < end; list += 4) {
    const distances = coarseDistances(list);
    if (!v128.any_true(f32x4.lt(distances, f32x4.splat(best)))) continue;
    // What lies beyond the last list counts for nothing.
    const d0 = f32x4.extract_lane(distances, 0);
    const d1 = list + 1 < end ? f32x4.extract_lane(distances, 1) : Infinity;
    const d2 = list + 2 < end ? f32x4.extract_lane(distances, 2) : Infinity;
    const d3 = list + 3 < end ? f32x4.extract_lane(distances, 3) : Infinity;
    if (d0 < best) {
      best = d0;
      bestList = list;
    }
    if (d1 < best) {
      best = d1;
      bestList = list + 1;
    }
    if (d2 < best) {
      best = d2;
      bestList = list + 2;
    }
    if (d3 < best) {
      best = d3;
      bestList = list + 3;
    }
  }
  nearestDistance = best + preparedNorm;
  return bestList;
}

/** Makes `order` a heap of all lists, the one to search first at the top. */
export function rankLists(byDistance: bool): void {
  prepareCoarse(asked);
  for (let list = 0; list < lists; list += 4) {
    const keys = byDistance ? coarseDistances(list) : reachDistances(list);
    const at = order + (<usize>list << 3);
    store<u64>(at, entryOf(f32x4.extract_lane(keys, 0), list));
    store<u64>(at, entryOf(f32x4.extract_lane(keys, 1), list + 1), 8);
    store<u64>(at, entryOf(f32x4.extract_lane(keys, 2), list + 2), 16);
    store<u64>(at, entryOf(f32x4.extract_lane(keys, 3), list + 3), 24);
  }
  heapify(order, lists);
}

/** The list for the vector at `asked`. */
export function chooseList(): u32 {
  if (lists == 0) return none;
  prepareCoarse(asked);
  return nearestList(0, lists);
}
