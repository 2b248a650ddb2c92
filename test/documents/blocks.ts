import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from '../../scripts/lib/paths.mjs';

/** A block of TypeScript in a document, and what the comments before it say of it. */
export interface Block {
  /** For example `docs/servers.md:12`: the document, and the line on which the block's code begins. */
  readonly name: string;
  readonly document: string;
  readonly line: number;
  /** What readers see. */
  readonly code: string;
  /** What runs before it and readers do not see. */
  readonly before: string;
  /** What runs after it, unseen too. */
  readonly after: string;
  /** Why it is compiled and not run; undefined where it is run. */
  readonly notRun: string | undefined;
}

/**
 * The blocks of TypeScript in a Markdown document, in order. Comments directly before a block say how it is tested:
 *
 * - `<!-- before: CODE -->`: code that runs first, for a fragment; `<!-- before: test/documents/fragments/NAME.ts -->`: the code of that file.
 * - `<!-- after: CODE -->`: code that runs last, to close what a reader would go on with.
 * - `<!-- continues -->`: what runs first is the block before, with what ran before that.
 * - `<!-- not run: REASON -->`: it is only compiled.
 *
 * @throws where a comment before a block is none of these: a misspelt one would say nothing.
 */
export function blocksOf(document: string, text: string): Block[] {
  const blocks: Block[] = [];
  const fence = /^([ \t]*)```ts\n([\s\S]*?)^[ \t]*```$/gm;
  for (const { index, 1: indent = '', 2: body = '' } of text.matchAll(fence)) {
    const line = text.slice(0, index).split('\n').length + 1;
    const name = `${document}:${line}`;
    const code = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    const { before, after, continues, notRun } = commentsBefore(text.slice(0, index), name);
    const previous = blocks.at(-1);
    if (continues && previous === undefined) throw new Error(`${name}: there is no block to continue`);
    const earlier = continues && previous !== undefined ? `${previous.before}${previous.code}` : '';
    blocks.push({ name, document, line, code, before: `${earlier}${before}`, after, notRun });
  }
  return blocks;
}

function commentsBefore(text: string, name: string) {
  const found = { before: '', after: '', continues: false, notRun: undefined as string | undefined };
  const comments = /(?:<!--(?:(?!-->)[\s\S])*-->\s*)+$/.exec(text)?.[0] ?? '';
  for (const [, comment = ''] of comments.matchAll(/<!--([\s\S]*?)-->/g)) {
    const [, word, rest = ''] = /^\s*(before|after|continues|not run)\b:?([\s\S]*)$/.exec(comment) ?? [];
    if (word === 'before') found.before += `${fragment(rest.trim())}\n`;
    else if (word === 'after') found.after += `${rest.trim()}\n`;
    else if (word === 'continues' && rest.trim() === '') found.continues = true;
    else if (word === 'not run' && rest.trim() !== '') found.notRun = rest.trim();
    else throw new Error(`${name}: not understood: <!--${comment}-->`);
  }
  return found;
}

const fragment = (code: string): string =>
  /^test\/documents\/fragments\/[a-z-]+\.ts$/.test(code) ? readFileSync(join(root, code), 'utf8').trim() : code;

/**
 * What a block says that it prints: the comment behind each `console.log(…);`, where `…` stands for anything.
 *
 * @returns a pattern for each, to be found in the output in this order.
 */
export function promisedOutput(code: string): RegExp[] {
  return [...code.matchAll(/console\.log\(.*\);[ \t]*\/\/[ \t]*(.+)$/gm)].map(([, promise = '']) => {
    const parts = promise.trim().split('…');
    return new RegExp(parts.map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('.*?'));
  });
}
