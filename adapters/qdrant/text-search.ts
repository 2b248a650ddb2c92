import type { DriverHybrid, StoredRecord } from '../../src/driver.ts';
import { unsupported } from '../../src/errors.ts';
import { evaluate } from '../../src/filter/evaluate.ts';
import type { FilterNode } from '../../src/filter/normal-form.ts';
import { parsePath, valueAt } from '../../src/filter/path.ts';
import { termsOf } from '../../src/filter/tokenize.ts';
import type { RankedHit } from '../../src/fusion.ts';
import { compareIds } from '../../src/score.ts';
import type { AnsweredHit } from './answers.ts';
import type { QdrantFilter } from './filter.ts';
import { keys } from './payload.ts';
import { type Layout, rowOf } from './points.ts';
import { queryVectorOf, textVectorName } from './text-vector.ts';

/** Rows that are read to put ties at the last place in the order of their ids; where more of them tie, any will do. */
const mostTiedRows = 4_096;

/** A ranking by text that one request may not answer: a residual filter, terms that share a dimension, ties at the cut. */
export interface TextRequest {
  readonly asked: Pick<DriverHybrid, 'terms' | 'fields' | 'exact'>;
  readonly layout: Layout;
  readonly filter: QdrantFilter | undefined;
  readonly residual: FilterNode | undefined;
  readonly k: number;
  /** Most rows that one request can return. */
  readonly window: number;
}

/**
 * The best `k` records that hold a term, best first, ties by id.
 *
 * @param query Sends the body of a query.
 * @throws `Unsupported` where the window is too small to know the answer.
 */
export async function bestByText(
  request: TextRequest,
  query: (body: string) => Promise<readonly AnsweredHit[]>,
): Promise<RankedHit[]> {
  const { asked, k, residual, window } = request;
  if (asked.terms.length === 0) return [];
  const isMatch = matcherOf(request);
  for (
    let limit = Math.min(residual === undefined ? k + 1 : 2 * k + 64, window);
    ;
    limit = Math.min(2 * limit, window)
  ) {
    const hits = await query(bodyOf(request, limit));
    const rows = hits.map((hit) => ({
      ...rowOf(request.layout, hit, { payload: true, vector: false }),
      score: hit.score,
    }));
    const matches = rows
      .filter(isMatch)
      .map(({ id, score }) => ({ id, score }))
      .sort((a, b) => b.score - a.score || compareIds(a.id, b.id));
    const isEnough =
      matches.length >= k && (matches[k - 1]!.score > rows.at(-1)!.score || (!asked.exact && limit >= mostTiedRows));
    if (hits.length < limit || isEnough) return matches.slice(0, k);
    if (limit >= window)
      throw unsupported(
        'This ranking by text',
        `none of the best ${window} rows settle it; narrow the filter or use a smaller k`,
      );
  }
}

/** Whether a row really holds a term: several may share a dimension. */
function matcherOf({ asked, residual }: TextRequest): (row: StoredRecord) => boolean {
  const wanted = new Set(asked.terms);
  const paths = asked.fields.map(({ field }) => parsePath(field, 'fields'));
  const holdsTerm = ({ payload }: StoredRecord) =>
    paths.some((path) => termsOf(valueAt(payload, path)).some((term) => wanted.has(term)));
  return (row) => (residual === undefined || evaluate(residual, row.payload)) && holdsTerm(row);
}

function bodyOf({ asked, filter, residual }: TextRequest, limit: number): string {
  return JSON.stringify({
    query: queryVectorOf(asked),
    using: textVectorName,
    limit,
    ...(filter !== undefined && { filter }),
    with_payload: residual === undefined ? payloadFor(asked) : true,
    with_vector: false,
  });
}

/** The top-level keys that the ranked texts are under, and ours; everything where one of them cannot be named. */
function payloadFor({ fields }: Pick<DriverHybrid, 'fields'>): readonly string[] | true {
  const tops = fields.map(({ field }) => parsePath(field, 'fields')[0]!);
  const areNameable = tops.every((top) => /^[\p{L}_][\p{L}\p{N}_]*$/u.test(top));
  return areNameable ? [...new Set([keys.id, keys.namespace, keys.envelope, ...tops])] : true;
}
