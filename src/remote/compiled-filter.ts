import { and, type FilterLeaf, type FilterNode, matchAll, pushNegation } from '../filter/normal-form.ts';

/** What a backend is asked for instead of a filter: `all` and `none` where no condition is needed or none could match. */
export type NativeFilter<N> = { readonly native: N } | 'all' | 'none';

/**
 * A filter for a backend: `native` selects a superset of the true matches, and `residual`, evaluated by the reference evaluator on what comes
 * back, removes the rest. No residual: `native` is exact.
 */
export interface CompiledFilter<N> {
  readonly native: NativeFilter<N>;
  readonly residual: FilterNode | undefined;
}

/**
 * What a leaf (or its complement) becomes: a native condition that selects at least its matches, and whether no others. `all` is a tautology,
 * `none` a contradiction; both are exact. Undefined: nothing native is sound.
 */
export type LeafCondition<N> = { readonly native: N; readonly exact: boolean } | 'all' | 'none' | undefined;

/** Compiles the leaves of one kind. */
export interface LeafCompiler<L extends FilterLeaf, N> {
  /** A superset of the leaf's matches. */
  matches(leaf: L): LeafCondition<N>;
  /** A superset of the complement. It is the negation of `matches` only where that is exact. */
  complement(leaf: L): LeafCondition<N>;
}

/** How a backend says things: one compiler per kind of leaf (all of them, so that a new kind does not compile), and the two connectives. */
export interface FilterDialect<N> {
  readonly leaves: { readonly [K in FilterLeaf['kind']]: LeafCompiler<Extract<FilterLeaf, { kind: K }>, N> };
  /** At least two members. */
  and(members: readonly N[]): N;
  /** At least two members. */
  or(members: readonly N[]): N;
}

/**
 * Compiles a filter: negations are pushed to the leaves, each leaf becomes a native superset of itself or of its complement, and what is not
 * exact stays as the residual. Of a conjunction only the members that are not exact stay.
 */
export function compileFilter<N>(filter: FilterNode, dialect: FilterDialect<N>): CompiledFilter<N> {
  return compile(pushNegation(filter), dialect);
}

function compile<N>(node: FilterNode, dialect: FilterDialect<N>): CompiledFilter<N> {
  switch (node.kind) {
    case 'all':
    case 'none':
      return { native: node.kind, residual: undefined };
    case 'and':
      return conjunction(
        node.of.map((member) => compile(member, dialect)),
        dialect,
      );
    case 'or':
      return disjunction(
        node,
        node.of.map((member) => compile(member, dialect)),
        dialect,
      );
    case 'not':
      return condition(node, complementOf(node.of, dialect));
    default:
      return condition(node, compilerOf(node, dialect).matches(node));
  }
}

function complementOf<N>(node: FilterNode, dialect: FilterDialect<N>): LeafCondition<N> {
  if (node.kind === 'all' || node.kind === 'none' || node.kind === 'and' || node.kind === 'or' || node.kind === 'not') {
    throw new TypeError(`a negation around ${node.kind} after negations were pushed to the leaves`);
  }
  return compilerOf(node, dialect).complement(node);
}

/** The table is indexed by the leaf's own kind, which TypeScript cannot follow through a union. */
function compilerOf<N>(leaf: FilterLeaf, dialect: FilterDialect<N>): LeafCompiler<FilterLeaf, N> {
  return dialect.leaves[leaf.kind] as LeafCompiler<FilterLeaf, N>;
}

function condition<N>(node: FilterNode, compiled: LeafCondition<N>): CompiledFilter<N> {
  if (compiled === undefined) return { native: 'all', residual: node };
  if (typeof compiled === 'string') return { native: compiled, residual: undefined };
  return { native: { native: compiled.native }, residual: compiled.exact ? undefined : node };
}

function conjunction<N>(members: readonly CompiledFilter<N>[], dialect: FilterDialect<N>): CompiledFilter<N> {
  if (members.some((member) => member.native === 'none')) return { native: 'none', residual: undefined };
  const natives = members.flatMap(({ native }) => (typeof native === 'string' ? [] : [native.native]));
  const residual = and(members.flatMap((member) => member.residual ?? []));
  return { native: joined(natives, 'all', dialect.and), residual: residual === matchAll ? undefined : residual };
}

function disjunction<N>(
  node: FilterNode,
  members: readonly CompiledFilter<N>[],
  dialect: FilterDialect<N>,
): CompiledFilter<N> {
  if (members.some((member) => member.native === 'all' && member.residual === undefined))
    return { native: 'all', residual: undefined };
  const residual = members.some((member) => member.residual !== undefined) ? node : undefined;
  if (members.some((member) => member.native === 'all')) return { native: 'all', residual };
  const natives = members.flatMap(({ native }) => (typeof native === 'string' ? [] : [native.native]));
  return { native: joined(natives, 'none', dialect.or), residual };
}

function joined<N>(natives: readonly N[], empty: 'all' | 'none', join: (members: readonly N[]) => N): NativeFilter<N> {
  const [first] = natives;
  if (first === undefined) return empty;
  return { native: natives.length === 1 ? first : join(natives) };
}
