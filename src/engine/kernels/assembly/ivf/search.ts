/*
 * A whole search in one call: rank the lists, scan the nearest ones, keep the best.
 */
import {
  asked,
  centroidOf,
  dimension,
  euclidean,
  found,
  heads,
  kind,
  kindCodes,
  kindFlat,
  kindNibbles,
  lists,
  order,
  padded,
  pending,
  prepared,
  residual,
  rowBytes,
  scales,
} from './layout';
import { prepare, preparedNorm, preparedStep, products } from './codes';
import { rankLists } from './coarse';
import { innerProduct, innerProducts, squaredDistance, squaredDistances } from './floats';
import { distanceIn, entryOf, popLeast, pushGreatest, replaceGreatest } from '../heaps';
import { blockAt, countOf, detailOf, nextOf, nibbleDetails, nibblesOf, normOf, rowOf, slotOf } from './lists';
import { nibbleSums, roundTables } from './nibbles';
import { fillTables, tableSums } from './product';

/** Rows that were compared, and lists that were visited, in the last search. */
export let compared: i32 = 0;
export let visited: i32 = 0;

let wanted: i32 = 0;
let size: i32 = 0;
/** Rows at this distance or beyond do not get in. */
let bound: f32 = 0;
/** What distances in the list at hand have in common. */
let base: f32 = 0;
let waiting: i32 = 0;
/** Squared norm of what was asked, and how far rows are from their centroids. */
let askedNorm: f32 = 0;
let spread: f32 = 0;
/** What the integers in `prepared` are multiples of. */
let rowStep: f32 = 0;

// Of what waits, as offsets in bytes: addresses of rows, slots, details, norms.
const slotsAt: usize = 16;
const detailsAt: usize = 32;
const normsAt: usize = 48;
const distancesAt: usize = 64;

/**
 * The rows nearest to the vector at `asked`. Visits lists until there are `nprobe` of them and `enough` rows were compared; where `alike` is set also
 * until lists are as far beyond what was found as they would be without a mask. Returns how many were found, at most `most`; the low word of each entry at `found`
 * is a slot.
 *
 * @param mask Bits by slot of what may be found; 0 for all.
 * @param given How many lists lie at `order` already, nearest first; 0 for none.
 * @param usualSpread Mean squared distance of rows from their centroid.
 */
export function search(most: i32, nprobe: i32, enough: i32, mask: usize, given: i32, alike: bool, usualSpread: f32): i32 {
  begin(most);
  spread = usualSpread;
  if (given == 0) {
    rankLists(euclidean);
    askedNorm = preparedNorm;
  }
  if (kind == kindCodes && !euclidean) prepareRows(0);
  if (kind > kindCodes) fillTables(asked);
  if (kind == kindNibbles) roundTables();
  for (; visited < given && !(visited >= nprobe && compared >= enough); visited++) {
    scan(load<u32>(order + (<usize>visited << 3)), mask);
  }
  if (given > 0) return size;
  let ranked = 0;
  let slack: f32 = 0;
  if (alike) {
    // Without the mask first: where does such a search end?
    for (; ranked < lists && !(ranked >= nprobe && compared >= most); ranked++) scan(<u32>take(ranked), 0);
    slack = slackAt(taken(ranked - 1));
    begin(most);
  }
  for (; visited < lists; visited++) {
    const entry = visited < ranked ? taken(visited) : take(visited);
    if (visited >= nprobe && compared >= enough && (!alike || isBeyond(entry, slack))) break;
    scan(<u32>entry, mask);
  }
  return size;
}

function begin(most: i32): void {
  wanted = most;
  size = 0;
  bound = Infinity;
  compared = 0;
  visited = 0;
}

/** The i-th list, after the one before it was taken. It is kept where the heap has become shorter. */
function take(i: i32): u64 {
  const entry = popLeast(order, lists - i);
  store<u64>(order + (<usize>(lists - 1 - i) << 3), entry);
  return entry;
}

// @ts-expect-error: decorator
@inline
function taken(i: i32): u64 {
  return load<u64>(order + (<usize>(lists - 1 - i) << 3));
}

/*
 * Rows of a list with its centroid at the distance D are at about the square root of D^2 + spread, give or take something in proportion to D. How
 * much give and take a search allows for shows in where it ends: at a list with D^2 + spread = bound + slack * D. With inner products, rows
 * reach as much beyond their centroid whatever the distance.
 */
function slackAt(entry: u64): f32 {
  const distance = distanceIn(entry);
  // The largest of all are in few lists; further down, any list may have some.
  if (!euclidean) return max(distance - bound, <f32>3.0 * sqrt(spread / <f32>dimension));
  const squared = max(<f32>0, distance + askedNorm);
  return squared > 0 ? (squared + spread - bound) / sqrt(squared) : <f32>0;
}

function isBeyond(entry: u64, slack: f32): bool {
  const distance = distanceIn(entry);
  if (!euclidean) return distance - bound >= slack;
  const squared = max(<f32>0, distance + askedNorm);
  return squared + spread - bound >= slack * sqrt(squared);
}

function scan(list: u32, mask: usize): void {
  if (kind == kindNibbles) {
    scanNibbles(list, mask);
    return;
  }
  let head = load<u32>(heads + (<usize>list << 2));
  let entered = false;
  waiting = 0;
  for (; head != 0; head = nextOf(blockAt(head - 1))) {
    const block = blockAt(head - 1);
    const count = countOf(block);
    for (let i = 0; i < count; i++) {
      const slot = slotOf(block, i);
      if (mask != 0 && !passes(slot, mask)) continue;
      if (!entered) {
        enter(list);
        entered = true;
      }
      wait(block, i, slot);
    }
  }
  if (waiting > 0) compare();
}

