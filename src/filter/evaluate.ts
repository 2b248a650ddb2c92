import { parseInstant } from './datetime.ts';
import type { Bounds, FilterLeaf, FilterNode } from './normal-form.ts';
import { valueAt } from './path.ts';
import { tokenize } from './tokenize.ts';

/**
 * Whether a payload matches: **the meaning of the filter language**. Every index, planner and backend must agree with it.
 *
 * Two-valued: a leaf is true or false, also on missing fields, and `not` is the exact complement. Positive leaves are any-element on arrays
 * (one level, scalars only). Types never coerce. Only own properties count.
 */
export function evaluate(filter: FilterNode, payload: unknown): boolean {
  switch (filter.kind) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'and':
      return filter.of.every((member) => evaluate(member, payload));
    case 'or':
      return filter.of.some((member) => evaluate(member, payload));
    case 'not':
      return !evaluate(filter.of, payload);
    default:
      return evaluateLeaf(filter, valueAt(payload, filter.path));
  }
}

function evaluateLeaf(leaf: FilterLeaf, value: unknown): boolean {
  switch (leaf.kind) {
    case 'eq':
      return anyElement(value, (element) => element === leaf.value);
    case 'in':
      return anyElement(value, (element) => leaf.values.some((wanted) => element === wanted));
    case 'range':
      return anyElement(value, (element) => inRange(element, leaf.of, leaf.bounds));
    case 'exists':
      return value !== undefined && value !== null;
    case 'contains':
      return Array.isArray(value) && value.some((element) => element === leaf.value);
    case 'startsWith':
      return anyElement(value, (element) => typeof element === 'string' && element.startsWith(leaf.prefix));
    case 'match':
      return anyElement(value, (element) => typeof element === 'string' && hasTerms(element, leaf.terms));
  }
}

function anyElement(value: unknown, test: (element: unknown) => boolean): boolean {
  return Array.isArray(value) ? value.some(test) : test(value);
}

function inRange(element: unknown, of: 'number' | 'datetime', bounds: Bounds): boolean {
  if (of === 'number') return typeof element === 'number' && withinBounds(element, bounds);
  const instant = typeof element === 'string' ? parseInstant(element) : undefined;
  return instant !== undefined && withinBounds(instant, bounds);
}

/** Whether a number satisfies all bounds that are given. */
function withinBounds(x: number, { gt, gte, lt, lte }: Bounds): boolean {
  return (
    (gt === undefined || x > gt) &&
    (gte === undefined || x >= gte) &&
    (lt === undefined || x < lt) &&
    (lte === undefined || x <= lte)
  );
}

function hasTerms(text: string, terms: readonly string[]): boolean {
  const present = new Set(tokenize(text));
  return terms.every((wanted) => present.has(wanted));
}
