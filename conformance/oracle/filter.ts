import type { FieldType } from '../../src/types.ts';

/*
 * A second reading of the filter language, straight from its rules: it interprets the filter as it was written, without normal form, parser or
 * evaluator of the library, so that it can prove them wrong. It may assume that the filter is legal.
 */

/** Declared fields by path, in any spelling. */
export type Fields = { readonly [path: string]: FieldType };

type Json = Readonly<Record<string, unknown>>;

/** Whether a payload matches a filter. */
export function matches(filter: unknown, payload: unknown, fields: Fields = {}): boolean {
  return Object.entries(filter as Json).every(([key, operand]) => {
    if (key === '$and') return (operand as unknown[]).every((member) => matches(member, payload, fields));
    if (key === '$or') return (operand as unknown[]).some((member) => matches(member, payload, fields));
    if (key === '$not') return !matches(operand, payload, fields);
    const path = splitPath(key);
    return fieldMatches(operand, lookUp(payload, path), typeOf(path, fields));
  });
}

/** `true` or `false` where a filter says the same of every payload by its form alone; undefined where it depends on one. */
export function constantOf(filter: unknown): boolean | undefined {
  return conjunction(
    Object.entries(filter as Json).map(([key, operand]) => {
      if (key === '$and') return conjunction((operand as unknown[]).map(constantOf));
      if (key === '$or')
        return negated(conjunction((operand as unknown[]).map((member) => negated(constantOf(member)))));
      if (key === '$not') return negated(constantOf(operand));
      if (typeof operand !== 'object') return undefined;
      return conjunction(
        Object.entries(operand as Json).map(([operator, value]) => {
          const isEmptyList = Array.isArray(value) && value.length === 0;
          if (operator === '$in' && isEmptyList) return false;
          return operator === '$nin' && isEmptyList ? true : undefined;
        }),
      );
    }),
  );
}

function conjunction(members: readonly (boolean | undefined)[]): boolean | undefined {
  if (members.includes(false)) return false;
  return members.every((member) => member === true) ? true : undefined;
}

function negated(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

function fieldMatches(condition: unknown, value: unknown, type: FieldType | undefined): boolean {
  if (typeof condition !== 'object' || condition === null) return some(value, (element) => same(element, condition));
  const operators = condition as Json;
  const { $gt, $gte, $lt, $lte, ...others } = operators;
  const bounds = { $gt, $gte, $lt, $lte };
  if (Object.values(bounds).some((bound) => bound !== undefined)) {
    const read = type === 'datetime' ? instantOf : (x: unknown) => (typeof x === 'number' ? x : undefined);
    if (!some(value, (element) => isBetween(read(element), bounds, read))) return false;
  }
  return Object.entries(others).every(([operator, operand]) => holds(operator, operand, value));
}

function holds(operator: string, operand: unknown, value: unknown): boolean {
  const list = operand as readonly unknown[];
  switch (operator) {
    case '$eq':
      return some(value, (element) => same(element, operand));
    case '$ne':
      return !some(value, (element) => same(element, operand));
    case '$in':
      return some(value, (element) => list.some((wanted) => same(element, wanted)));
    case '$nin':
      return !some(value, (element) => list.some((wanted) => same(element, wanted)));
    case '$exists':
      return (value !== undefined && value !== null) === operand;
    case '$contains':
      return Array.isArray(value) && value.some((element) => same(element, operand));
    case '$all':
      return Array.isArray(value) && list.every((wanted) => value.some((element) => same(element, wanted)));
    case '$startsWith':
      return some(
        value,
        (element) => typeof element === 'string' && element.slice(0, (operand as string).length) === operand,
      );
    case '$match':
      return some(value, (element) => typeof element === 'string' && hasEveryTerm(element, operand as string));
    default:
      throw new TypeError(`the oracle knows no ${operator}`);
  }
}

/** A scalar stands for itself, an array for any of its elements, one level deep. */
function some(value: unknown, test: (element: unknown) => boolean): boolean {
  return Array.isArray(value) ? value.some(test) : test(value);
}

function same(element: unknown, wanted: unknown): boolean {
  return typeof element === typeof wanted && element === wanted;
}

function isBetween(
  x: number | undefined,
  { $gt, $gte, $lt, $lte }: { $gt: unknown; $gte: unknown; $lt: unknown; $lte: unknown },
  read: (bound: unknown) => number | undefined,
): boolean {
  if (x === undefined) return false;
  if ($gt !== undefined && !(x > read($gt)!)) return false;
  if ($gte !== undefined && !(x >= read($gte)!)) return false;
  if ($lt !== undefined && !(x < read($lt)!)) return false;
  return $lte === undefined || x <= read($lte)!;
}

/** The instant of an RFC 3339 text with zone and up to three fraction digits, in epoch milliseconds. */
function instantOf(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const parts = /^(\d\d\d\d)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,3})?(Z|([+-])(\d\d):(\d\d))$/i.exec(text);
  if (parts === null) return undefined;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, Math.round(Number(parts[7] ?? 0) * 1_000));
  // A day or hour that does not exist has rolled over.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || date.getUTCHours() !== hour) return undefined;
  if (minute > 59 || second > 59 || Number(parts[10] ?? 0) > 23 || Number(parts[11] ?? 0) > 59) return undefined;
  const offset = (parts[9] === '-' ? -1 : 1) * (Number(parts[10] ?? 0) * 60 + Number(parts[11] ?? 0));
  return date.getTime() - offset * 60_000;
}

/** Terms: runs of letters, digits and marks after NFKC and lower-casing. */
function termsOf(text: string): Set<string> {
  const terms = new Set<string>();
  let term = '';
  for (const character of `${text.normalize('NFKC').toLowerCase()} `) {
    if (/\p{L}|\p{N}|\p{M}/u.test(character)) {
      term += character;
    } else if (term !== '') {
      terms.add(term);
      term = '';
    }
  }
  return terms;
}

function hasEveryTerm(text: string, query: string): boolean {
  const present = termsOf(text);
  for (const term of termsOf(query)) if (!present.has(term)) return false;
  return true;
}

/** The keys of a dotted path; a quoted segment is a JSON string. */
export function splitPath(path: string): string[] {
  const keys: string[] = [];
  let rest = path;
  for (;;) {
    const quoted = /^"(?:[^"\\]|\\.)*"/s.exec(rest)?.[0];
    const bare = quoted === undefined ? rest.split('.', 1)[0]! : '';
    keys.push(quoted === undefined ? bare : (JSON.parse(quoted) as string));
    rest = rest.slice((quoted ?? bare).length);
    if (rest === '') return keys;
    rest = rest.slice(1);
  }
}

/** The value at a path, through own members of objects, never of arrays. */
export function lookUp(payload: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.getOwnPropertyDescriptor(value, key)?.value;
  }, payload);
}

function typeOf(path: readonly string[], fields: Fields): FieldType | undefined {
  const wanted = JSON.stringify(path);
  const declared = Object.entries(fields).find(([field]) => JSON.stringify(splitPath(field)) === wanted);
  return declared?.[1];
}
