/*
 * The signs of rows of 4-bit codes, one bit for each component: how many of them two vectors have in common says roughly how near they are, for a
 * tenth of the work of comparing codes. They are taken from the rows as they lie there, so their order is that of the codes: of thirty-two
 * components that share sixteen bytes, first the upper halves of the bytes, then the lower ones. Of the components l + 24 the sign is the
 * other way round, since their codes are kept less 8.
 */
import { counted, differing, dimension, header, padded, rowOf, signBytes, signs } from './layout';
import { listSet } from './masks';
import { centred, histogram, querySigns } from './scratch';
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

/** Of the node of an entry of a list. */
// @ts-expect-error: decorator
@inline
function signsAt(entry: usize, bytes: usize): usize {
  return signs + <usize>load<u32>(entry) * bytes;
}

/** Whether a node differs in more signs than that from what was counted last. */
export function isBeyond(node: u32, differing: i32): bool {
  return <i32>apart(node, querySigns(), signBytes) > differing;
}

// @ts-expect-error: decorator
@inline
function note(differing: u64, at: usize, tally: usize): void {
  store<u16>(at, <u16>differing);
  const place = tally + (<usize>differing << 2);
  store<u32>(place, load<u32>(place) + 1);
}

/**
 * Counts the signs in which the nodes whose bit is set differ from what was taken in last: `counted` has the nodes, `differing` in how many signs each differs,
 * and the histogram how many have which number. Returns how many nodes there are.
 */
export function countSigns(mask: usize): i32 {
  takeQuerySigns();
  const query = querySigns();
  const bytes = signBytes;
  const tally = histogram();
  memory.fill(tally, 0, (<usize>padded + 1) << 2);
  const listed = listSet(mask, <usize>count(), counted);
  let i: usize = 0;
  for (; i + 4 <= listed; i += 4) {
    const entry = counted + (i << 2);
    const a = signsAt(entry, bytes);
    const b = signsAt(entry + 4, bytes);
    const c = signsAt(entry + 8, bytes);
    const d = signsAt(entry + 12, bytes);
    let inA: u64 = 0;
    let inB: u64 = 0;
    let inC: u64 = 0;
    let inD: u64 = 0;
    for (let at: usize = 0; at < bytes; at += 8) {
      const q = load<u64>(query + at);
      inA += popcnt<u64>(load<u64>(a + at) ^ q);
      inB += popcnt<u64>(load<u64>(b + at) ^ q);
      inC += popcnt<u64>(load<u64>(c + at) ^ q);
      inD += popcnt<u64>(load<u64>(d + at) ^ q);
    }
    const out = differing + (i << 1);
    note(inA, out, tally);
    note(inB, out + 2, tally);
    note(inC, out + 4, tally);
    note(inD, out + 6, tally);
  }
  for (; i < listed; i++) note(apart(load<u32>(counted + (i << 2)), query, bytes), differing + (i << 1), tally);
  return <i32>listed;
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
