/** Splits Markdown into sections of a size that one embedding can stand for. */
import type { Token } from 'marked';

import { asHeading, type Block, oneLine, toBlocks } from './markdown-text.ts';

/** A passage under one heading. */
export interface MarkdownSection {
  /** The headings above it, outermost first; empty before the first heading. */
  readonly path: readonly string[];
  /** The heading's anchor as GitHub forms it; `''` before the first heading. */
  readonly anchor: string;
  /** What is shown: prose, and code in fences. */
  readonly text: string;
  /** What stands for it in an embedding: the text with long code cut short. */
  readonly gist: string;
  readonly words: number;
  readonly hasCode: boolean;
}

/** The lexer of the package `marked`. */
export type Lexer = (markdown: string) => readonly Token[];

// A gist of 800 characters is, with its headings, about the 256 tokens that the model reads. Code drowns prose in a mean
// over tokens and costs about twice as many of them, so only its beginning counts.
const gistLimit = 800;
const codeGist = 160;
const textLimit = 3000;
const shortWords = 12;
const leastWords = 4;
const noise =
  /^(licen[cs]es?|copyright|(table of )?contents?|toc|sponsors?|backers|contributors?|authors?|donat(e|ions?)|related( \w+)?|see also)$/i;

interface Passage {
  readonly path: readonly string[];
  readonly anchor: string;
  blocks: Block[];
}

/** The sections of a document, in order. Headings without a text of their own live on in the paths of what is below them. */
export function splitMarkdown(markdown: string, lexer: Lexer): MarkdownSection[] {
  const passages = passagesOf(lexer(withoutFrontMatter(markdown.toWellFormed())));
  return mergeShort(passages.filter(isWanted).flatMap(splitLong))
    .map(toSection)
    .filter(({ words }) => words >= leastWords);
}

function withoutFrontMatter(markdown: string): string {
  return markdown.replace(/^\uFEFF?---[ \t]*\r?\n.*?\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|$)/s, '');
}

function passagesOf(tokens: readonly Token[]): Passage[] {
  const passages: Passage[] = [{ path: [], anchor: '', blocks: [] }];
  const open: { depth: number; text: string }[] = [];
  const anchors = new Map<string, number>();
  for (const token of tokens) {
    const heading = asHeading(token);
    if (heading === undefined) {
      passages.at(-1)!.blocks.push(...toBlocks([token]));
      continue;
    }
    while (open.length > 0 && open.at(-1)!.depth >= heading.depth) open.pop();
    if (heading.text === '') continue;
    open.push(heading);
    passages.push({ path: open.map(({ text }) => text), anchor: uniqueAnchor(heading.text, anchors), blocks: [] });
  }
  return passages;
}

function uniqueAnchor(heading: string, seen: Map<string, number>): string {
  const slug = heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
  const count = seen.get(slug) ?? 0;
  seen.set(slug, count + 1);
  return count === 0 ? slug : `${slug}-${count}`;
}

const isWanted = ({ path, blocks }: Passage) =>
  blocks.length > 0 && !path.some((heading) => noise.test(heading.replaceAll(/[^\p{L}\s]/gu, '').trim()));

function splitLong(passage: Passage): Passage[] {
  const parts: Passage[] = [];
  let gist = Number.POSITIVE_INFINITY;
  for (const block of passage.blocks.flatMap(splitBlock)) {
    const size = gistOf(block).length;
    if (gist + size > gistLimit) {
      parts.push({ ...passage, blocks: [] });
      gist = 0;
    }
    parts.at(-1)!.blocks.push(block);
    gist += size;
  }
  return parts;
}

/** A block that is too long by itself is cut between lines, else between sentences or words. */
function splitBlock(block: Block): Block[] {
  const limit = block.isCode ? textLimit : gistLimit;
  if (block.text.length <= limit) return [block];
  if (!block.isCode) return pack(block.text.split(/(?<=\n)/), limit).map((text) => ({ text, isCode: false }));
  const [open = '```', ...lines] = block.text.split(/(?<=\n)/);
  const body = lines.slice(0, -1);
  return pack(body, limit - open.length - 4).map((text) => ({ text: `${open}${text}\n\`\`\``, isCode: true }));
}

function pack(pieces: readonly string[], limit: number): string[] {
  const packed: string[] = [''];
  for (const piece of pieces.flatMap((piece) => shorten(piece, limit))) {
    if (packed.at(-1)!.length + piece.length > limit) packed.push('');
    packed[packed.length - 1] += piece;
  }
  return packed.map((text) => text.trimEnd()).filter((text) => text !== '');
}

function shorten(piece: string, limit: number): string[] {
  if (piece.length <= limit) return [piece];
  const sentences = piece.split(/(?<=[.!?]\s)/);
  if (sentences.length > 1) return sentences.flatMap((sentence) => shorten(sentence, limit));
  const words = piece.split(/(?<=\s)/);
  if (words.length > 1) return words.flatMap((word) => shorten(word, limit));
  // By code points, so that no surrogate pair is torn apart.
  const points = [...piece];
  const size = Math.ceil(limit / 2);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) =>
    points.slice(i * size, (i + 1) * size).join(''),
  );
}

/** A few words under a heading of their own join the passage before them, if it is their sibling or parent. */
function mergeShort(passages: readonly Passage[]): Passage[] {
  const merged: Passage[] = [];
  for (const passage of passages) {
    const previous = merged.at(-1);
    const block = { text: shown(passage.blocks), isCode: false };
    if (previous === undefined || wordCount(block.text) >= shortWords || !isNear(previous, passage)) {
      merged.push({ ...passage });
      continue;
    }
    const heading = passage.anchor === previous.anchor ? [] : [{ text: passage.path.at(-1)!, isCode: false }];
    const blocks = [...previous.blocks, ...heading, ...passage.blocks];
    if (blocks.map(gistOf).join('').length > gistLimit) merged.push({ ...passage });
    else previous.blocks = blocks;
  }
  return merged;
}

function isNear(previous: Passage, { path }: Passage): boolean {
  const parent = path.slice(0, -1).join('\n');
  return [previous.path.join('\n'), previous.path.slice(0, -1).join('\n')].includes(parent) && path.length > 0;
}

function toSection({ path, anchor, blocks }: Passage): MarkdownSection {
  const text = shown(blocks);
  return {
    path,
    anchor,
    text,
    gist: blocks.map(gistOf).join('\n'),
    words: wordCount(text),
    hasCode: text.includes('```'),
  };
}

const shown = (blocks: readonly Block[]) => blocks.map(({ text }) => text).join('\n\n');
const wordCount = (text: string) => text.match(/[\p{L}\p{N}_$]+/gu)?.length ?? 0;

function gistOf({ text, isCode }: Block): string {
  if (!isCode) return text;
  const code = oneLine(text.replace(/^```.*\n/, '').replace(/\n?```$/, ''));
  return code.length <= codeGist ? code : code.slice(0, code.lastIndexOf(' ', codeGist) + 1 || codeGist).toWellFormed();
}
