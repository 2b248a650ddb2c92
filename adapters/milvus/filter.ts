import type { FilterLeaf, FilterNode } from '../../src/filter/normal-form.ts';
import type { Segments } from '../../src/filter/path.ts';
import type { Scalar } from '../../src/filter/types.ts';
import {
  type CompiledFilter,
  compileFilter,
  type FilterDialect,
  type LeafCompiler,
  type LeafCondition,
} from '../../src/remote/compiled-filter.ts';
import type { Dialect } from './dialect.ts';
import { floatLiteral, isAddressable, joined, member, numberLiteral, textLiteral } from './expression.ts';
import { instantsKey } from './stored-payload.ts';

/** Conditions in one expression beyond which servers take seconds to parse it: the rest is left to the residual. */
const mostTerms = 400;

/** A filter as an expression for the server, and what is left of it. */
export function compileForMilvus(filter: FilterNode, dialect: Dialect): CompiledFilter<string> {
  const compiled = compileFilter(filter, filterDialect(dialect));
  if (typeof compiled.native === 'string' || termsOf(compiled.native.native) <= mostTerms) return compiled;
  return { native: 'all', residual: filter };
}

function termsOf(expression: string): number {
  return expression.split(/ (?:and|or) /).length;
}

type Condition = LeafCondition<string>;

function filterDialect(dialect: Dialect): FilterDialect<string> {
  const language = new Language(dialect);
  const leaf = <L extends FilterLeaf>(
    positive: (field: string, leaf: L) => Condition,
    negative?: (field: string, leaf: L) => Condition,
  ): LeafCompiler<L, string> => ({
    matches: (one) => widened(one.path, positive(member(one.path), one)),
    complement: (one) =>
      narrowed(one.path, (negative ?? ((field) => complementOf(field, positive(field, one))))(member(one.path), one)),
  });
  return {
    and: (members) => joined('and', members),
    or: (members) => joined('or', members),
    leaves: {
      eq: leaf((field, { value }) => language.anyOf(field, [value])),
      in: leaf((field, { values }) => language.anyOf(field, values)),
      range: {
        matches: (one) =>
          widened(
            one.path,
            language.onRange(one, (field, within) => language.orInArray(field, within)),
          ),
        complement: (one) =>
          narrowed(
            one.path,
            language.onRange(one, (field, within) => language.notInScalar(field, within)),
          ),
      },
      exists: leaf((field) => exact(`(exists ${field})`)),
      contains: leaf((field, { value }) => language.contains(field, [value])),
      startsWith: leaf(
        (field, { prefix }) =>
          language.onPrefix(prefix, (pattern) => language.orInArray(field, `(${field} like ${pattern})`)),
        (field, { prefix }) =>
          language.onPrefix(prefix, (pattern) => language.notInScalar(field, `(${field} like ${pattern})`)),
      ),
      match: leaf(
        (field) => superset(`(exists ${field})`),
        () => undefined,
      ),
    },
  };
}

/** Whether the stored copy of the payload shows this path to expressions. */
function isVisible(path: Segments): boolean {
  return !path[0]!.startsWith('_av') && path.every(isAddressable);
}

/** The server takes a number in a path for a place in an array too, where paths step through objects only. */
function reachesIntoArrays(path: Segments): boolean {
  return path.slice(1).some((segment) => /^\d+$|^-$/.test(segment));
}

/** A superset on a path that may reach too far is a superset, but not exact. */
function widened(path: Segments, condition: Condition): Condition {
  if (!isVisible(path) || condition === undefined || typeof condition === 'string') return undefined;
  return reachesIntoArrays(path) ? superset(condition.native) : condition;
}

/** A superset of a complement must not rest on a condition that matches too much. */
function narrowed(path: Segments, condition: Condition): Condition {
  return isVisible(path) && !reachesIntoArrays(path) ? condition : undefined;
}

