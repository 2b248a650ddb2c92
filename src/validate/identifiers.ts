import type { Limits } from '../capabilities.ts';
import { invalid } from '../errors.ts';
import type { Id } from '../types.ts';
import { shown, utf8Length } from './text.ts';

/** An id: a well-formed string of 1–512 UTF-8 bytes without NUL. */
export function validateId(id: unknown, limits: Limits, place: string): Id {
  return identifier(id, 'an id', limits.idBytes, place);
}

/** A namespace: a well-formed string of 1–128 UTF-8 bytes without NUL. `''` is refused: the root handle is the default namespace. */
export function validateNamespace(name: unknown, limits: Limits): string {
  return identifier(name, 'a namespace', limits.namespaceBytes, 'namespace');
}

/** The name of a new collection, legal on every backend: words of lower-case letters and digits joined by `-`, at most 45 characters. */
export function validateNewCollectionName(name: unknown): string {
  if (typeof name !== 'string' || name.length > 45 || !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw invalid(
      'name',
      `${shown(name)} is no portable collection name: lower-case letters and digits in words joined by "-", beginning with a letter, at most 45 characters`,
    );
  }
  return name;
}

/** The name of a collection that may exist: any non-empty well-formed string; the backend decides further. */
export function validateCollectionName(name: unknown): string {
  return identifier(name, 'a collection name', 1_024, 'name');
}

function identifier(value: unknown, what: string, maxBytes: number, place: string): string {
  if (typeof value !== 'string') throw invalid(place, `${what} is a string, not ${shown(value)}`);
  if (value === '') throw invalid(place, `${what} must not be empty`);
  // A longer string cannot fit, and need not be measured.
  if (value.length > maxBytes || utf8Length(value) > maxBytes)
    throw invalid(place, `${what} has at most ${maxBytes} UTF-8 bytes`);
  if (!value.isWellFormed()) throw invalid(place, `${what} must not hold a lone surrogate`);
  if (value.includes('\0')) throw invalid(place, `${what} must not hold NUL`);
  return value;
}
