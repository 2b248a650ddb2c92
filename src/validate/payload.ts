import { invalid } from '../errors.ts';
import { parseInstant } from '../filter/datetime.ts';
import { parsePath, valueAt } from '../filter/path.ts';
import type { FieldType, JsonValue, Payload } from '../types.ts';
import { shown } from './text.ts';

/** Levels of nesting that every backend can hold, the payload itself being the first. */
const maximumDepth = 64;

/**
 * An own copy of a payload, as it will read back: a plain JSON object, members that are `undefined` left out, −0 as 0.
 *
 * @throws `InvalidArgument` with the path at fault: not a plain object; beneath it a number that is not finite or an integer beyond ±(2^53 − 1),
 *   `undefined` in an array, a function, symbol, bigint, Date or other class instance, a lone surrogate in a string or key, more than 64 levels.
 */
export function copyPayload(payload: unknown, place: string): Payload {
  if (!isPlainObject(payload)) throw invalid(place, `a payload is a plain object, not ${shown(payload)}`);
  return copyObject(payload, place, 1);
}

/** A deep copy of a value that is known to be JSON. */
export function cloneJson<T extends JsonValue | Payload | undefined>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element: JsonValue) => cloneJson(element)) as unknown as T;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) setOwn(copy, key, cloneJson((value as Payload)[key]));
  return copy as T;
}

/** Sets a member as plain data, whatever the key: an assignment to `__proto__` would change the prototype instead. */
export function setOwn(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  else object[key] = value;
}

function copyValue(value: unknown, place: string, depth: number): JsonValue {
  switch (typeof value) {
    case 'string':
      if (!value.isWellFormed()) throw invalid(place, 'the string holds a lone surrogate');
      return value;
    case 'number':
      return copyNumber(value, place);
    case 'boolean':
      return value;
    case 'object': {
      if (value === null) return null;
      if (depth > maximumDepth) throw invalid(place, `nested more than ${maximumDepth} levels deep`);
      // Array.from also visits holes, which are `undefined` to JSON.
      if (Array.isArray(value))
        return Array.from(value, (element: unknown, i) => copyValue(element, `${place}[${i}]`, depth + 1));
      if (!isPlainObject(value))
        throw invalid(place, `${classOf(value)} is no JSON; convert it (a date to its ISO text, a map to an object)`);
      return copyObject(value, place, depth) as JsonValue;
    }
    default:
      throw invalid(place, `${shown(value)} is no JSON`);
  }
}

function copyObject(object: Record<string, unknown>, place: string, depth: number): Payload {
  if (Object.getOwnPropertySymbols(object).length > 0) throw invalid(place, 'a symbol key is no JSON');
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    const at = `${place}[${shown(key)}]`;
    if (!key.isWellFormed()) throw invalid(at, 'the key holds a lone surrogate');
    setOwn(copy, key, copyValue(value, at, depth + 1));
  }
  return copy as Payload;
}

function copyNumber(value: number, place: string): number {
  if (!Number.isFinite(value)) throw invalid(place, `${value} is no JSON number`);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw invalid(
      place,
      `${value} is an integer beyond ±(2^53 − 1), which no backend keeps exactly; store it as a string`,
    );
  }
  return value + 0;
}

/** An object literal, `JSON.parse` output, or `Object.create(null)`, of any realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function classOf(value: object): string {
  if (value instanceof Date) return 'a Date';
  return value instanceof Map ? 'a Map' : 'an object of a class';
}

/**
 * Checks a payload's declared fields: each missing, null, of its type, or an array of it.
 *
 * @throws `InvalidArgument` with the field's path.
 */
export function checkDeclaredFields(
  payload: Payload,
  fields: { readonly [field: string]: FieldType },
  place: string,
): void {
  for (const field of Object.keys(fields)) {
    const value = valueAt(payload, parsePath(field, 'fields'));
    if (value === undefined || value === null) continue;
    const type = fields[field]!;
    const elements = Array.isArray(value) ? value : [value];
    if (!elements.every((element) => isOfType(element, type))) {
      throw invalid(
        `${place}.${field}`,
        `the field is declared ${type}: ${shown(value)} is neither null, ${expectations[type]}, nor an array of such`,
      );
    }
  }
}

const expectations: Record<FieldType, string> = {
  keyword: 'a string',
  text: 'a string',
  number: 'a number',
  boolean: 'true or false',
  datetime: 'an RFC 3339 text with zone and at most 3 fraction digits',
};

function isOfType(value: unknown, type: FieldType): boolean {
  switch (type) {
    case 'keyword':
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'datetime':
      return typeof value === 'string' && parseInstant(value) !== undefined;
  }
}
