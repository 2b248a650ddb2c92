import type { Segments } from '../../src/filter/path.ts';

/*
 * Pieces of Milvus's boolean expressions. Everything that comes from a caller goes through `textLiteral` or `numberLiteral`: data never
 * becomes syntax.
 */

/** Names of the columns of a collection that this library creates. */
export const columns = {
  /** Primary key: namespace, NUL, id. */
  key: 'av_key',
  namespace: 'av_namespace',
  vector: 'av_vector',
  /** What filters see of the payload. */
  payload: 'av_payload',
  /** The payload's JSON text where `payload` does not hold all of it, else empty. */
  text: 'av_text',
} as const;

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A string as a literal. Only these five are escaped; everything else stands for itself on every server, and other escapes do not. */
export function textLiteral(value: string): string {
  return `"${value.replace(/[\\"\n\r\t]/g, (character) => escapes[character]!)}"`;
}

/** A number as a literal: an integer where it is one that f64 holds exactly, else a float. */
export function numberLiteral(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  // A plus sign in the exponent is a syntax error.
  return String(value).replace('e+', 'e');
}

/** A number as a float literal: lists are of one type. */
export function floatLiteral(value: number): string {
  const text = numberLiteral(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Keys that no expression can name: servers differ, or find nothing. 2.3 splits paths at `][`, also within a literal. */
const unaddressable = /^$|\]\[|[\p{Cc}]/u;

/** Whether a payload key can stand in an expression. */
export function isAddressable(key: string): boolean {
  return !unaddressable.test(key.replace(/[\t\n\r]/g, '_'));
}

/** The payload member at a path. */
export function member(path: Segments): string {
  return `${columns.payload}${path.map((segment) => `[${textLiteral(segment)}]`).join('')}`;
}

/** An OR or AND of conditions: operands in parentheses, since a bare `not` beside an operator is an error. */
export function joined(operator: 'and' | 'or', conditions: readonly string[]): string {
  return `(${conditions.join(` ${operator} `)})`;
}

export function equals(column: string, value: string): string {
  return `(${column} == ${textLiteral(value)})`;
}

export function oneOf(column: string, values: readonly string[]): string {
  return `(${column} in [${values.map(textLiteral).join(',')}])`;
}
