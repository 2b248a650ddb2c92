/* Searches that compare with every node of a mask, or with those whose signs are like the query's. */
import { distances } from './distance';
import { counted, differing, padded } from './layout';
import * as pool from './pool';
import { list, listDistances, query, results, walked } from './scratch';
import { countSigns, isBeyond, signsOf } from './signs';
import { count } from './state';
import { listedKey, listedNode } from './walk';

/** Rows whose distances a scan asks for at once: memory fetches that many while the first are compared. */
const scoredTogether: i32 = 32;

/** Up to which key a node is worth a second look. */
let bound: u32 = 0;

/**
 * The `wanted` nearest of the nodes whose bit is set at `mask`, by comparing with each, and all others that are hardly farther than the last of
 * them: by `slack` times its distance or, where `squared`, times the root of it, which is what the distance is a square of.
 *
 * @param most A pool of this size is not all of them.
 */
export function scanMasked(wanted: i32, most: i32, mask: usize, slack: f32, squared: bool): usize {
  begin(wanted, most);
  const nodes = count();
  let listed = 0;
  for (let base = 0; base < nodes; base += 32) {
    let bits = load<u32>(mask + (<usize>base >> 3));
    while (bits != 0) {
      store<u32>(list() + (<usize>listed << 2), base + ctz(bits));
      listed++;
      bits &= bits - 1;
    }
    if (listed < scoredTogether && base + 32 < nodes) continue;
    if (!compare(listed, slack, squared)) break;
    listed = 0;
  }
  return finish(most);
}

/**
 * The same by comparing with those only whose signs differ least from the query's: twice `band` nodes, and on, each time with twice as many, until the half
 * that differs most brought none of the `wanted`. Signs that tell nothing cost time, for then it goes on to the end, but no answer.
 */
export function scanSigned(wanted: i32, most: i32, mask: usize, slack: f32, squared: bool, band: i32): usize {
  begin(wanted, most);
  const nodes = countSigns(mask);
  let after = -1;
  let half = band;
  for (let within = 2 * band; ; within <<= 1) {
    const upTo = within < nodes ? signsOf(within) : padded;
    if (!compareBetween(nodes, after, upTo, slack, squared)) break;
    if (upTo == padded || !hasBeyond(signsOf(half))) break;
    after = upTo;
    half = within;
  }
  return finish(most);
}

function begin(wanted: i32, most: i32): void {
  pool.clear(walked(), wanted);
  pool.clear(results(), most);
  bound = 0xffffffff;
}

/** Compares with the nodes that were counted, if more than `after` and no more than `upTo` of their signs differ. */
function compareBetween(nodes: i32, after: i32, upTo: i32, slack: f32, squared: bool): bool {
  const least = i16x8.splat(<i16>(after + 1));
  const most = i16x8.splat(<i16>upTo);
  let listed = 0;
  for (let base = 0; base < nodes; base += 8) {
    const eight = v128.load(differing + (<usize>base << 1));
    let bits = i16x8.bitmask(v128.and(i16x8.ge_s(eight, least), i16x8.le_s(eight, most)));
    if (base + 8 > nodes) bits &= (1 << (nodes - base)) - 1;
    for (; bits != 0; bits &= bits - 1) {
      store<u32>(list() + (<usize>listed << 2), load<u32>(counted + (<usize>(base + ctz(bits)) << 2)));
      listed++;
    }
    if (listed < scoredTogether) continue;
    if (!compare(listed, slack, squared)) return false;
    listed = 0;
  }
  return compare(listed, slack, squared);
}

/** Whether one of the nearest differs in more signs than that. */
function hasBeyond(differing: i32): bool {
  const nearest = walked();
  for (let i = 0; i < pool.sizeOf(nearest); i++)
    if (isBeyond(pool.nodeIn(pool.entryAt(nearest, i)), differing)) return true;
  return false;
}

/** Compares with the nodes of the list. */
function compare(listed: i32, slack: f32, squared: bool): bool {
  distances(list(), listed, query(), listDistances());
  for (let i = 0; i < listed; i++) pool.offer(walked(), listedKey(i), listedNode(i));
  return keepNear(listed, slack, squared);
}

/** Keeps those of the list that are worth a second look; false where they are too many. */
// @ts-expect-error: decorator
@inline
function keepNear(listed: i32, slack: f32, squared: bool): bool {
  const near = results();
  bound = boundOf(walked(), slack, squared);
  for (let i = 0; i < listed; i++) {
    const key = listedKey(i);
    if (key > bound) continue;
    pool.append(near, key, listedNode(i));
    if (!pool.isFull(near)) continue;
    pool.keep(near, bound);
    if (pool.isFull(near)) return false;
  }
  return true;
}

/** What is worth a second look, in order; as it came where it is too much. */
function finish(most: i32): usize {
  const near = results();
  if (pool.isFull(near)) return near;
  const nearest = walked();
  pool.clear(nearest, most);
  for (let i = 0; i < pool.sizeOf(near); i++) {
    const entry = pool.entryAt(near, i);
    if (pool.keyIn(entry) <= bound) pool.offer(nearest, pool.keyIn(entry), pool.nodeIn(entry));
  }
  pool.sort(nearest);
  return nearest;
}

/** Up to which distance a node is worth a second look. */
function boundOf(nearest: usize, slack: f32, squared: bool): u32 {
  const last = pool.farthest(nearest);
  if (last == 0xffffffff) return last;
  const distance = pool.distanceOf(last);
  return pool.keyOf(distance + slack * (squared ? sqrt(max<f32>(0, distance)) : 1));
}