/** Whether the bit of a slot is set. */
// @ts-expect-error: decorator
@inline
function passes(slot: u32, mask: usize): bool {
  return ((<u32>load<u8>(mask + (slot >> 3)) >> (slot & 7)) & 1) != 0;
}

/** The same for rows that are compared a block at a time. */
function scanNibbles(list: u32, mask: usize): void {
  let entered = false;
  for (let head = load<u32>(heads + (<usize>list << 2)); head != 0; head = nextOf(blockAt(head - 1))) {
    const block = blockAt(head - 1);
    let chosen = (1 << countOf(block)) - 1;
    if (mask != 0) {
      for (let i = 0, count = countOf(block); i < count; i++)
        if (!passes(slotOf(block, i), mask)) chosen &= ~(1 << i);
    }
    if (chosen == 0) continue;
    if (!entered) {
      enter(list);
      entered = true;
    }
    compareNibbles(block, chosen);
  }
}

/** Compares with the rows of a block whose bits are set. */
function compareNibbles(block: usize, chosen: i32): void {
  compared += popcnt(chosen);
  nibbleSums(nibblesOf(block, 0), pending);
  for (let group = 0; group < 16; group += 4) {
    const at = pending + (<usize>group << 2);
    const distances = distancesBy(v128.load(at), v128.load(nibbleDetails(block) + (<usize>group << 2)));
    let better = i32x4.bitmask(f32x4.lt(distances, f32x4.splat(bound))) & (chosen >> group);
    if (better == 0) continue;
    v128.store(at, distances);
    for (; better != 0; better &= better - 1) {
      const i = ctz(better);
      offer(load<f32>(at + (<usize>i << 2)), slotOf(block, group + i));
    }
  }
}

/** Distances by the inner products with the codes, and by what else there is of rows. */
// @ts-expect-error: decorator
@inline
function distancesBy(dots: v128, rest: v128): v128 {
  const common = f32x4.splat(base);
  if (!euclidean) return f32x4.neg(f32x4.add(common, dots));
  return f32x4.add(common, f32x4.sub(rest, f32x4.add(dots, dots)));
}

/** Prepares what was asked, relative to a centroid (0: to none), for products with rows. */
function prepareRows(centroid: usize): void {
  prepare(asked, centroid, scales, residual, prepared);
  rowStep = preparedStep;
}

/** Prepares for the rows of a list. */
function enter(list: u32): void {
  if (kind == kindFlat) return;
  const centroid = centroidOf(list);
  if (!euclidean) base = innerProduct(asked, centroid, padded);
  else if (kind == kindCodes) {
    prepareRows(centroid);
    base = preparedNorm;
  } else base = squaredDistance(asked, centroid, padded);
}

// @ts-expect-error: decorator
@inline
function wait(block: usize, i: i32, slot: u32): void {
  const at = pending + (<usize>waiting << 2);
  store<u32>(at, <u32>rowOf(block, i));
  store<u32>(at, slot, slotsAt);
  if (kind != kindFlat) store<f32>(at, detailOf(block, i), detailsAt);
  if (kind == kindCodes) store<f32>(at, normOf(block, i), normsAt);
  waiting++;
  if (waiting == 4) compare();
}

/** Compares with the rows that wait, and empties the place. */
function compare(): void {
  for (let i = waiting; i < 4; i++) store<u32>(pending + (<usize>i << 2), load<u32>(pending));
  const distances = distancesOfWaiting();
  const count = waiting;
  waiting = 0;
  compared += count;
  const better = i32x4.bitmask(f32x4.lt(distances, f32x4.splat(bound))) & ((1 << count) - 1);
  if (better == 0) return;
  v128.store(pending, distances, distancesAt);
  for (let i = 0; i < count; i++) {
    if (((better >> i) & 1) == 0) continue;
    const at = pending + (<usize>i << 2);
    offer(load<f32>(at, distancesAt), load<u32>(at, slotsAt));
  }
}

// @ts-expect-error: decorator
@inline
function distancesOfWaiting(): v128 {
  const a = <usize>load<u32>(pending);
  const b = <usize>load<u32>(pending, 4);
  const c = <usize>load<u32>(pending, 8);
  const d = <usize>load<u32>(pending, 12);
  if (kind == kindFlat) {
    const width = rowBytes >> 2;
    if (euclidean) return squaredDistances(a, b, c, d, asked, width);
    return f32x4.neg(innerProducts(a, b, c, d, asked, width));
  }
  let dots: v128;
  let rest: v128;
  if (kind == kindCodes) {
    const steps = f32x4.mul(v128.load(pending, detailsAt), f32x4.splat(rowStep));
    dots = f32x4.mul(f32x4.convert_i32x4_s(products(a, b, c, d, prepared)), steps);
    rest = v128.load(pending, normsAt);
  } else {
    dots = tableSums(a, b, c, d);
    rest = v128.load(pending, detailsAt);
  }
  return distancesBy(dots, rest);
}

function offer(distance: f32, slot: u32): void {
  if (size < wanted) {
    pushGreatest(found, size, entryOf(distance, slot));
    size++;
  } else if (distance < bound) replaceGreatest(found, size, entryOf(distance, slot));
  if (size == wanted) bound = distanceIn(load<u64>(found));
}
