import type { FilterLeaf } from '../../src/filter/normal-form.ts';
import type { Segments } from '../../src/filter/path.ts';
import type { Scalar } from '../../src/filter/types.ts';
import type { FilterDialect, LeafCondition } from '../../src/remote/compiled-filter.ts';

/** A condition in Qdrant's filter language: a test of a field, or a filter of its own. */
export type Condition =
  | {
      readonly key: string;
      readonly match:
        | { readonly value: string | boolean | number }
        | { readonly any: readonly (string | number)[] }
        | { readonly text: string };
    }
  | {
      readonly key: string;
      readonly range: {
        readonly gt?: number | string;
        readonly gte?: number | string;
        readonly lt?: number | string;
        readonly lte?: number | string;
      };
    }
  | { readonly key: string; readonly values_count: { readonly lt: number } }
  | { readonly is_empty: { readonly key: string } }
  | { readonly is_null: { readonly key: string } }
  | QdrantFilter;

/** A filter. A clause that is there holds at least one condition: an empty one would match everything. */
export interface QdrantFilter {
  readonly must?: readonly Condition[];
  readonly should?: readonly Condition[];
  readonly must_not?: readonly Condition[];
}

/** What is known of a collection's payloads. */
export interface FilterFacts {
  /** Types of payload indexes by field, in the spelling of the server. An index changes what some conditions match. */
  readonly indexes: ReadonlyMap<string, string>;
  /** Whether everything was written through this library: then values at declared fields have their type, and integral numbers no fraction part. */
  readonly managed: boolean;
}

/**
 * Qdrant's condition for each kind of leaf. Where the index of a field changes what a condition matches, or a key cannot be said, there is
 * none, and the residual filter decides.
 */
export function filterDialect(facts: FilterFacts): FilterDialect<Condition> {
  /** A condition that selects exactly the matches: its negation is exact as well. */
  const exact = <L extends FilterLeaf>(
    condition: (leaf: L, key: string, index: string | undefined) => Condition | 'none' | undefined,
  ) => ({
    matches: (leaf: L): LeafCondition<Condition> => {
      const native = inKey(leaf, facts, condition);
      return native === undefined || native === 'none' ? native : { native, exact: true };
    },
    complement: (leaf: L): LeafCondition<Condition> => {
      const native = inKey(leaf, facts, condition);
      if (native === 'none') return 'all';
      return native === undefined ? undefined : { native: { must_not: [native] }, exact: true };
    },
  });
  /** A condition that selects more than the matches: nothing is known of the complement. */
  const loose = <L extends FilterLeaf>(
    condition: (leaf: L, key: string, index: string | undefined) => Condition | undefined,
  ) => ({
    matches: (leaf: L): LeafCondition<Condition> => {
      const native = inKey(leaf, facts, condition);
      return native === undefined ? undefined : { native, exact: false };
    },
    complement: (): LeafCondition<Condition> => undefined,
  });
  const numbers = exact<Extract<FilterLeaf, { kind: 'range' }>>(({ bounds }, key, index) =>
    answersNumbers(index) ? { key, range: bounds } : undefined,
  );
  const instants = (facts.managed ? exact : loose)<Extract<FilterLeaf, { kind: 'range' }>>((leaf, key, index) =>
    instantRange(leaf, key, index),
  );
  return {
    leaves: {
      eq: exact(({ value }, key, index) => equals(key, value, index)),
      in: exact(({ values }, key, index) => oneOf(key, values, index)),
      range: {
        matches: (leaf) => (leaf.of === 'number' ? numbers : instants).matches(leaf),
        complement: (leaf) => (leaf.of === 'number' ? numbers : instants).complement(leaf),
      },
      exists: exact((_, key) => exists(key)),
      contains: loose(({ value }, key, index) => equals(key, value, index)),
      // Without a text index this looks for a substring, of which a prefix is one.
      startsWith: loose(({ prefix }, key, index) =>
        prefix === '' || index === 'text' ? undefined : { key, match: { text: prefix } },
      ),
      match: loose((_, key) => exists(key)),
    },
    and: (members) => ({ must: members }),
    or: (members) => ({ should: members }),
  };
}

function inKey<L extends FilterLeaf, R>(
  leaf: L,
  { indexes }: FilterFacts,
  condition: (leaf: L, key: string, index: string | undefined) => R | undefined,
): R | undefined {
  const key = keyOf(leaf.path);
  return key === undefined ? undefined : condition(leaf, key, indexOf(indexes, leaf.path));
}

/** A path as Qdrant writes it; undefined where it cannot: `"` and `\` have no spelling, and `_av…` are keys of ours. */
export function keyOf(path: Segments): string | undefined {
  if (path[0]!.startsWith('_av') || path.some((segment) => /["\\]/.test(segment))) return undefined;
  return path.map((segment) => `"${segment}"`).join('.');
}

/** The server spells a segment bare where it can. */
function indexOf(indexes: ReadonlyMap<string, string>, path: Segments): string | undefined {
  return indexes.get(path.map((segment) => (/^[\p{L}\p{N}_-]+$/u.test(segment) ? segment : `"${segment}"`)).join('.'));
}

/** An integer index holds no fractions, a datetime index no numbers at all. */
function answersNumbers(index: string | undefined): boolean {
  return index !== 'integer' && index !== 'datetime';
}

/** Numbers as ranges: `match` takes no fractions, and does not find a stored 1.0 for 1. */
function equals(key: string, value: Scalar, index: string | undefined): Condition | undefined {
  if (typeof value !== 'number') return { key, match: { value } };
  return answersNumbers(index) ? { key, range: { gte: value, lte: value } } : undefined;
}

function oneOf(key: string, values: readonly Scalar[], index: string | undefined): Condition | undefined {
  const strings = values.filter((value) => typeof value === 'string');
  const others = values.filter((value) => typeof value !== 'string').map((value) => equals(key, value, index));
  const parts: (Condition | undefined)[] = [
    ...(strings.length > 0 ? [{ key, match: { any: strings } }] : []),
    ...others,
  ];
  if (parts.includes(undefined)) return undefined;
  const should = parts as Condition[];
  return should.length === 1 ? should[0] : { should };
}

function instantRange(
  { bounds }: Extract<FilterLeaf, { kind: 'range' }>,
  key: string,
  index: string | undefined,
): Condition | undefined {
  // A numeric index would compare numbers with the instants.
  if (index === 'integer' || index === 'float') return undefined;
  const range: Record<string, string> = {};
  for (const [name, instant] of Object.entries(bounds)) {
    if (instant === undefined) continue;
    const text = new Date(instant).toISOString();
    // Beyond the years 1 to 9999, to which a zone can take an instant, the text is in another form.
    if (!/^\d{4}-/.test(text) || text.startsWith('0000')) return undefined;
    range[name] = text;
  }
  return { key, range };
}

/** Present and not null, empty arrays included; the same with any index. */
function exists(key: string): Condition {
  return {
    should: [
      { must_not: [{ is_empty: { key } }] },
      { must: [{ key, values_count: { lt: 1 } }], must_not: [{ is_null: { key } }] },
    ],
  };
}
