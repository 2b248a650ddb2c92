/*
 * The nearest nodes found so far, in order, at most `capacity`. At its address a pool has its size, its capacity and how many of its first entries
 * were followed; then its entries. An entry is a u64: the distance as a key that sorts like it, then the node's number, and in the last bit
 * whether its links have been followed.
 */

import * as heaps from '../heaps';

/** Bytes before the entries. */
export const head: usize = 16;

export function clear(pool: usize, capacity: i32): void {
  store<i32>(pool, 0);
  store<i32>(pool, capacity, 4);
  store<i32>(pool, 0, 8);
}

// @ts-expect-error: decorator
@inline
export function sizeOf(pool: usize): i32 {
  return load<i32>(pool);
}

/** f32 as a u32 of the same order. */
// @ts-expect-error: decorator
@inline
export function keyOf(distance: f32): u32 {
  const bits = reinterpret<u32>(distance);
  return bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
}

// @ts-expect-error: decorator
@inline
export function distanceOf(key: u32): f32 {
  return reinterpret<f32>(key ^ (<u32>(<i32>~key >> 31) | 0x80000000));
}

// @ts-expect-error: decorator
@inline
export function entryAt(pool: usize, i: i32): u64 {
  return load<u64>(pool + (<usize>i << 3), head);
}

// @ts-expect-error: decorator
@inline
export function nodeIn(entry: u64): u32 {
  return <u32>entry >> 1;
}

// @ts-expect-error: decorator
@inline
export function keyIn(entry: u64): u32 {
  return <u32>(entry >> 32);
}

/** Keys from here on do not get in. */
// @ts-expect-error: decorator
@inline
export function bound(pool: usize): u32 {
  const size = sizeOf(pool);
  return size < load<i32>(pool, 4) ? 0xffffffff : keyIn(entryAt(pool, size - 1));
}

export function insert(pool: usize, key: u32, node: u32): void {
  if (key >= bound(pool)) return;
  const entry = (<u64>key << 32) | (<u64>node << 1);
  const size = sizeOf(pool);
  const first = pool + head;
  const at = placeOf(entry, first, size);
  const isFull = size == load<i32>(pool, 4);
  moveUp(at, first + (<usize>(size - i32(isFull)) << 3));
  if (!isFull) store<i32>(pool, size + 1);
  store<u64>(at, entry);
  const place = <i32>((at - first) >> 3);
  if (place < load<i32>(pool, 8)) store<i32>(pool, place, 8);
}

/** Where an entry belongs among `size` sorted ones: by halving, without a branch that could be mispredicted. */
// @ts-expect-error: decorator
@inline
function placeOf(entry: u64, first: usize, size: i32): usize {
  let at = first;
  let left = size;
  while (left > 0) {
    const half = (left + 1) >> 1;
    const next = at + (<usize>half << 3);
    at = select(next, at, load<u64>(next - 8) < entry);
    left -= half;
  }
  return at;
}

/** Moves the entries from `from` to `end` up by one, the last first. */
// @ts-expect-error: decorator
@inline
function moveUp(from: usize, end: usize): void {
  let at = end;
  for (; at >= from + 64; at -= 64) {
    const a = v128.load(at - 16);
    const b = v128.load(at - 32);
    const c = v128.load(at - 48);
    const d = v128.load(at - 64);
    v128.store(at - 8, a);
    v128.store(at - 24, b);
    v128.store(at - 40, c);
    v128.store(at - 56, d);
  }
  for (; at > from; at -= 8) store<u64>(at, load<u64>(at - 8));
}

/** The node that `follow` would probably give next, if no nearer one comes; any of the pool's. The pool is not empty. */
// @ts-expect-error: decorator
@inline
export function nextIn(pool: usize): u32 {
  return nodeIn(entryAt(pool, min(load<i32>(pool, 8), sizeOf(pool) - 1)));
}

/** The nearest entry that was not followed, marked as followed from now on; 0 where there is none. (No entry is 0 once it is marked.) */
export function follow(pool: usize): u64 {
  const size = sizeOf(pool);
  for (let next = load<i32>(pool, 8); next < size; next++) {
    const entry = entryAt(pool, next);
    if ((entry & 1) == 0) {
      store<u64>(pool + (<usize>next << 3), entry | 1, head);
      store<i32>(pool, next + 1, 8);
      return entry | 1;
    }
  }
  store<i32>(pool, size, 8);
  return 0;
}

/*
 * A pool that nobody follows may be filled in other ways, which do not keep it in order. By `offer` it is a heap whose farthest is first, of the
 * nearest, until `sort`; by `append` it takes anything.
 */

/** Only between `clear` and `sort`. */
// @ts-expect-error: decorator
@inline
export function offer(pool: usize, key: u32, node: u32): void {
  if (key < farthest(pool)) offerNear(pool, (<u64>key << 32) | (<u64>node << 1));
}

function offerNear(pool: usize, entry: u64): void {
  const size = sizeOf(pool);
  if (size == load<i32>(pool, 4)) {
    heaps.replaceGreatest(pool + head, size, entry);
  } else {
    heaps.pushGreatest(pool + head, size, entry);
    store<i32>(pool, size + 1);
  }
}

/** The key of the farthest, of a heap that is full. */
// @ts-expect-error: decorator
@inline
export function farthest(pool: usize): u32 {
  return isFull(pool) ? keyIn(entryAt(pool, 0)) : 0xffffffff;
}

/** Of a heap. */
export function sort(pool: usize): void {
  heaps.sort(pool + head, sizeOf(pool));
}

// @ts-expect-error: decorator
@inline
export function isFull(pool: usize): bool {
  return sizeOf(pool) == load<i32>(pool, 4);
}

/** To a pool that is not full. */
// @ts-expect-error: decorator
@inline
export function append(pool: usize, key: u32, node: u32): void {
  const size = sizeOf(pool);
  store<u64>(pool + (<usize>size << 3), (<u64>key << 32) | (<u64>node << 1), head);
  store<i32>(pool, size + 1);
}

/** Keeps those with a key up to the bound. */
export function keep(pool: usize, bound: u32): void {
  let kept = 0;
  for (let i = 0; i < sizeOf(pool); i++) {
    const entry = entryAt(pool, i);
    store<u64>(pool + (<usize>kept << 3), entry, head);
    kept += i32(keyIn(entry) <= bound);
  }
  store<i32>(pool, kept);
}
