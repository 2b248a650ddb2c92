/** Node only. Tables of text, as wide as the terminal at most. */
import { clip, type Palette, textWidth } from './layout.ts';

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: 'right';
  /** May be cut where the line is too long. */
  readonly elastic?: boolean;
}

const gap = 2;
const narrowest = 8;

/** A header and rows, two spaces between columns. Cells hold no line breaks: see `printable`. No line ends with a space or a line break. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { width, palette }: { readonly width: number; readonly palette: Palette },
): string {
  const widths = columns.map(({ title }, at) =>
    Math.max(...[title, ...rows.map((row) => row[at] ?? '')].map(textWidth)),
  );
  shrink(columns, widths, width);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, at) => aligned(clip(cell, widths[at]!), widths[at]!, columns[at]?.align))
      .join(' '.repeat(gap))
      .trimEnd();
  return [palette.dim(line(columns.map(({ title }) => title))), ...rows.map(line)].join('\n');
}

/** Takes what is too much from the elastic columns, the widest first. */
function shrink(columns: readonly Column[], widths: number[], width: number): void {
  const total = () => widths.reduce((sum, each) => sum + each, gap * (widths.length - 1));
  while (total() > width) {
    const elastic = widths.flatMap((each, at) => (columns[at]?.elastic && each > narrowest ? [at] : []));
    if (elastic.length === 0) return;
    const widest = elastic.reduce((a, b) => (widths[b]! > widths[a]! ? b : a));
    const next = Math.max(narrowest, ...elastic.filter((at) => at !== widest).map((at) => widths[at]! - 1));
    widths[widest] = Math.max(Math.min(next, widths[widest]! - 1), widths[widest]! - (total() - width));
  }
}

function aligned(text: string, width: number, align: 'right' | undefined): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return align === 'right' ? space + text : text + space;
}
