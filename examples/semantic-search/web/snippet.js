/** A text and its highlights as pieces. */
/** @import { Span } from './contract.ts' */

/**
 * The text in order, piece by piece: joined, the pieces are the text, whatever the spans are.
 * @param {string} text
 * @param {readonly Span[]} spans In any order; may overlap, be empty or lie outside the text.
 * @returns {{ text: string, marked: boolean }[]}
 */
export function pieces(text, spans) {
  const inside = spans
    .map(([start, end]) => [clamp(start, text.length), clamp(end, text.length)])
    .sort(([a = 0], [b = 0]) => a - b);
  const result = [];
  let at = 0;
  for (const [start = 0, end = 0] of inside) {
    const from = Math.max(start, at);
    if (end <= from) continue;
    if (from > at) result.push({ text: text.slice(at, from), marked: false });
    result.push({ text: text.slice(from, end), marked: true });
    at = end;
  }
  if (at < text.length) result.push({ text: text.slice(at), marked: false });
  return result;
}

/**
 * @param {number} offset
 * @param {number} length
 */
const clamp = (offset, length) => Math.max(0, Math.min(length, Math.trunc(offset)));
