/** How much of the exact answer a search gave. */
export interface Answer {
  readonly ids: readonly string[];
  /** Beside the ids; smaller is nearer. */
  readonly distances: readonly number[];
}

/** Relative: what is as near as the last one of the exact answer is as good as that one. */
const tie = 1e-6;

/** The share of the exact answer that was found, from 0 to 1; ties with its last match count as found. 1 where there was nothing to find. */
export function recallOf(exact: Answer, found: Answer): number {
  if (exact.ids.length === 0) return 1;
  const ids = new Set(exact.ids);
  const farthest = exact.distances.at(-1) ?? 0;
  const bound = farthest + tie * Math.max(1, Math.abs(farthest));
  const right = found.ids.filter((id, at) => ids.has(id) || found.distances[at]! <= bound).length;
  return Math.min(right, ids.size) / ids.size;
}
