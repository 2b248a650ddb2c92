/*
 * The nearest nodes found so far, in order, at most `capacity`. At its address a pool has its size, its capacity and how many of its first entries
 * were followed; then its entries. An entry is a u64: the distance as a key that sorts like it, then the node's number, and in the last bit
 * whether its links have been followed.
 */

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
  let size = sizeOf(pool);
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entryAt(pool, middle) < entry) low = middle + 1;
    else high = middle;
  }
  if (size < load<i32>(pool, 4)) {
    size++;
    store<i32>(pool, size);
  }
  const at = pool + head + (<usize>low << 3);
  const moved = <usize>(size - 1 - low) << 3;
  if (moved > 256) memory.copy(at + 8, at, moved);
  else for (let to = at + moved; to > at; to -= 8) store<u64>(to, load<u64>(to - 8));
  store<u64>(at, entry);
  if (low < load<i32>(pool, 8)) store<i32>(pool, low, 8);
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
