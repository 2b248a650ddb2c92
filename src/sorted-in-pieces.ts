import type { Pieces } from './time-slice.ts';

/** Items sorted, or merged, between two looks at the clock. */
const together = 1_024;

/** The items as `toSorted` gives them, in pieces: runs are sorted, then merged. */
export function* sortedInPieces<T>(items: readonly T[], compare: (a: T, b: T) => number): Pieces<T[]> {
  if (items.length <= together) return items.slice().sort(compare);
  let from: T[] = [];
  for (let at = 0; at < items.length; at += together) {
    for (const item of items.slice(at, at + together).sort(compare)) from.push(item);
    yield;
  }
  for (let run = together; run < from.length; run *= 2) {
    const to: T[] = [];
    for (let at = 0; at < from.length; at += 2 * run) {
      const middle = Math.min(at + run, from.length);
      const end = Math.min(at + 2 * run, from.length);
      for (let [a, b] = [at, middle]; a < middle || b < end; ) {
        // Of equals those that were first come first.
        const isFirst = b === end || (a < middle && compare(from[a]!, from[b]!) <= 0);
        to.push(isFirst ? from[a++]! : from[b++]!);
        if (to.length % together === 0) yield;
      }
    }
    from = to;
  }
  return from;
}
