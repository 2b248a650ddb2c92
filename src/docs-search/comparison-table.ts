/** Node only. Backends side by side, in a table of at most 80 columns. */

import type { Palette } from '../terminal/layout.ts';
import { type Measurement, overlap } from './compare.ts';

/** A backend by its URL, measured or not to be had here. */
export interface ComparisonRow {
  readonly url: string;
  readonly result: Measurement | { readonly installCommand: string };
}

/** The rows as a table; the first one is what the others are compared with. Below it, how to get what is missing. */
export function renderComparison(reference: Measurement, rows: readonly ComparisonRow[], palette: Palette): string {
  const questions = reference.answers.length;
  const title = `The same ${questions === 1 ? 'question' : `${questions} questions`} on other backends: only the URL changes`;
  const header = ['url', 'index', 'same answers', 'search', 'on disk', 'opens in'];
  const [head, ...lines] = alignColumns([header, ...rows.map((row) => cellsOf(row, reference))]);
  const embedding = `${reference.embedMs.toFixed(0)} ms`;
  const notes = [
    `search: median, without embedding the question (${embedding}); opens in: connect, load, first answer`,
    ...rows.flatMap(({ url, result }) =>
      'installCommand' in result ? [`to add ${url.split(':')[0]}, run: ${result.installCommand}`] : [],
    ),
  ];
  return [palette.bold(title), '', palette.dim(head!), ...lines, '', ...notes.map(palette.dim)].join('\n');
}

function cellsOf({ url, result }: ComparisonRow, reference: Measurement): string[] {
  if ('installCommand' in result) return [url, '', 'not installed', '', '', ''];
  const { same, of } = overlap(reference.answers, result.answers);
  const disk = result.diskBytes === undefined ? '' : `${(result.diskBytes / 1e6).toFixed(1)} MB`;
  const answers = result === reference ? `(all ${of})` : `${same} of ${of}`;
  return [url, result.index, answers, `${result.searchMs.toFixed(2)} ms`, disk, `${result.openMs.toFixed(0)} ms`];
}

/** Words to the left, figures to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const align = (cell: string, column: number) =>
    column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  return rows.map((cells) => cells.map(align).join('  ').trimEnd());
}
