import { invalid } from '../errors.ts';
import { shown } from './text.ts';

/**
 * An options object with no other keys than the known ones: a misspelt `filter` that is passed over would return what it should have kept out.
 *
 * @throws `InvalidArgument`
 */
export function checkedOptions<K extends string>(
  options: unknown,
  keys: readonly K[],
  place: string,
): { readonly [key in K]?: unknown } {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalid(place, `an object, not ${shown(options)}`);
  for (const key of Object.keys(options)) {
    if (!(keys as readonly string[]).includes(key))
      throw invalid(place, `unknown key ${shown(key)}; known are ${keys.join(', ')}`);
  }
  return options as { readonly [key in K]?: unknown };
}

/** An integer from `min` to `max`; `fallback` where it is undefined. */
export function integerOption(value: unknown, place: string, min: number, max: number, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw invalid(place, `an integer from ${min} to ${max}, not ${shown(value)}`);
  }
  return value;
}

/** A finite number; `fallback` where it is undefined. */
export function numberOption(value: unknown, place: string, fallback: number): number {
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw invalid(place, `a finite number, not ${shown(value)}`);
  return value;
}

export function booleanOption(value: unknown, place: string, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value !== 'boolean') throw invalid(place, `true or false, not ${shown(value)}`);
  return value;
}

/** One of some words; `fallback` where it is undefined. */
export function wordOption<W extends string>(value: unknown, place: string, words: readonly W[], fallback: W): W {
  if (value === undefined) return fallback;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw invalid(place, `one of ${words.join(', ')}, not ${shown(value)}`);
  return word;
}

export function functionOption(value: unknown, place: string): ((...args: never[]) => unknown) | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'function') throw invalid(place, `a function, not ${shown(value)}`);
  return value as (...args: never[]) => unknown;
}
