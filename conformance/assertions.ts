import { type ErrorCode, VectorStoreError } from '../src/errors.ts';

/** A law that does not hold. */
export class ConformanceFailure extends Error {
  override readonly name = 'ConformanceFailure';
}

export function fail(message: string, cause?: unknown): never {
  throw new ConformanceFailure(message, cause === undefined ? undefined : { cause });
}

export function ok(condition: unknown, message: string): asserts condition {
  if (!condition) fail(message);
}

/** Same value, as `Object.is` says it but for −0, which equals 0. */
export function equal<T>(actual: T, expected: T, what: string): void {
  if (actual !== expected && !Object.is(actual, expected))
    fail(`${what}: ${show(actual)} instead of ${show(expected)}`);
}

/** Same JSON (or typed array), whatever the order of keys; numbers by bits, so that −0 is not 0. */
export function deepEqual(actual: unknown, expected: unknown, what: string): void {
  const at = difference(actual, expected, '');
  if (at !== undefined) fail(`${what}: ${at}\n  actual:   ${show(actual)}\n  expected: ${show(expected)}`);
}

/** Same members, whatever the order; each as often. */
export function sameMembers(actual: Iterable<string>, expected: Iterable<string>, what: string): void {
  const left = [...actual].sort();
  const right = [...expected].sort();
  if (left.length === right.length && left.every((member, i) => member === right[i])) return;
  const lacking = withoutMembers(right, left);
  const surplus = withoutMembers(left, right);
  fail(`${what}: ${lacking.length} lacking ${show(lacking)}, ${surplus.length} too many ${show(surplus)}`);
}

/** Within `tolerance`. */
export function near(actual: number, expected: number, tolerance: number, what: string): void {
  if (!(Math.abs(actual - expected) <= tolerance)) fail(`${what}: ${actual} instead of ${expected} ± ${tolerance}`);
}

/** The call must return a promise, and that must reject with a {@link VectorStoreError} of this code. */
export async function rejects(
  code: ErrorCode,
  what: string,
  call: () => PromiseLike<unknown>,
): Promise<VectorStoreError> {
  let promise: PromiseLike<unknown>;
  try {
    promise = call();
  } catch (error) {
    return fail(`${what}: threw instead of returning a promise that rejects`, error);
  }
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return hasCode(error, code, what);
  }
  return fail(`${what}: resolved with ${show(value)} instead of rejecting with ${code}`);
}

/** The same for what is not asynchronous. */
export function throws(code: ErrorCode, what: string, call: () => unknown): VectorStoreError {
  let value: unknown;
  try {
    value = call();
  } catch (error) {
    return hasCode(error, code, what);
  }
  return fail(`${what}: returned ${show(value)} instead of throwing ${code}`);
}

function hasCode(error: unknown, code: ErrorCode, what: string): VectorStoreError {
  if (!VectorStoreError.is(error))
    return fail(`${what}: ${code} expected, but this is no VectorStoreError: ${String(error)}`, error);
  if (error.code !== code) return fail(`${what}: ${code} expected, not ${error.code} (${error.message})`, error);
  return error;
}

/** Where two values differ first, in words; undefined where they are the same. */
function difference(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) {
    return `${path || 'value'} is ${show(actual)}, not ${show(expected)}`;
  }
  if (kindOf(actual) !== kindOf(expected)) return `${path || 'value'} is ${kindOf(actual)}, not ${kindOf(expected)}`;
  const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  if (Array.isArray(actual) && actual.length !== (expected as unknown[]).length)
    return `${path}.length is ${actual.length}`;
  for (const key of keys) {
    const at = `${path}[${JSON.stringify(key)}]`;
    if (!Object.hasOwn(actual, key)) return `${at} is lacking`;
    if (!Object.hasOwn(expected, key)) return `${at} is too much`;
    const deeper = difference(own(actual, key), own(expected, key), at);
    if (deeper !== undefined) return deeper;
  }
  return undefined;
}

function own(object: object, key: string): unknown {
  return (object as Record<string, unknown>)[key];
}

function kindOf(value: object): string {
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Float32Array) return 'a Float32Array';
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null ? 'an object' : 'an object of a class';
}

function withoutMembers(members: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return members.filter((member) => {
    const at = left.indexOf(member);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** A value for a message: short, never throwing. */
function show(value: unknown): string {
  let text: string | undefined;
  try {
    text =
      typeof value === 'number' || value === undefined
        ? Object.is(value, -0)
          ? '-0'
          : String(value)
        : JSON.stringify(value);
  } catch {
    text = undefined;
  }
  text ??= String(value);
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}
