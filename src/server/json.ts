import { randomUUID } from 'node:crypto';

/*
 * JSON whose integers may need 64 bits: those that a double cannot hold are read as `bigint`, and written as the digits that they are.
 * Nothing is spent on this where a text has no such number.
 */

/** What stands for an integer while `JSON.parse` or `JSON.stringify` works. Nobody outside can write it. */
const mark = `integer:${randomUUID()}:`;
const marked = new RegExp(`"${mark}(-?\\d+)"`, 'g');

/** An integer of 16 digits or more, perhaps inside a string. */
const perhapsLarge = /(?:^|[:,[\s-])\d{16,20}\s*(?:$|[,\]}])/m;
const stringOrNumber = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const least = -(2n ** 63n);
const most = 2n ** 64n - 1n;

/** A text with large integers marked; the text itself where there is none. */
export function withMarks(text: string): string {
  if (!perhapsLarge.test(text)) return text;
  return text.replace(stringOrNumber, (token) => (isLarge(token) ? `"${mark}${token}"` : token));
}

function isLarge(token: string): boolean {
  if (token.length < 16 || !/^-?[1-9]\d+$/.test(token) || Number.isSafeInteger(Number(token))) return false;
  const value = BigInt(token);
  return value >= least && value <= most;
}

/** The value with what was marked as `bigint`. Changes it in place; recursive. */
export function withoutMarks(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) value[at] = withoutMarks(value[at]);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      const read = withoutMarks(member);
      if (read !== member)
        Object.defineProperty(value, key, { value: read, writable: true, enumerable: true, configurable: true });
    }
  }
  return value;
}

export function parseJson(text: string): unknown {
  const prepared = withMarks(text);
  const value: unknown = JSON.parse(prepared);
  return prepared === text ? value : withoutMarks(value);
}

export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // A bigint is the only thing here that JSON.stringify does not take.
    if (!(error instanceof TypeError)) throw error;
  }
  const text = JSON.stringify(value, (_, member: unknown) => (typeof member === 'bigint' ? mark + member : member));
  return text.replace(marked, '$1');
}
