import { malformed } from './errors.ts';

/** A JSON object of a request. */
export type Json = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function object(value: unknown, what: string): Json {
  if (!isObject(value)) throw malformed(`invalid type: expected ${what}`);
  return value;
}

/** A member that may be left out or null. */
export function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

export function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(`invalid type: expected a sequence (${what})`);
  return value;
}

export function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw malformed(`invalid type: expected a string (${what})`);
  return value;
}

export function flag(value: unknown, what: string): boolean {
  if (typeof value !== 'boolean') throw malformed(`invalid type: expected a boolean (${what})`);
  return value;
}

export function number(value: unknown, what: string): number {
  if (typeof value !== 'number') throw malformed(`invalid type: expected a number (${what})`);
  return value;
}

export function unsigned(value: unknown): number {
  // Beyond 2^53 only the size matters.
  if (typeof value === 'bigint' && value >= 0n) return Number(value);
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    const shown =
      typeof value === 'number'
        ? `${Number.isInteger(value) ? 'integer' : 'floating point'} \`${value}\``
        : typeof value;
    throw malformed(`invalid value: ${shown}, expected usize`);
  }
  return value;
}
