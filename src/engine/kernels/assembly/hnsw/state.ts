/* The graph's own few numbers, in memory so that they are saved with it and shared between threads. */
import { lock, topLock, unlock } from './locks';
import { state } from './layout';

/**
 * Where every search begins: a node, and in the upper half its level. `none` in the lower half while there is none. One word, so that nobody sees a
 * node with the level of another.
 */
// @ts-expect-error: decorator
@inline
export function top(): u64 {
  return atomic.load<u64>(state);
}

// @ts-expect-error: decorator
@inline
export function nodeOf(top: u64): u32 {
  return <u32>top;
}

// @ts-expect-error: decorator
@inline
export function levelOf(top: u64): i32 {
  return <i32>(top >> 32);
}

/** Nodes there are, all from 0 on. The host counts them. */
// @ts-expect-error: decorator
@inline
export function count(): i32 {
  return load<i32>(state, 8);
}

/** Makes a node the one where searches begin, unless another is on as high a level. */
export function offerTop(node: u32, level: i32): void {
  lock(topLock());
  if (level > levelOf(top())) atomic.store<u64>(state, (<u64>level << 32) | <u64>node);
  unlock(topLock());
}

/** The next of a batch that several threads insert. */
export function claim(): i32 {
  return atomic.add<i32>(state, 1, 12);
}
