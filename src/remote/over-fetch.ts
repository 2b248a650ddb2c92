import type { Parts, StoredMatch, StoredRecord } from '../driver.ts';
import { unsupported } from '../errors.ts';
import { evaluate } from '../filter/evaluate.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { compareMatches } from '../score.ts';

/** A search that one request may not answer: a residual filter, or ties at the cut. */
export interface OverFetch {
  readonly k: number;
  readonly maxDistance: number;
  /** Ties at the cut go by id, so all of them must be seen. */
  readonly exact: boolean;
  readonly residual: FilterNode | undefined;
  readonly include: Parts;
  /** Most rows that one request can return. */
  readonly window: number;
}

/**
 * Asks for `limit` rows per query, best first, each with its payload if there is a residual. Fewer than `limit` rows means there are no more.
 */
export type FetchNearest<Q> = (queries: readonly Q[], limit: number) => Promise<readonly (readonly StoredMatch[])[]>;

/**
 * The best `k` true matches per query: fetches k′, 2k′, 4k′ … rows until enough of them match (and, under `exact`, the ties at the cut are
 * complete), or there are no more.
 *
 * @throws `Unsupported` where the window is too small to know the answer.
 */
export async function searchOverFetching<Q>(
  queries: readonly Q[],
  asked: OverFetch,
  fetch: FetchNearest<Q>,
): Promise<StoredMatch[][]> {
  const answers: StoredMatch[][] = queries.map(() => []);
  let open = queries.map((query, at) => ({ query, at }));
  for (
    let limit = Math.min(firstLimit(asked), asked.window);
    open.length > 0;
    limit = Math.min(limit * 2, asked.window)
  ) {
    const found = await fetch(
      open.map(({ query }) => query),
      limit,
    );
    open = open.filter(({ at }, i) => {
      const answer = settled(found[i] ?? [], limit, asked);
      if (answer === undefined) return true;
      answers[at] = answer;
      return false;
    });
    if (open.length > 0 && limit >= asked.window) throw unsupported('This search', reasonOf(asked));
  }
  return answers;
}

function firstLimit({ k, residual, exact }: OverFetch): number {
  if (residual !== undefined) return Math.max(2 * k, 64);
  return exact ? k + 1 : k;
}

/** The answer, if these rows are enough to know it. */
function settled(rows: readonly StoredMatch[], limit: number, asked: OverFetch): StoredMatch[] | undefined {
  const { k, residual, maxDistance } = asked;
  const matching = rows.filter(
    (row) => row.distance <= maxDistance && (residual === undefined || evaluate(residual, row.payload)),
  );
  const last = rows.at(-1);
  const complete = rows.length < limit || last === undefined || last.distance > maxDistance;
  if (!complete) {
    if (matching.length < k) return undefined;
    const sorted = matching.toSorted(compareMatches);
    if (asked.exact && sorted[k - 1]!.distance >= last.distance) return undefined;
  }
  return matching
    .sort(compareMatches)
    .slice(0, k)
    .map((row) => withParts(row, asked.include));
}

function reasonOf({ residual, window }: OverFetch): string {
  return residual === undefined
    ? `more than ${window} records tie at the last place, and this backend returns no more of them`
    : `this backend can only apply a part of the filter, and none of its best ${window} rows settle the rest; narrow the filter or use a smaller k`;
}

/** A row without the parts that only we asked for. */
export function withParts<R extends StoredRecord>(row: R, include: Parts): R {
  if (include.payload || row.payload === undefined) return row;
  const { payload: _, ...rest } = row;
  return rest as R;
}
