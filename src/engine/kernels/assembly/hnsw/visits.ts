/* Which nodes a search has met: each search has a number, and stamps what it meets with it. */
import { visited } from './layout';
import { count } from './state';

let epoch: u32 = 0;

export function beginVisit(): void {
  epoch++;
  if (epoch > 0xffff) {
    memory.fill(visited, 0, <usize>count() << 1);
    epoch = 1;
  }
}

/** Whether this search meets the node for the first time. From now on it has. */
// @ts-expect-error: decorator
@inline
export function isNew(node: u32): bool {
  const at = visited + (<usize>node << 1);
  const before = <u32>load<u16>(at);
  store<u16>(at, <u16>epoch);
  return before != epoch;
}
