/** Node only. Colours and line widths of what is printed. */

/** Marks up text; leaves it alone where colours are off. */
export interface Palette {
  bold(text: string): string;
  dim(text: string): string;
  accent(text: string): string;
}

/** Colours only on a terminal, and not where `NO_COLOR` is set (https://no-color.org) or the terminal is dumb. */
export function paletteFor(stream: { readonly isTTY?: boolean }, env = process.env): Palette {
  const isOn = stream.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  const code = (open: number, close: number) => (text: string) =>
    isOn ? `\u001B[${open}m${text}\u001B[${close}m` : text;
  return { bold: code(1, 22), dim: code(2, 22), accent: code(36, 39) };
}

/** Width to print at: that of the terminal between 60 and 100 columns, 100 elsewhere. */
export function widthOf(stream: { readonly isTTY?: boolean; readonly columns?: number }): number {
  return Math.max(60, Math.min(100, stream.columns ?? 100));
}

/** Breaks text at spaces; at most `lines` lines, the last one ends with `…` where something is left out. */
export function wrap(text: string, width: number, lines: number): string[] {
  const wrapped: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      wrapped.push(line);
      line = '';
    }
    line = line === '' ? clip(word, width) : `${line} ${word}`;
  }
  if (line !== '') wrapped.push(line);
  if (wrapped.length <= lines) return wrapped;
  return [...wrapped.slice(0, lines - 1), clip(`${wrapped[lines - 1]} …`, width)];
}

/** Cuts a line that is too long, and shows it. */
export function clip(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width
    ? text
    : `${characters
        .slice(0, width - 1)
        .join('')
        .trimEnd()}…`;
}
