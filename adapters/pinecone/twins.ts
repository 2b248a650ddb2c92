import { formatPath, type Segments } from '../../src/filter/path.ts';
import type { Scalar } from '../../src/filter/types.ts';

/*
 * Names of the metadata keys that stand for payload values which metadata cannot hold as they are. All begin with `_av`; a payload key that
 * does so itself goes under a twin.
 */

/** The whole payload as JSON text, where metadata alone would not give it back. */
export const payloadKey = '_av';
/** The paths at which there is a value that nothing can be compared with: an object, an empty array. */
export const presentKey = '_av?';
/** What was done to the vector: see `vectors.ts`. */
export const vectorKey = '_av*';

/** Whether metadata takes a payload's top-level key as it is. */
export function isPlainKey(key: string): boolean {
  return !key.startsWith('$') && !key.startsWith('_av');
}

/** Where a string, number, boolean or list of strings stands. */
export function valueKey(path: Segments): string {
  return path.length === 1 && isPlainKey(path[0]!) ? path[0]! : `_av.${formatPath(path)}`;
}

/** Where the elements of any other array stand, each with a letter for its type. */
export function elementsKey(path: Segments): string {
  return `_av#${formatPath(path)}`;
}

/** Where the instant of a declared datetime stands, in epoch milliseconds. */
export function instantKey(path: Segments): string {
  return `_av@${formatPath(path)}`;
}

/** An array element as text that keeps its type. */
export function tagged(value: Scalar): string {
  switch (typeof value) {
    case 'string':
      return `s${value}`;
    case 'number':
      return `n${JSON.stringify(value)}`;
    default:
      return value ? 't' : 'f';
  }
}
