/** Matches as people read them. */
import { type Palette, printable, wrap } from '../terminal/layout.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import type { HybridMatch, Include, Payload, SearchPlan } from '../types.ts';

/** A match of any search: `HybridMatch` has all that there may be. */
export type Hit = HybridMatch<Payload, Include>;

/** A row for each match, with the columns that there is something for. */
export function renderHits(hits: readonly Hit[], page: { readonly width: number; readonly palette: Palette }): string {
  const parts: { column: Column; cell: (hit: Hit) => string; shown: boolean }[] = [
    { column: { title: 'SCORE', align: 'right' }, cell: ({ score }) => scoreText(score), shown: true },
    {
      column: { title: 'BY VECTOR', align: 'right' },
      cell: ({ vectorScore }) => scoreText(vectorScore),
      shown: hits.some(({ vectorScore }) => vectorScore !== undefined),
    },
    {
      column: { title: 'BY TEXT', align: 'right' },
      cell: ({ textScore }) => scoreText(textScore),
      // Without a vector it is the score itself.
      shown:
        hits.some(({ vectorScore }) => vectorScore !== undefined) &&
        hits.some(({ textScore }) => textScore !== undefined),
    },
    { column: { title: 'ID', elastic: true }, cell: ({ id }) => printable(id), shown: true },
    {
      column: { title: 'VECTOR', elastic: true },
      cell: ({ vector }) => vectorText(vector),
      shown: hits.some(({ vector }) => vector !== undefined),
    },
    {
      column: { title: 'PAYLOAD', elastic: true },
      cell: ({ payload }) => payloadText(payload),
      shown: hits.some(({ payload }) => payload !== undefined),
    },
  ];
  const shown = parts.filter((part) => part.shown);
  const rows = hits.map((hit) => shown.map(({ cell }) => cell(hit)));
  return renderTable(
    shown.map(({ column }) => column),
    rows,
    page,
  );
}

/** How a search was answered. */
export function renderPlan(
  plan: SearchPlan,
  { width, palette }: { readonly width: number; readonly palette: Palette },
): string {
  const { index, strategy, reason, considered, total, matching, candidates, params, compared, ignoredHints } = plan;
  const number = (value: number) => Math.round(value).toLocaleString('en-US');
  const weighed = considered.map(({ strategy: name, cost }) =>
    cost === undefined ? name : `${name} (cost ${number(cost)})`,
  );
  const hints = Object.entries(params).map(([name, value]) => `${name} ${value}`);
  const facts: readonly (readonly [string, string])[] = [
    ['strategy', strategy],
    ['because', reason],
    ['weighed', weighed.join(', ')],
    [
      'records',
      `${number(total)}, of which ${number(matching)} pass the filter, of which ${number(candidates)} have a vector`,
    ],
    ['index', [index.type, ...hints].join(', ')],
    [
      'compared',
      `${number(compared.vectors)} vectors${compared.index === undefined ? '' : `, ${number(compared.index)} in the index`}`,
    ],
    ['ignored hints', ignoredHints.join(', ') || 'none'],
  ];
  const names = Math.max(...facts.map(([name]) => name.length)) + 2;
  return facts
    .flatMap(([name, text]) =>
      wrap(printable(text), width - names, 5).map(
        (line, at) => palette.dim((at === 0 ? name : '').padEnd(names)) + line,
      ),
    )
    .join('\n');
}

/** The beginning of a vector. */
export function vectorText(vector: ArrayLike<number> | null | undefined): string {
  if (!vector) return vector === null ? 'none' : '';
  const first = Array.from({ length: Math.min(3, vector.length) }, (_, at) => Number(vector[at]!.toPrecision(3)));
  return `[${first.join(' ')}${vector.length > first.length ? ' …' : ''}]`;
}

/** The beginning of a payload, on one line: there are some of megabytes. */
export function payloadText(payload: Payload | undefined): string {
  return printable((JSON.stringify(payload) ?? '').slice(0, 1_000));
}

const scoreText = (score: number | undefined) => (score === undefined ? '' : score.toFixed(4));
