/* The part of a text that a person sees, with the words asked for marked. */

export interface Snippet {
  readonly text: string;
  /** UTF-16 offsets into `text`, end exclusive, in order. */
  readonly highlights: [number, number][];
}

const length = 280;
const word = /[\p{L}\p{N}\p{M}]+/gu;

/** Around where most of the words stand; the beginning where none does. Words are compared as BM25 does, or by a beginning of three letters and more. */
export function snippetOf(text: string, query: string): Snippet {
  const asked = termsOf(query);
  const hits = Array.from(text.matchAll(word), ({ 0: term, index }) => ({
    term: folded(term),
    from: index,
    to: index + term.length,
  })).filter(({ term }) => isAsked(term, asked));
  const [start, end] = windowOf(text, hits);
  const prefix = start > 0 ? '…' : '';
  const shift = prefix.length - start;
  const highlights = hits
    .filter(({ from, to }) => from >= start && to <= end)
    .map(({ from, to }): [number, number] => [from + shift, to + shift]);
  return { text: `${prefix}${text.slice(start, end)}${end < text.length ? '…' : ''}`, highlights };
}

/** Words of one and two letters stand everywhere: they count only where there are no others. */
function termsOf(query: string): Set<string> {
  const terms = Array.from(query.matchAll(word), ([term]) => folded(term));
  const longer = terms.filter((term) => term.length > 2);
  return new Set(longer.length > 0 ? longer : terms);
}

const folded = (term: string) => term.normalize('NFKC').toLowerCase();

function isAsked(term: string, asked: ReadonlySet<string>): boolean {
  if (asked.has(term)) return true;
  for (const beginning of asked) if (beginning.length >= 3 && term.startsWith(beginning)) return true;
  return false;
}

/** Begins and ends between words, and without white space at either end. */
function windowOf(text: string, hits: readonly { term: string; from: number }[]): [number, number] {
  let best = { from: 0, terms: 0 };
  for (const { from } of hits) {
    const terms = new Set(
      hits.filter((hit) => hit.from >= from && hit.from < from + length * 0.75).map(({ term }) => term),
    ).size;
    if (terms > best.terms) best = { from, terms };
  }
  const lead = Math.max(0, best.from - 60);
  let start =
    best.terms === 0 || lead === 0 ? 0 : lead + (/\s/.exec(text.slice(lead, best.from))?.index ?? best.from - lead);
  let end = Math.min(text.length, start + length);
  if (end < text.length) {
    const space = text.lastIndexOf(' ', end);
    if (space > start + length / 2) end = space;
    else if (isLowSurrogate(text, end)) end -= 1;
  }
  while (start < end && /\s/.test(text[start]!)) start += 1;
  while (end > start && /\s/.test(text[end - 1]!)) end -= 1;
  return [start, end];
}

const isLowSurrogate = (text: string, at: number) => (text.charCodeAt(at) & 0xfc00) === 0xdc00;
