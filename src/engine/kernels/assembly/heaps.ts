/*
 * Binary heaps of u64: a distance as a key that sorts like it, then a number.
 */

/** f32 as a u32 of the same order. */
// @ts-expect-error: decorator
@inline
export function keyOf(distance: f32): u32 {
  const bits = reinterpret<u32>(distance);
  return bits ^ (<u32>(<i32>bits >> 31) | 0x80000000);
}

// @ts-expect-error: decorator
@inline
export function entryOf(distance: f32, number: u32): u64 {
  return (<u64>keyOf(distance) << 32) | <u64>number;
}

/** The distance in an entry. */
// @ts-expect-error: decorator
@inline
export function distanceIn(entry: u64): f32 {
  const key = <u32>(entry >> 32);
  return reinterpret<f32>(key ^ (<u32>(<i32>~key >> 31) | 0x80000000));
}

// @ts-expect-error: decorator
@inline
function at(heap: usize, i: i32): u64 {
  return load<u64>(heap + (<usize>i << 3));
}

// @ts-expect-error: decorator
@inline
function put(heap: usize, i: i32, entry: u64): void {
  store<u64>(heap + (<usize>i << 3), entry);
}

/** Lets an entry sink from a place of a heap whose least is first. */
function sinkLeast(heap: usize, size: i32, from: i32, entry: u64): void {
  let i = from;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && at(heap, child + 1) < at(heap, child)) child++;
    if (at(heap, child) >= entry) break;
    put(heap, i, at(heap, child));
    i = child;
  }
  put(heap, i, entry);
}

/** Makes a heap, the least first. */
export function heapify(heap: usize, size: i32): void {
  for (let i = size / 2 - 1; i >= 0; i--) sinkLeast(heap, size, i, at(heap, i));
}

/** Takes the least out of a heap that is not empty. */
export function popLeast(heap: usize, size: i32): u64 {
  const least = at(heap, 0);
  sinkLeast(heap, size - 1, 0, at(heap, size - 1));
  return least;
}

/** Adds to a heap whose greatest is first. */
export function pushGreatest(heap: usize, size: i32, entry: u64): void {
  let i = size;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    if (at(heap, parent) >= entry) break;
    put(heap, i, at(heap, parent));
    i = parent;
  }
  put(heap, i, entry);
}

/** Puts an entry in the place of the greatest. */
export function replaceGreatest(heap: usize, size: i32, entry: u64): void {
  let i = 0;
  for (;;) {
    let child = 2 * i + 1;
    if (child >= size) break;
    if (child + 1 < size && at(heap, child + 1) > at(heap, child)) child++;
    if (at(heap, child) <= entry) break;
    put(heap, i, at(heap, child));
    i = child;
  }
  put(heap, i, entry);
}

/** Sorts a heap whose greatest is first, the least first. */
export function sort(heap: usize, size: i32): void {
  for (let last = size - 1; last > 0; last--) {
    const greatest = at(heap, 0);
    replaceGreatest(heap, last, at(heap, last));
    put(heap, last, greatest);
  }
}
