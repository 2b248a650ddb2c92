import type { Bounds, FilterLeaf, FilterNode } from '../../src/filter/normal-form.ts';
import { formatPath, type Segments } from '../../src/filter/path.ts';
import type { Scalar } from '../../src/filter/types.ts';
import {
  type CompiledFilter,
  compileFilter,
  type FilterDialect,
  type LeafCondition,
} from '../../src/remote/compiled-filter.ts';
import type { FieldType } from '../../src/types.ts';
import { elementsKey, instantKey, isPlainKey, presentKey, tagged, valueKey } from './twins.ts';

/** A filter in the service's language. */
export type MetadataFilter = { readonly [key: string]: unknown };

/** What is known of the records. */
export interface FilterScope {
  readonly fields: { readonly [field: string]: FieldType };
  /** Whether all records were written by this library: only then are there twins, and declared types hold. */
  readonly managed: boolean;
}

type Condition = LeafCondition<MetadataFilter>;
type Leaf<K extends FilterLeaf['kind']> = Extract<FilterLeaf, { kind: K }>;

/**
 * Compiles a filter to the service's language.
 *
 * Only what is documented of it is relied on: `$eq` and `$in` match any element of a list, ranges match numbers only. `$ne` and `$nin` are
 * used so that every reading of them selects enough: beside `$exists: false`, since they may or may not match a missing field, and never as
 * exact, since on lists they may mean "no element" or "some other element".
 */
export function compileMetadataFilter(filter: FilterNode, scope: FilterScope): CompiledFilter<MetadataFilter> {
  return compileFilter(filter, dialectOf(scope));
}

function dialectOf(scope: FilterScope): FilterDialect<MetadataFilter> {
  /** Foreign records have no twins: what ours would hold under one cannot be asked for. */
  const known = (leaf: FilterLeaf, condition: () => Condition): Condition =>
    scope.managed || isForeignKey(leaf.path) ? condition() : undefined;
  return {
    and: (members) => ({ $and: members }),
    or: (members) => ({ $or: members }),
    leaves: {
      eq: {
        matches: (leaf) => known(leaf, () => exactly(equals(leaf.path, [leaf.value]))),
        complement: (leaf) => known(leaf, () => superset(equalsNone(leaf.path, [leaf.value]))),
      },
      in: {
        matches: (leaf) => known(leaf, () => exactly(equals(leaf.path, leaf.values))),
        complement: (leaf) => known(leaf, () => superset(equalsNone(leaf.path, leaf.values))),
      },
      exists: {
        matches: (leaf) => known(leaf, () => exactly(exists(leaf.path))),
        complement: (leaf) => known(leaf, () => superset(missing(leaf.path))),
      },
      // A scalar that equals is no array that contains.
      contains: {
        matches: (leaf) => known(leaf, () => superset(equals(leaf.path, [leaf.value]))),
        complement: () => undefined,
      },
      range: {
        matches: (leaf) => known(leaf, () => inRange(leaf, scope)),
        complement: (leaf) => known(leaf, () => outOfRange(leaf, scope)),
      },
      // What begins with a text or holds a word is at least present.
      startsWith: { matches: (leaf) => known(leaf, () => superset(exists(leaf.path))), complement: () => undefined },
      match: { matches: (leaf) => known(leaf, () => superset(exists(leaf.path))), complement: () => undefined },
    },
  };
}

/** Whether another program's metadata holds a value of this path where ours would. */
function isForeignKey(path: Segments): boolean {
  return path.length === 1 && isPlainKey(path[0]!);
}

function exactly(native: MetadataFilter): Condition {
  return { native, exact: true };
}

function superset(native: MetadataFilter): Condition {
  return { native, exact: false };
}

/** One of the values, or an array with one of them. */
function equals(path: Segments, values: readonly Scalar[]): MetadataFilter {
  const key = valueKey(path);
  const { strings, numbers, booleans } = byType(values);
  return or([
    ...[strings, numbers].flatMap((list) => (list.length === 0 ? [] : [{ [key]: oneOf(list) }])),
    ...booleans.map((value) => ({ [key]: { $eq: value } })),
    { [elementsKey(path)]: oneOf(values.map(tagged)) },
  ]);
}

function oneOf(values: readonly (string | number)[]): object {
  return values.length === 1 ? { $eq: values[0] } : { $in: values };
}

/** Neither one of the values nor an array with one of them: a superset. */
function equalsNone(path: Segments, values: readonly Scalar[]): MetadataFilter {
  const key = valueKey(path);
  const { strings, numbers, booleans } = byType(values);
  return and([
    ...[strings, numbers].flatMap((list) => (list.length === 0 ? [] : [missingOr(key, noneOf(list))])),
    ...booleans.map((value) => missingOr(key, { $ne: value })),
    missingOr(elementsKey(path), noneOf(values.map(tagged))),
  ]);
}

function noneOf(values: readonly (string | number)[]): object {
  return values.length === 1 ? { $ne: values[0] } : { $nin: values };
}

function missingOr(key: string, condition: object): MetadataFilter {
  return { $or: [{ [key]: { $exists: false } }, { [key]: condition }] };
}

function exists(path: Segments): MetadataFilter {
  return {
    $or: [
      { [valueKey(path)]: { $exists: true } },
      { [elementsKey(path)]: { $exists: true } },
      { [presentKey]: { $in: [formatPath(path)] } },
    ],
  };
}

function missing(path: Segments): MetadataFilter {
  return {
    $and: [
      { [valueKey(path)]: { $exists: false } },
      { [elementsKey(path)]: { $exists: false } },
      missingOr(presentKey, { $nin: [formatPath(path)] }),
    ],
  };
}

function inRange({ path, of, bounds }: Leaf<'range'>, { managed }: FilterScope): Condition {
  // Another program's texts have no instants beside them.
  if (of === 'datetime' && !managed) return superset(exists(path));
  const key = of === 'datetime' ? instantKey(path) : valueKey(path);
  return superset(or([{ [key]: nativeBounds(bounds) }, { [elementsKey(path)]: { $exists: true } }]));
}

/** Sound only where every value is known to be a number, an array, or missing: strings are neither inside nor outside a range. */
function outOfRange({ path, field, of, bounds }: Leaf<'range'>, { fields, managed }: FilterScope): Condition {
  if (!managed || !Object.hasOwn(fields, field) || fields[field] !== of) return undefined;
  const key = of === 'datetime' ? instantKey(path) : valueKey(path);
  const { gt, gte, lt, lte } = bounds;
  return superset(
    or([
      { [key]: { $exists: false } },
      ...(gt === undefined ? [] : [{ [key]: { $lte: gt } }]),
      ...(gte === undefined ? [] : [{ [key]: { $lt: gte } }]),
      ...(lt === undefined ? [] : [{ [key]: { $gte: lt } }]),
      ...(lte === undefined ? [] : [{ [key]: { $gt: lte } }]),
    ]),
  );
}

function nativeBounds(bounds: Bounds): object {
  return Object.fromEntries(Object.entries(bounds).map(([name, bound]) => [`$${name}`, bound]));
}

function byType(values: readonly Scalar[]) {
  return {
    strings: values.filter((value) => typeof value === 'string'),
    numbers: values.filter((value) => typeof value === 'number'),
    booleans: values.filter((value) => typeof value === 'boolean'),
  };
}

function or(members: readonly MetadataFilter[]): MetadataFilter {
  return members.length === 1 ? members[0]! : { $or: members };
}

function and(members: readonly MetadataFilter[]): MetadataFilter {
  return members.length === 1 ? members[0]! : { $and: members };
}
