import type { DriverPage, Parts, StoredRecord } from '../driver.ts';
import { unsupported } from '../errors.ts';
import { evaluate } from '../filter/evaluate.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { withParts } from './over-fetch.ts';

/** Rows as a backend pages them. */
export interface RowPage<R extends StoredRecord> {
  readonly rows: readonly R[];
  /** Where the next page begins; undefined at the end. */
  readonly next?: string;
}

/** The rows that a native filter selects, in an order that pages stably while nothing is written. */
export interface RowSource<R extends StoredRecord> {
  /** A page from `cursor` (undefined: from the beginning), with payloads if there is a residual. */
  fetch(cursor: string | undefined, limit: number): Promise<RowPage<R>>;
  /** The cursor that begins at `rows[at]` of the page that was fetched from `cursor`. */
  resume(cursor: string | undefined, rows: readonly R[], at: number): string;
}

/** How a scan is limited. */
export interface ScanLimits {
  /** Rows per request. */
  readonly pageRows: number;
  /** Rows that a call may read in vain before it gives up with `Unsupported`. */
  readonly scanBudget: number;
}

/** Native rows that also match the residual, with the page that they came in. Throws `Unsupported` beyond the budget. */
async function* matchingRows<R extends StoredRecord>(
  source: RowSource<R>,
  residual: FilterNode | undefined,
  { pageRows, scanBudget }: ScanLimits,
  from?: string,
): AsyncGenerator<{ row: R; at: number; rows: readonly R[]; cursor: string | undefined }> {
  let cursor = from;
  let budget = scanBudget;
  do {
    if (budget <= 0)
      throw unsupported(
        'This filter',
        `this backend can only apply a part of it, and ${scanBudget} rows (scanBudget) did not settle the rest; narrow the filter`,
      );
    const page = await source.fetch(cursor, residual === undefined ? pageRows : Math.min(pageRows, budget));
    for (let at = 0; at < page.rows.length; at++) {
      const row = page.rows[at]!;
      if (residual === undefined || evaluate(residual, row.payload)) yield { row, at, rows: page.rows, cursor };
    }
    if (residual !== undefined) budget -= page.rows.length;
    cursor = page.next;
  } while (cursor !== undefined);
}

/** One page of true matches: full unless it is the last one, which has no cursor. */
export async function pageOf<R extends StoredRecord>(
  source: RowSource<R>,
  residual: FilterNode | undefined,
  options: { readonly include: Parts; readonly limit: number; readonly cursor?: string; readonly scanBudget: number },
  strip: (row: R) => StoredRecord = (row) => row,
): Promise<DriverPage> {
  const { include, limit, cursor, scanBudget } = options;
  if (residual === undefined) {
    const page = await source.fetch(cursor, limit);
    return {
      records: page.rows.map((row) => strip(withParts(row, include))),
      ...(page.next !== undefined && { cursor: page.next }),
    };
  }
  const records: StoredRecord[] = [];
  for await (const found of matchingRows(source, residual, { pageRows: Math.max(limit, 256), scanBudget }, cursor)) {
    if (records.length === limit) return { records, cursor: source.resume(found.cursor, found.rows, found.at) };
    records.push(strip(withParts(found.row, include)));
  }
  return { records };
}

/** How many rows match. */
export async function countRows<R extends StoredRecord>(
  source: RowSource<R>,
  residual: FilterNode | undefined,
  limits: ScanLimits,
): Promise<number> {
  let count = 0;
  for await (const _ of matchingRows(source, residual, limits)) count += 1;
  return count;
}

/** What `pick` takes of all rows that match, in memory: for writes by a filter that the backend cannot apply whole. */
export async function collectRows<R extends StoredRecord, T>(
  source: RowSource<R>,
  residual: FilterNode | undefined,
  limits: ScanLimits,
  pick: (row: R) => T,
): Promise<T[]> {
  const picked: T[] = [];
  for await (const { row } of matchingRows(source, residual, limits)) picked.push(pick(row));
  return picked;
}
