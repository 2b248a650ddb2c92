/*
 * Locks for threads that insert at the same time. Each is held for the change of one list of links, and none while another is waited for.
 * Searches take none: whatever they see of a list that is being changed are nodes whose rows are written.
 */
import { locks } from './layout';

const count: u32 = 1024;

/** Bytes of all locks. */
export function lockBytes(): usize {
  return 4 * (<usize>count + 1);
}

/** The lock of a node's links. Nodes share. */
// @ts-expect-error: decorator
@inline
export function lockOf(node: u32): usize {
  return locks + (<usize>(node & (count - 1)) << 2);
}

// @ts-expect-error: decorator
@inline
export function topLock(): usize {
  return locks + (<usize>count << 2);
}

export function lock(at: usize): void {
  while (atomic.cmpxchg<i32>(at, 0, 1) != 0) {}
}

export function unlock(at: usize): void {
  atomic.store<i32>(at, 0);
}
