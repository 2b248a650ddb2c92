/** What `anyvec bench` measured, as data and as text. */
import type { Palette } from '../terminal/layout.ts';
import { renderTable } from '../terminal/table.ts';
import type { SearchParams } from '../types.ts';
import type { Measured } from './bench-run.ts';

/** A way to search. Milliseconds; percentiles that the number of searches does not bear are left out. */
export interface BenchRow {
  readonly search: string;
  readonly params: SearchParams;
  readonly recall?: number;
  /** How many different questions the recall is of. */
  readonly recallOf: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p95?: number;
  readonly p99?: number;
  /** How many searches were measured. */
  readonly n: number;
}

/** The figures of one way to search. */
export function rowOf({ search, params, recall, recallOf, perSecond, latencies }: Measured): BenchRow {
  const n = latencies.length;
  return {
    search,
    params,
    ...(recall !== undefined && { recall }),
    recallOf,
    perSecond,
    p50: percentile(latencies, 0.5),
    ...(n >= 20 && { p95: percentile(latencies, 0.95) }),
    ...(n >= 100 && { p99: percentile(latencies, 0.99) }),
    n,
  };
}

/** The smallest value that at least that share of them do not exceed (nearest rank). */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** A line for each way to search. */
export function renderRows(rows: readonly BenchRow[], k: number, page: { width: number; palette: Palette }): string {
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    { title: 'SEARCH' },
    right(`RECALL@${k}`),
    right('PER SECOND'),
    right('P50 ms'),
    right('P95 ms'),
    right('P99 ms'),
    right('n'),
  ];
  const cells = rows.map(({ search, recall, perSecond, p50, p95, p99, n }) => [
    search,
    recall === undefined ? '–' : recall.toFixed(3),
    perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en-US'),
    ...[p50, p95, p99].map((ms) => (ms === undefined ? '–' : milliseconds(ms))),
    n.toLocaleString('en-US'),
  ]);
  return renderTable(columns, cells, page);
}

/** Three significant digits. */
const milliseconds = (ms: number) => (ms >= 100 ? ms.toFixed(0) : ms.toFixed(ms >= 10 ? 1 : ms >= 1 ? 2 : 3));
