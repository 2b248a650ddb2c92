import { invalid } from '../errors.ts';

/** The keys from the payload's root to a value. */
export type Segments = readonly string[];

const bareSegment = /^[^."\\[\]$\p{Cc}][^."\\[\]\p{Cc}]*$/u;
const cache = new Map<string, Segments>();

/**
 * Splits a dotted field path into its keys. `'a.b'` → `['a', 'b']`, `'a."b.c"'` → `['a', 'b.c']`.
 *
 * @throws `InvalidArgument` for an empty path or segment, an unquoted `" \ [ ]` or control character, an unquoted leading `$`, a broken quote.
 */
export function parsePath(path: string, place: string): Segments {
  const known = cache.get(path);
  if (known !== undefined) return known;
  const segments = readSegments(path, place);
  if (cache.size >= 10_000) cache.clear();
  cache.set(path, segments);
  return segments;
}

function readSegments(path: string, place: string): Segments {
  if (!path.isWellFormed()) throw invalid(place, 'a field path holds a lone surrogate');
  const segments: string[] = [];
  for (let at = 0; ; at++) {
    const end = path[at] === '"' ? endOfQuoted(path, at) : endOfBare(path, at);
    const raw = path.slice(at, end);
    const segment = path[at] === '"' ? unquote(raw) : bareSegment.test(raw) ? raw : undefined;
    if (segment === undefined || (end < path.length && path[end] !== '.')) {
      throw invalid(
        place,
        `${JSON.stringify(path)} is not a field path: segments are joined by dots; quote one with special characters, as in a."b.c"`,
      );
    }
    segments.push(segment);
    at = end;
    if (at >= path.length) return Object.freeze(segments);
  }
}

function endOfBare(path: string, from: number): number {
  const dot = path.indexOf('.', from);
  return dot < 0 ? path.length : dot;
}

function endOfQuoted(path: string, from: number): number {
  let at = from + 1;
  while (at < path.length && path[at] !== '"') at += path[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, path.length);
}

function unquote(raw: string): string | undefined {
  try {
    const text: unknown = JSON.parse(raw);
    return typeof text === 'string' && text.isWellFormed() ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The one canonical spelling of a path: only what must be quoted is. */
export function formatPath(segments: Segments): string {
  return segments.map((segment) => (bareSegment.test(segment) ? segment : JSON.stringify(segment))).join('.');
}

/** The value at a path, through own properties of plain objects only; undefined where there is none. */
export function valueAt(payload: unknown, segments: Segments): unknown {
  let value = payload;
  for (const key of segments) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
      return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
