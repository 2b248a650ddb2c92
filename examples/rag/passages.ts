/* Splits Markdown into passages that can be quoted and found again: by file and lines. */

/** A piece of a document, word for word. */
export interface Passage {
  readonly file: string;
  /** The headings above it, outermost first, joined by ` › `. */
  readonly heading: string;
  /** Lines of the file, from 1, both inclusive. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** About as much as one reads at a glance. Tables and code are not cut, however long. */
const enoughWords = 90;

/** The passages of a document, in order: whole paragraphs, lists, tables and code blocks under one heading. */
export function passagesOf(file: string, markdown: string): Passage[] {
  const passages: Passage[] = [];
  const headings: string[] = [];
  const lines = markdown.split('\n');
  let start: number | undefined;
  let isCode = false;

  const end = (next: number) => {
    if (start === undefined) return;
    const text = lines.slice(start, next).join('\n').trimEnd();
    const to = start + text.split('\n').length;
    passages.push({ file, heading: headings.filter(Boolean).join(' › '), from: start + 1, to, text });
    start = undefined;
  };

  lines.forEach((line, i) => {
    const isFence = /^\s*(```|~~~)/.test(line);
    const heading = isCode ? null : /^(#{1,6})\s+(.*)/.exec(line);
    if (heading !== null) {
      end(i);
      headings.length = heading[1]!.length - 1;
      headings.push(heading[2]!.trim());
    } else if (line.trim() !== '') start ??= i;
    else if (!isCode && start !== undefined && wordsIn(lines.slice(start, i)) >= enoughWords) end(i);
    if (isFence) isCode = !isCode;
  });
  end(lines.length);
  return passages;
}

const wordsIn = (lines: readonly string[]): number => lines.join(' ').split(/\s+/).length;
