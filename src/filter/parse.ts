import { invalid, unsupported } from '../errors.ts';
import type { FieldType } from '../types.ts';
import { parseInstant } from './datetime.ts';
import { and, type Bounds, type FilterNode, matchNone, not, or } from './normal-form.ts';
import { formatPath, parsePath, type Segments } from './path.ts';
import { tokenize } from './tokenize.ts';
import type { Scalar } from './types.ts';

/** Bounds on the size of a filter, the same on every backend. */
export const filterLimits = Object.freeze({ depth: 32, conditions: 1_024, inValues: 10_000 });

/** Every operator on a field. */
export const filterOperators = [
  '$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$contains', '$all', '$startsWith', '$match',
] as const; // biome-ignore format: one line reads as the table that it is
/** An operator on a field. */
export type FilterOperator = (typeof filterOperators)[number];

/** What a filter is parsed against. */
export interface FilterContext {
  /** The declared fields by canonical path: decides whether a range compares numbers or instants, and where `$match` may go. */
  readonly fields: { readonly [field: string]: FieldType };
  /** Why an operator is refused here, if it is. */
  readonly refused?: (operator: FilterOperator) => string | undefined;
}

interface Parsing extends FilterContext {
  conditions: number;
}

/**
 * Parses a filter to its normal form.
 *
 * @param place Where the filter stands in the caller's input, for messages.
 * @throws `InvalidArgument` for anything that is not a filter (a dropped `{ tenant: undefined }` would match everything, so it is refused),
 *   beyond {@link filterLimits}, or whose operand has the wrong type; `Unsupported` for an operator that the backend refuses.
 */
export function parseFilter(filter: unknown, context: FilterContext, place = 'filter'): FilterNode {
  return parseGroup(filter, { ...context, conditions: 0 }, place, 1);
}

function parseGroup(filter: unknown, parsing: Parsing, place: string, depth: number): FilterNode {
  if (depth > filterLimits.depth) throw invalid(place, `filters are nested at most ${filterLimits.depth} levels deep`);
  const members = entriesOf(filter, place).map(([key, operand]) => {
    const at = `${place}[${JSON.stringify(key)}]`;
    if (key === '$and') return and(parseList(operand, parsing, at, depth));
    if (key === '$or') return or(parseList(operand, parsing, at, depth));
    if (key === '$not') return not(parseGroup(operand, parsing, at, depth + 1));
    if (key.startsWith('$')) {
      throw invalid(
        at,
        `unknown operator ${key} (here stand $and, $or, $not and field paths; quote a field that begins with $)`,
      );
    }
    return parseField(key, operand, parsing, at);
  });
  return and(members);
}

function parseList(operand: unknown, parsing: Parsing, place: string, depth: number): FilterNode[] {
  if (!Array.isArray(operand)) throw invalid(place, 'needs an array of filters');
  // Array.from also visits holes, which `map` would pass over.
  return Array.from(operand, (member: unknown, i) => parseGroup(member, parsing, `${place}[${i}]`, depth + 1));
}

function parseField(field: string, asked: unknown, parsing: Parsing, place: string): FilterNode {
  const path = parsePath(field, place);
  const target = { field: formatPath(path), path };
  if (isScalar(asked)) return condition(target, '$eq', asked, parsing, place);
  if (asked === null)
    throw invalid(place, 'null cannot be compared with; say { $exists: false } for "missing or null"');
  if (asked === undefined)
    throw invalid(place, 'the condition is undefined; leave the field out if nothing is asked of it');
  if (Array.isArray(asked)) throw invalid(place, 'an array is no condition; say { $in: […] } or { $all: […] }');
  const operators = entriesOf(asked, place);
  if (operators.length === 0) throw invalid(place, 'an empty condition; say { $exists: true } or leave the field out');
  const bounds: Record<string, number> = {};
  const members: FilterNode[] = [];
  for (const [operator, operand] of operators) {
    const at = `${place}.${operator}`;
    if (isBound(operator)) {
      checkOperator(operator, parsing, at);
      bounds[operator.slice(1)] = parseBound(operand, parsing.fields[target.field], at);
    } else {
      members.push(condition(target, operator, operand, parsing, at));
    }
  }
  if (Object.keys(bounds).length > 0) members.push(range(target, bounds, parsing, place));
  return and(members);
}

interface Target {
  readonly field: string;
  readonly path: Segments;
}

