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

/** Breaks text at spaces into lines of at most `width` columns; at most `lines` of them, the last one ends with `…` where something is left out. */
export function wrap(text: string, width: number, lines: number): string[] {
  const wrapped: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      wrapped.push(line);
      line = '';
    }
    line = line === '' ? clip(word, width) : `${line} ${word}`;
  }
  if (line !== '') wrapped.push(line);
  if (wrapped.length <= lines) return wrapped;
  return [...wrapped.slice(0, lines - 1), clip(`${wrapped[lines - 1]} …`, width)];
}

/** Cuts a line that takes more columns than there are, and shows it. */
export function clip(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) {
    columns += graphemeWidth(segment);
    if (columns > width - 1) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const wide =
  /^[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303E\uFF01-\uFF60]/u;

/** How many columns of a terminal a text takes, near enough: terminals differ. */
export function textWidth(text: string): number {
  // Most text is ASCII, and quick to measure.
  if (/^[ -~]*$/.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += graphemeWidth(segment);
  return columns;
}

const graphemeWidth = (segment: string) => (wide.test(segment) || segment.includes('\uFE0F') ? 2 : 1);

/** Text of others with its control characters shown as `\u001b`: a stored text must not steer the terminal, nor break a line. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
