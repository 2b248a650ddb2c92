/* Masks: a bit for every node, the lowest first, and four bytes more. */

// @ts-expect-error: decorator
@inline
export function isSet(mask: usize, node: u32): bool {
  return ((<u32>load<u8>(mask + (<usize>node >> 3)) >> (node & 7)) & 1) != 0;
}

/** Writes down the nodes below `nodes` whose bit is set, and up to three others behind the last; returns how many there are. */
export function listSet(mask: usize, nodes: usize, to: usize): usize {
  let at = to;
  for (let base: usize = 0; base < nodes; base += 32) {
    let bits = load<u32>(mask + (base >> 3));
    // By fours, and some too many: a loop whose length nobody can foresee costs more than that.
    for (let left = <i32>popcnt<u32>(bits); left > 0; left -= 4) {
      for (let i: usize = 0; i < 4; i++) {
        store<u32>(at + (i << 2), <u32>base + ctz<u32>(bits));
        bits &= bits - 1;
      }
      at += <usize>min(left, 4) << 2;
    }
  }
  return (at - to) >> 2;
}