function condition(target: Target, operator: string, operand: unknown, parsing: Parsing, place: string): FilterNode {
  checkOperator(operator, parsing, place);
  count(parsing, place);
  switch (operator) {
    case '$eq':
      return { kind: 'eq', ...target, value: scalar(operand, place) };
    case '$ne':
      return not({ kind: 'eq', ...target, value: scalar(operand, place) });
    case '$in':
      return oneOf(target, scalars(operand, place));
    case '$nin':
      return not(oneOf(target, scalars(operand, place)));
    case '$exists':
      if (typeof operand !== 'boolean') throw invalid(place, 'needs true or false');
      return operand ? { kind: 'exists', ...target } : not({ kind: 'exists', ...target });
    case '$contains':
      return { kind: 'contains', ...target, value: scalar(operand, place) };
    case '$all': {
      const values = scalars(operand, place);
      if (values.length === 0) throw invalid(place, 'an empty list; leave the condition out if nothing is asked');
      return and(values.map((value) => ({ kind: 'contains', ...target, value })));
    }
    case '$startsWith':
      return { kind: 'startsWith', ...target, prefix: text(operand, place) };
    case '$match':
      return match(target, text(operand, place), parsing, place);
    default:
      throw invalid(place, `unknown operator ${operator}`);
  }
}

function checkOperator(operator: string, parsing: Parsing, place: string): void {
  if (!(filterOperators as readonly string[]).includes(operator)) {
    throw invalid(
      place,
      `unknown operator ${JSON.stringify(operator)}; known are ${filterOperators.join(' ')} (a nested field is written as a dotted path)`,
    );
  }
  const reason = parsing.refused?.(operator as FilterOperator);
  if (reason !== undefined) throw unsupported(`${operator} (at ${place})`, reason);
}

function count(parsing: Parsing, place: string): void {
  parsing.conditions += 1;
  if (parsing.conditions > filterLimits.conditions)
    throw invalid(place, `a filter holds at most ${filterLimits.conditions} conditions`);
}

function oneOf(target: Target, values: readonly Scalar[]): FilterNode {
  if (values.length === 0) return matchNone;
  return values.length === 1 ? { kind: 'eq', ...target, value: values[0]! } : { kind: 'in', ...target, values };
}

function match(target: Target, query: string, parsing: Parsing, place: string): FilterNode {
  if (parsing.fields[target.field] !== 'text')
    throw invalid(place, `$match needs a field declared 'text'; ${target.field} is not`);
  const terms = [...new Set(tokenize(query))];
  if (terms.length === 0) throw invalid(place, 'no term to look for: the query holds no letter or digit');
  return { kind: 'match', ...target, terms };
}

function isBound(operator: string): boolean {
  return operator === '$gt' || operator === '$gte' || operator === '$lt' || operator === '$lte';
}

function parseBound(operand: unknown, type: FieldType | undefined, place: string): number {
  if (type === 'datetime') {
    const instant = typeof operand === 'string' ? parseInstant(operand) : undefined;
    if (instant === undefined)
      throw invalid(
        place,
        'the field is declared datetime: needs an RFC 3339 text with zone and at most 3 fraction digits',
      );
    return instant;
  }
  if (typeof operand === 'string')
    throw invalid(place, "ranges compare numbers; strings only on fields declared 'datetime'");
  if (typeof operand !== 'number') throw invalid(place, `needs a number, not ${describe(operand)}`);
  return number(operand, place);
}

function range(target: Target, bounds: Bounds, parsing: Parsing, place: string): FilterNode {
  count(parsing, place);
  return { kind: 'range', ...target, of: parsing.fields[target.field] === 'datetime' ? 'datetime' : 'number', bounds };
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function scalar(operand: unknown, place: string): Scalar {
  if (!isScalar(operand)) throw invalid(place, `needs a string, number or boolean, not ${describe(operand)}`);
  if (typeof operand === 'number') return number(operand, place);
  return typeof operand === 'string' ? text(operand, place) : operand;
}

function scalars(operand: unknown, place: string): Scalar[] {
  if (!Array.isArray(operand)) throw invalid(place, `needs an array, not ${describe(operand)}`);
  if (operand.length > filterLimits.inValues)
    throw invalid(place, `at most ${filterLimits.inValues} values, not ${operand.length}`);
  return [...new Set(Array.from(operand, (value: unknown, i) => scalar(value, `${place}[${i}]`)))];
}

function text(operand: unknown, place: string): string {
  if (typeof operand !== 'string') throw invalid(place, `needs a string, not ${describe(operand)}`);
  if (!operand.isWellFormed()) throw invalid(place, 'the string holds a lone surrogate');
  return operand;
}

/** A number that a payload can hold: finite, and a safe integer if integral. −0 is 0. */
function number(operand: number, place: string): number {
  if (!Number.isFinite(operand)) throw invalid(place, `${operand} cannot be compared with`);
  if (Number.isInteger(operand) && !Number.isSafeInteger(operand))
    throw invalid(place, `${operand} is beyond ±(2^53 − 1), where integers are not exact`);
  return operand + 0;
}

function entriesOf(value: unknown, place: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(place, `needs an object, not ${describe(value)}`);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw invalid(place, `needs a plain object, not ${describe(value)}`);
  if (Object.getOwnPropertySymbols(value).length > 0) throw invalid(place, 'holds a symbol key');
  return Object.entries(value);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Date) return 'a Date';
  return value === undefined ? 'undefined' : typeof value === 'object' ? 'an object of a class' : `a ${typeof value}`;
}
