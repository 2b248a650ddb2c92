/** A link of a document to a place in the repository. */
interface Link {
  readonly line: number;
  readonly target: string;
}

/** Links that are no web addresses, outside of code. */
export function linksOf(text: string): Link[] {
  const prose = withoutCode(text);
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(({ index, 1: target = '' }) => ({ line: prose.slice(0, index).split('\n').length, target }))
    .filter(({ target }) => !/^[a-z]+:/.test(target));
}

/** What a link can name within a document: its headings, as GitHub makes anchors of them. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#+ (.+)$/gm)) {
    const base = heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-');
    let anchor = base;
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${base}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

const blank = (code: string) => code.replaceAll(/[^\n]/g, ' ');
const withoutFences = (text: string) => text.replaceAll(/^[ \t]*```[\s\S]*?^[ \t]*```$/gm, blank);
const withoutCode = (text: string) => withoutFences(text).replaceAll(/`[^`\n]+`(?!\])/g, blank);
