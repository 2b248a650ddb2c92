/** Markdown tokens as readable text: links by their words, no images (badges, logos), no HTML tags or comments. */
import type { Token, Tokens } from 'marked';

/** A block of a section. */
export interface Block {
  /** As it is shown: prose as plain text, code in a fence. */
  readonly text: string;
  readonly isCode: boolean;
}

/** The blocks of a piece of Markdown, in order; what shows no text is left out. */
export function toBlocks(tokens: readonly Token[]): Block[] {
  return tokens.flatMap((token): Block[] => {
    if (isCode(token)) return [{ text: fence(token), isCode: true }];
    const text = blockText(token).trim();
    return text === '' ? [] : [{ text, isCode: false }];
  });
}

/** The words of inline tokens, on one line except for hard breaks. */
function inlineText(tokens: readonly Token[]): string {
  return tokens.map(inlineTokenText).join('');
}

/** The heading that a block is, with its depth (1–6): a Markdown heading or an HTML one, as many READMEs begin with. */
export function asHeading(token: Token): { depth: number; text: string } | undefined {
  if (isHeading(token)) return { depth: token.depth, text: oneLine(inlineText(token.tokens)) };
  if (token.type !== 'html') return undefined;
  const [, depth, content] = /^[^<]*(?:<(?!h[1-6])[^>]*>\s*)*<h([1-6])[^>]*>(.*?)<\/h\1>/is.exec(token.raw) ?? [];
  const text = content === undefined ? '' : oneLine(htmlText(content));
  return text === '' ? undefined : { depth: Number(depth), text };
}

/** Any white space becomes one space. */
export const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

// The union of token types is open (extensions add to it), so that comparing `type` alone does not narrow it.
const isCode = (token: Token): token is Tokens.Code => token.type === 'code';
const isHeading = (token: Token): token is Tokens.Heading => token.type === 'heading';
const isList = (token: Token): token is Tokens.List => token.type === 'list';
const isTable = (token: Token): token is Tokens.Table => token.type === 'table';

const fence = ({ lang, text }: Tokens.Code) => `\`\`\`${lang?.split(/\s/)[0] ?? ''}\n${text}\n\`\`\``;

function blockText(token: Token): string {
  if (isList(token)) return listText(token);
  if (isTable(token)) return tableText(token);
  switch (token.type) {
    case 'paragraph':
    case 'text':
      if (isNavigation(token.raw)) return '';
      return inlineText(token.tokens ?? [token]).replaceAll(/^[ \t]+|[ \t]+$/gm, '');
    case 'blockquote':
      return nested(token.tokens ?? []).replace(/^\[!\w+\]\s*/, '');
    case 'html':
      return htmlText(token.raw);
    case 'heading':
      return inlineText(token.tokens ?? []);
    default:
      return '';
  }
}

const nested = (tokens: readonly Token[]) =>
  toBlocks(tokens)
    .map(({ text }) => text)
    .join('\n');

function listText(list: Tokens.List): string {
  if (isTableOfContents(list)) return '';
  const lines = list.items.map(({ tokens }, i) => {
    const text = nested(tokens);
    const bullet = list.ordered ? `${Number(list.start) + i}. ` : '- ';
    return text === '' ? '' : bullet + text.replaceAll('\n', `\n${' '.repeat(bullet.length)}`);
  });
  return lines.filter((line) => line !== '').join('\n');
}

/** A list of nothing but links into the same page says nothing by itself. */
function isTableOfContents({ raw }: Tokens.List): boolean {
  return isLinksOnly(raw, /\[[^\]]*\]\(#[^)]*\)/g);
}

/** Links in a row, `Docs | Chat | Twitter`, are buttons. */
function isNavigation(raw: string): boolean {
  return isLinksOnly(raw, /\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])/g);
}

function isLinksOnly(raw: string, link: RegExp): boolean {
  return (raw.match(link)?.length ?? 0) > 1 && !/\p{L}{2}/u.test(raw.replaceAll(link, ''));
}

function tableText({ header, rows }: Tokens.Table): string {
  const line = (cells: readonly Tokens.TableCell[]) =>
    cells.map((cell) => oneLine(inlineText(cell.tokens))).join(' | ');
  return [header, ...rows]
    .map(line)
    .filter((row) => /[^\s|]/.test(row))
    .join('\n');
}

function inlineTokenText(token: Token): string {
  switch (token.type) {
    case 'codespan':
      return token.raw;
    case 'image':
    case 'html':
      return '';
    case 'br':
      return '\n';
    case 'escape':
      return token.text;
    default:
      return 'tokens' in token && token.tokens !== undefined
        ? inlineText(token.tokens)
        : decodeEntities(plainText(token));
  }
}

/** A line break in the source of a paragraph is a space to its reader. */
const plainText = (token: Token) =>
  'text' in token && typeof token.text === 'string' ? token.text.replaceAll(/[ \t]*\n[ \t]*/g, ' ') : '';

/** The words of a piece of HTML. It is shown to people, never inserted into a page. */
function htmlText(html: string): string {
  const bare = html
    .replaceAll(/<!--.*?(?:-->|$)/gs, '')
    .replaceAll(/<(script|style|svg)\b.*?<\/\1>/gis, '')
    .replaceAll(/<br\s*\/?>|<\/(?:p|div|li|tr|h[1-6])>/gi, '\n')
    .replaceAll(/<[^>]*>/g, ' ');
  return decodeEntities(bare)
    .split('\n')
    .map(oneLine)
    .filter((line) => line !== '')
    .join('\n');
}

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', ' '],
]);

function decodeEntities(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,6})|#x([\da-f]{1,5})|([a-z]+));/gi, (entity, decimal, hex, name) => {
    if (name !== undefined) return entities.get(name.toLowerCase()) ?? entity;
    const codePoint = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return codePoint > 0x10ffff || codePoint === 0 ? entity : String.fromCodePoint(codePoint).toWellFormed();
  });
}
