import type { Segments } from './path.ts';
import type { Scalar } from './types.ts';

/** Bounds of a range over numbers, or over instants as epoch milliseconds. */
export interface Bounds {
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
}

/** A condition on one field that is not made of others. Its complement is a `not` around it. */
export type FilterLeaf =
  | { readonly kind: 'eq'; readonly field: string; readonly path: Segments; readonly value: Scalar }
  /** At least two distinct values. */
  | { readonly kind: 'in'; readonly field: string; readonly path: Segments; readonly values: readonly Scalar[] }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly path: Segments;
      readonly of: 'number' | 'datetime';
      readonly bounds: Bounds;
    }
  | { readonly kind: 'exists'; readonly field: string; readonly path: Segments }
  | { readonly kind: 'contains'; readonly field: string; readonly path: Segments; readonly value: Scalar }
  | { readonly kind: 'startsWith'; readonly field: string; readonly path: Segments; readonly prefix: string }
  /** Terms as the tokenizer gives them, at least one. */
  | { readonly kind: 'match'; readonly field: string; readonly path: Segments; readonly terms: readonly string[] };

/**
 * The one form that every filter is parsed to, and that the evaluator, the planner and every driver read.
 *
 * Invariants: `all` and `none` occur only at the root; `and`/`or` have at least two members, none of their own kind; `not` never holds a `not`,
 * and its content is never a constant. `field` is the canonical spelling of `path`.
 */
export type FilterNode =
  | { readonly kind: 'all' }
  | { readonly kind: 'none' }
  | { readonly kind: 'and'; readonly of: readonly FilterNode[] }
  | { readonly kind: 'or'; readonly of: readonly FilterNode[] }
  | { readonly kind: 'not'; readonly of: FilterNode }
  | FilterLeaf;

/** Matches every record. */
export const matchAll: FilterNode = Object.freeze({ kind: 'all' });
/** Matches no record. */
export const matchNone: FilterNode = Object.freeze({ kind: 'none' });

/** The fields that a filter asks about, each once or more often. */
export function fieldsIn(node: FilterNode): string[] {
  if (node.kind === 'all' || node.kind === 'none') return [];
  if (node.kind === 'and' || node.kind === 'or') return node.of.flatMap(fieldsIn);
  return node.kind === 'not' ? fieldsIn(node.of) : [node.field];
}

/** All of them; flattened, constants folded. Everything for an empty list. */
export function and(nodes: readonly FilterNode[]): FilterNode {
  return combine('and', nodes, matchAll, matchNone);
}

/** Any of them; flattened, constants folded. Nothing for an empty list. */
export function or(nodes: readonly FilterNode[]): FilterNode {
  return combine('or', nodes, matchNone, matchAll);
}

/** The complement; a double one falls away. */
export function not(node: FilterNode): FilterNode {
  if (node.kind === 'all') return matchNone;
  if (node.kind === 'none') return matchAll;
  return node.kind === 'not' ? node.of : { kind: 'not', of: node };
}

function combine(
  kind: 'and' | 'or',
  nodes: readonly FilterNode[],
  neutral: FilterNode,
  absorbing: FilterNode,
): FilterNode {
  const members: FilterNode[] = [];
  for (const node of nodes) {
    if (node.kind === absorbing.kind) return absorbing;
    if (node.kind === neutral.kind) continue;
    if (node.kind === kind) members.push(...node.of);
    else members.push(node);
  }
  return members.length === 0 ? neutral : members.length === 1 ? members[0]! : { kind, of: members };
}

/**
 * The same filter with every `not` directly around a leaf (De Morgan holds: the language is two-valued).
 * What a driver compiles from, since a superset of a complement is not the complement of a superset.
 */
export function pushNegation(node: FilterNode): FilterNode {
  switch (node.kind) {
    case 'and':
      return and(node.of.map(pushNegation));
    case 'or':
      return or(node.of.map(pushNegation));
    case 'not':
      if (node.of.kind === 'and') return or(node.of.of.map((member) => pushNegation(not(member))));
      if (node.of.kind === 'or') return and(node.of.of.map((member) => pushNegation(not(member))));
      return node;
    default:
      return node;
  }
}
