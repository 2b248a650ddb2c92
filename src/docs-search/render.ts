/** Node only. Answers as people read them. */

import { clip, type Palette, wrap } from '../terminal/layout.ts';
import type { DocsMatch } from './ask.ts';
import { headline, type SectionPayload } from './sections.ts';

/** Matches as an indented list: score, package and headings, file, and the beginning of the text. */
export function renderMatches(matches: readonly DocsMatch[], palette: Palette, width: number): string {
  if (matches.length === 0) return palette.dim('   no section matches');
  return matches.map((match, i) => renderMatch(match, i + 1, palette, width)).join('\n');
}

function renderMatch(
  { score, payload }: DocsMatch,
  rank: number,
  { bold, dim, accent }: Palette,
  width: number,
): string {
  const indent = ' '.repeat(11);
  const room = width - indent.length;
  const title = clip(headline(`${payload.package} ${payload.version}`, titlePath(payload)), room);
  const place = clip(`${payload.package}/${payload.file}${payload.anchor === '' ? '' : `#${payload.anchor}`}`, room);
  const lines = [`${String(rank).padStart(3)}  ${accent(score.toFixed(3))} ${bold(title)}`, `${indent}${dim(place)}`];
  return [...lines, ...wrap(snippet(payload.text), room, 2).map((line) => indent + line)].join('\n');
}

function titlePath({ package: name, path }: SectionPayload): readonly string[] {
  return path[0]?.toLowerCase() === name.toLowerCase() ? path.slice(1) : path;
}

/** Prose first: code only where there is nothing else. */
function snippet(text: string): string {
  const prose = text.replaceAll(/```.*?\n```/gs, ' ').trim();
  return prose === '' ? text.replaceAll(/```\w*/g, '') : prose;
}
