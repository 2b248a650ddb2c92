/* Lists of links. */
import { links0Of, mostLinks, mostLinks0, none, upper, upperStart } from './layout';
import { list } from './scratch';
import { isNew } from './visits';

// @ts-expect-error: decorator
@inline
export function linksOf(node: u32, level: i32): usize {
  if (level == 0) return links0Of(node);
  const start = load<u32>(upperStart + (<usize>node << 2));
  return upper + (<usize>start + <usize>(level - 1)) * (<usize>mostLinks << 2);
}

// @ts-expect-error: decorator
@inline
export function capacityOf(level: i32): i32 {
  return level == 0 ? mostLinks0 : mostLinks;
}

export function clearLinks(node: u32, level: i32): void {
  for (let here = 0; here <= level; here++) store<u32>(linksOf(node, here), none);
}

/** Lists where links lead to. Returns how many. */
// @ts-expect-error: decorator
@inline
export function gather(links: usize, most: i32): i32 {
  let listed = 0;
  for (let i = 0; i < most; i++) {
    const node = load<u32>(links + (<usize>i << 2));
    if (node == none) break;
    store<u32>(list() + (<usize>listed << 2), node);
    listed++;
  }
  return listed;
}

/** The same of the nodes that this search has not met: which of them are new nobody can predict, so no branch depends on it. */
// @ts-expect-error: decorator
@inline
export function gatherNew(links: usize, most: i32): i32 {
  let listed = 0;
  for (let i = 0; i < most; i++) {
    const node = load<u32>(links + (<usize>i << 2));
    if (node == none) break;
    store<u32>(list() + (<usize>listed << 2), node);
    listed += i32(isNew(node));
  }
  return listed;
}
