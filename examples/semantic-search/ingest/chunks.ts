/* Cuts texts into pieces that one embedding can stand for. Put together again, the pieces are the text. */

/** A piece of a text. */
export interface TextChunk {
  readonly text: string;
  /** The headings above it, outermost first, joined by ` › `. */
  readonly heading?: string;
}

// The model reads 256 tokens: about 900 characters of English, with a title.
const limit = 900;

/** At least one piece; all of them, joined, are the text. */
export function chunksOf(text: string, format: 'text' | 'markdown' = 'text'): TextChunk[] {
  const sections = format === 'markdown' ? sectionsOf(text) : [{ text }];
  return sections.flatMap(({ text, ...rest }) => piecesOf(text).map((piece) => ({ text: piece, ...rest })));
}

/** Under one heading each; headings inside code fences are code. */
function sectionsOf(markdown: string): TextChunk[] {
  const sections: { lines: string[]; path: string[]; hasText: boolean }[] = [];
  const path: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split(/(?<=\n)/)) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === undefined || mark.startsWith(fence)))
      fence = fence === undefined ? mark : undefined;
    const heading = fence === undefined ? /^ {0,3}(#{1,6})[ \t]+(.*)/.exec(line) : null;
    const last = sections.at(-1);
    if (heading !== null) {
      path.length = Math.min(path.length, heading[1]!.length - 1);
      path.push(heading[2]!.replace(/\s#+\s*$/, '').trim());
    }
    // A heading without text of its own stays with what follows it.
    if (last === undefined || (heading !== null && last.hasText)) {
      sections.push({ lines: [line], path: [...path], hasText: heading === null && line.trim() !== '' });
      continue;
    }
    last.lines.push(line);
    if (heading !== null) last.path = [...path];
    else if (line.trim() !== '') last.hasText = true;
  }
  return sections.map(({ lines, path }) => ({
    text: lines.join(''),
    ...(path.length > 0 && { heading: path.join(' › ') }),
  }));
}

/** Between paragraphs where that will do, else between lines, sentences, words, and in the end characters. */
function piecesOf(text: string): string[] {
  const cuts = [/(?<=\n[ \t]*\n+)(?=\S)/, /(?<=\n)/, /(?<=[.!?。！？]\s+)(?=\S)/u, /(?<=\s)(?=\S)/];
  return packed(text, cuts);
}

function packed(text: string, [cut, ...finer]: readonly RegExp[]): string[] {
  if (text.length <= limit) return [text];
  if (cut === undefined) return characters(text);
  const pieces: string[] = [];
  for (const part of text.split(cut)) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + part.length <= limit) pieces[pieces.length - 1] = last + part;
    else pieces.push(...packed(part, finer));
  }
  return pieces;
}

/** By code points, so that no surrogate pair is torn apart. */
function characters(text: string): string[] {
  const points = [...text];
  const size = Math.floor(limit / 2);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    points.slice(i * size, (i + 1) * size).join(''),
  );
}
