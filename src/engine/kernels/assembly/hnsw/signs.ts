/*
 * The signs of rows of 4-bit codes, one bit for each component: how many of them two vectors have in common says roughly how near they are, for a
 * tenth of the work of comparing codes. They are taken from the rows as they lie there, so their order is that of the codes: of thirty-two
 * components that share sixteen bytes, first the upper halves of the bytes, then the lower ones. Of the components l + 24 the sign is the
 * other way round, since their codes are kept less 8.
 */
import { closeness, dimension, header, padded, rowOf, signBytes, signs } from './layout';
import { centred, histogram, list, querySigns } from './scratch';
import { count } from './state';

/** Takes the signs of the rows of some nodes. */
export function takeSigns(first: u32, end: u32): void {
  for (let node = first; node < end; node++) {
    const row = rowOf(node);
    const target = signs + <usize>node * signBytes;
    // The last word may be beyond the row.
    store<u32>(target + signBytes - 4, 0);
    for (let at: usize = 0; at < <usize>padded >> 1; at += 16) {
      const codes = v128.load(row + at, header);
      store<u32>(target + (at >> 2), i8x16.bitmask(codes) | (i8x16.bitmask(i8x16.shl(codes, 4)) << 16));
    }
  }
}

/** Takes the signs of what was taken in last. */
function takeQuerySigns(): void {
  const source = centred();
  const target = querySigns();
  store<u32>(target + signBytes - 4, 0);
  for (let block: usize = 0; block < <usize>padded; block += 32) {
    let word: u32 = 0;
    for (let l: usize = 0; l < 8; l++) {
      const from = source + ((block + l) << 2);
      const low = <i32>(l << 1);
      word |= u32(load<f32>(from) >= 0) << (low + 16);
      word |= u32(load<f32>(from, 32) >= 0) << low;
      word |= u32(load<f32>(from, 64) >= 0) << (low + 17);
      word |= u32(!(load<f32>(from, 96) >= 0)) << (low + 1);
    }
    store<u32>(target + (block >> 3), word);
  }
}

/** Signs in which a node differs from the query. */
// @ts-expect-error: decorator
@inline
function apart(node: u32, query: usize, bytes: usize): u64 {
  const own = signs + <usize>node * bytes;
  let sum: u64 = 0;
  for (let at: usize = 0; at < bytes; at += 8) sum += popcnt<u64>(load<u64>(own + at) ^ load<u64>(query + at));
  return sum;
}

/** Nodes whose signs are asked for at once: memory fetches the last while the first are counted. */
const countedTogether: usize = 32;
/** Keeps the compiler from leaving out loads that nobody needs the result of. */
let touched: u32 = 0;

/** Loads something of every cache line of the signs of the nodes that are listed. */
// @ts-expect-error: decorator
@inline
function touch(listed: usize, bytes: usize): void {
  let all: u32 = 0;
  for (let i: usize = 0; i < listed; i++) {
    const own = signs + <usize>load<u32>(list() + (i << 2)) * bytes;
    all ^= load<u32>(own + bytes - 4);
    for (let at: usize = 0; at < bytes; at += 64) all ^= load<u32>(own + at);
  }
  touched = all;
}

/** Whether a node differs in more signs than that from what was counted last. */
export function isBeyond(node: u32, differing: i32): bool {
  return <i32>apart(node, querySigns(), signBytes) > differing;
}

/**
 * Counts the signs in which the nodes whose bit is set differ from what was taken in last: `closeness` has the number in the upper half of an u64, the node in
 * the lower, and the histogram how many have which number. Returns how many nodes there are.
 */
export function countSigns(mask: usize): i32 {
  takeQuerySigns();
  const query = querySigns();
  const bytes = signBytes;
  const tally = histogram();
  memory.fill(tally, 0, (<usize>padded + 1) << 2);
  const nodes = count();
  let at = closeness;
  let listed: usize = 0;
  for (let base = 0; base < nodes; base += 32) {
    let bits = load<u32>(mask + (<usize>base >> 3));
    while (bits != 0) {
      store<u32>(list() + (listed << 2), base + ctz(bits));
      listed++;
      bits &= bits - 1;
    }
    if (listed < countedTogether && base + 32 < nodes) continue;
    touch(listed, bytes);
    for (let i: usize = 0; i < listed; i++) {
      const node = load<u32>(list() + (i << 2));
      const differing = apart(node, query, bytes);
      store<u64>(at, (differing << 32) | <u64>node);
      at += 8;
      const place = tally + (<usize>differing << 2);
      store<u32>(place, load<u32>(place) + 1);
    }
    listed = 0;
  }
  return <i32>((at - closeness) >> 3);
}

/** The least number of differing signs that at least `wanted` nodes do not exceed. */
export function signsOf(wanted: i32): i32 {
  const tally = histogram();
  let nodes = 0;
  for (let differing = 0; differing <= padded; differing++) {
    nodes += load<i32>(tally + (<usize>differing << 2));
    if (nodes >= wanted) return differing;
  }
  return padded;
}
