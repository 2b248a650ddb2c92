import type { Bounds } from '../../filter/normal-form.ts';

/** The numbers of an ascending list that satisfy all bounds. */
export function withinSorted(sorted: readonly number[], { gt, gte, lt, lte }: Bounds): readonly number[] {
  const from = Math.max(
    gt === undefined ? 0 : firstIndex(sorted, (x) => x > gt),
    gte === undefined ? 0 : firstIndex(sorted, (x) => x >= gte),
  );
  const to = Math.min(
    lt === undefined ? sorted.length : firstIndex(sorted, (x) => x >= lt),
    lte === undefined ? sorted.length : firstIndex(sorted, (x) => x > lte),
  );
  return from < to ? sorted.slice(from, to) : [];
}

/** The first index whose number satisfies a condition that, once true, stays true; the length if none does. */
function firstIndex(sorted: readonly number[], condition: (x: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (condition(sorted[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
