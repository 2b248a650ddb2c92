import type { StoredRecord } from '../../src/driver.ts';
import { unsupported } from '../../src/errors.ts';
import { compareMatches, distanceBetween } from '../../src/score.ts';
import type { Id, Metric } from '../../src/types.ts';

export interface Nearest {
  readonly distance: number;
  readonly id: Id;
}

/**
 * The nearest records per query, by comparing with every one.
 *
 * @throws `Unsupported` beyond `scanBudget` records.
 */
export async function nearestByScan(
  pages: AsyncIterable<readonly StoredRecord[]>,
  queries: readonly Float32Array[],
  asked: { readonly metric: Metric; readonly k: number; readonly maxDistance: number; readonly scanBudget: number },
): Promise<Nearest[][]> {
  const { metric, k, maxDistance, scanBudget } = asked;
  let best: Nearest[][] = queries.map(() => []);
  let seen = 0;
  for await (const records of pages) {
    seen += records.length;
    if (seen > scanBudget)
      throw unsupported(
        'exact: true',
        `it would compare more than ${scanBudget} records (scanBudget); use an index of type flat, or a narrower filter`,
      );
    best = best.map((kept, q) => {
      const more = records.map(({ id, vector }) => ({ id, distance: distanceBetween(metric, queries[q]!, vector!) }));
      return [...kept, ...more.filter(({ distance }) => distance <= maxDistance)].sort(compareMatches).slice(0, k);
    });
  }
  return best;
}