/** Only of an exact condition is the negation a complement; a missing key must be said to match. */
function complementOf(field: string, condition: Condition): Condition {
  if (condition === undefined || typeof condition === 'string' || !condition.exact) return undefined;
  return exact(`((not (exists ${field})) or (not ${condition.native}))`);
}

function exact(native: string): Condition {
  return { native, exact: true };
}

function superset(native: string): Condition {
  return { native, exact: false };
}

/** How one dialect says the conditions on a payload member. */
class Language {
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** The member, or an element of it, is one of these. */
  anyOf(field: string, values: readonly Scalar[]): Condition {
    const direct = this.#dialect.inTakesMembers
      ? memberships(field, values)
      : values.map((value) => `(${field} == ${literal(value)})`);
    return this.#condition(joined('or', [...direct, ...elements(field, values)]), values);
  }

  /** The member is an array with one of these. */
  contains(field: string, values: readonly Scalar[]): Condition {
    return this.#condition(joined('or', elements(field, values)), values);
  }

  #condition(native: string, values: readonly Scalar[]): Condition {
    const confused =
      this.#dialect.booleansAreNumbers &&
      values.some((value) => typeof value === 'boolean' || value === 0 || value === 1);
    return confused ? superset(native) : exact(native);
  }

  /** A condition that holds for scalars, widened to all arrays, whose elements it cannot see. */
  orInArray(field: string, condition: string): Condition {
    return superset(
      this.#dialect.arrayLength ? `(${condition} or (not (array_length(${field}) == 0)))` : `(exists ${field})`,
    );
  }

  /** Everything but the scalars for which a condition holds. */
  notInScalar(field: string, condition: string): Condition {
    return this.#dialect.threeValued ? undefined : superset(`((not (exists ${field})) or (not ${condition}))`);
  }

  onRange(leaf: Extract<FilterLeaf, { kind: 'range' }>, use: (field: string, within: string) => Condition): Condition {
    const { path, of, bounds } = leaf;
    const field = member(of === 'datetime' ? [instantsKey(leaf.field)] : path);
    const operators = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
    const within = (['gt', 'gte', 'lt', 'lte'] as const).flatMap((bound) => {
      const value = bounds[bound];
      return value === undefined ? [] : [`(${field} ${operators[bound]} ${numberLiteral(value)})`];
    });
    return use(field, joined('and', within));
  }

  onPrefix(prefix: string, use: (pattern: string) => Condition): Condition {
    // Whether a wildcard can be escaped differs by version.
    return /[%_\\]/.test(prefix) ? undefined : use(textLiteral(`${prefix}%`));
  }
}

function literal(value: Scalar): string {
  return typeof value === 'string'
    ? textLiteral(value)
    : typeof value === 'number'
      ? numberLiteral(value)
      : String(value);
}

interface ByType {
  readonly lists: readonly string[];
  readonly booleans: readonly boolean[];
}

/** Lists of one type each: a list of several types is an error. Numbers are written as floats, which also finds integers. */
function byType(values: readonly Scalar[]): ByType {
  const texts = values.filter((value) => typeof value === 'string');
  const numbers = values.filter((value) => typeof value === 'number');
  return {
    lists: [texts.map(textLiteral), numbers.map(floatLiteral)]
      .filter((list) => list.length > 0)
      .map((list) => `[${list.join(',')}]`),
    booleans: values.filter((value) => typeof value === 'boolean'),
  };
}

function memberships(field: string, values: readonly Scalar[]): string[] {
  const { lists, booleans } = byType(values);
  return [...lists.map((list) => `(${field} in ${list})`), ...booleans.map((value) => `(${field} == ${value})`)];
}

function elements(field: string, values: readonly Scalar[]): string[] {
  const { lists, booleans } = byType(values);
  return [
    ...lists.map((list) => `(json_contains_any(${field}, ${list}))`),
    ...booleans.map((value) => `(json_contains(${field}, ${value}))`),
  ];
}
