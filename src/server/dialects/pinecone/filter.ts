import { badRequest } from './fault.ts';
import type { Metadata, MetadataValue } from './metadata.ts';
import type { PineconeQuirks } from './quirks.ts';

type Scalar = string | number | boolean;

/** Whether a record's metadata matches. */
export type MetadataFilter = (metadata: Metadata) => boolean;

/** A test of one field's value; undefined where the record has no such field. */
type ValueTest = (value: MetadataValue | undefined) => boolean;

const maximumListLength = 10_000;

/**
 * A filter of this vendor's language, whose semantics are its own: no negation of groups, ranges over numbers only, any-match on lists, and
 * the behaviour of `$ne` and `$nin` as the quirks say.
 *
 * @throws 400 for what the service refuses, or is not known to accept.
 */
export function parseMetadataFilter(filter: unknown, quirks: PineconeQuirks): MetadataFilter {
  const members = entriesOf(filter, 'filter').map(([key, operand]) => {
    if (key === '$and' || key === '$or') return parseGroup(key, operand, quirks);
    if (key.startsWith('$')) throw badRequest(`Invalid filter: ${key} is not a valid operator here`);
    return parseField(key, operand, quirks);
  });
  return (metadata) => members.every((member) => member(metadata));
}

function parseGroup(operator: '$and' | '$or', operand: unknown, quirks: PineconeQuirks): MetadataFilter {
  if (!Array.isArray(operand) || operand.length === 0)
    throw badRequest(`Invalid filter: ${operator} needs a non-empty list of filters`);
  const members = operand.map((member: unknown) => parseMetadataFilter(member, quirks));
  if (operator === '$and') return (metadata) => members.every((member) => member(metadata));
  return (metadata) => members.some((member) => member(metadata));
}

function parseField(field: string, operand: unknown, quirks: PineconeQuirks): MetadataFilter {
  const tests = isScalar(operand)
    ? [parseTest('$eq', operand, quirks)]
    : entriesOf(operand, field).map(([operator, value]) => parseTest(operator, value, quirks));
  return (metadata) => {
    const value = Object.hasOwn(metadata, field) ? metadata[field] : undefined;
    return tests.every((test) => test(value));
  };
}

function parseTest(operator: string, operand: unknown, quirks: PineconeQuirks): ValueTest {
  switch (operator) {
    case '$eq':
      return equalsAny([scalarOf(operator, operand)]);
    case '$ne':
      return equalsNone([scalarOf(operator, operand)], quirks);
    case '$in':
      return equalsAny(listOf(operator, operand));
    case '$nin':
      return equalsNone(listOf(operator, operand), quirks);
    case '$exists':
      if (typeof operand !== 'boolean') throw badRequest('Invalid filter: $exists needs a boolean');
      return (value) => (value !== undefined) === operand;
    case '$gt':
      return compares(operator, operand, (value, bound) => value > bound);
    case '$gte':
      return compares(operator, operand, (value, bound) => value >= bound);
    case '$lt':
      return compares(operator, operand, (value, bound) => value < bound);
    case '$lte':
      return compares(operator, operand, (value, bound) => value <= bound);
    default:
      throw badRequest(`Invalid filter: ${JSON.stringify(operator)} is not a valid operator`);
  }
}

function equalsAny(wanted: readonly Scalar[]): ValueTest {
  const set = new Set<Scalar>(wanted);
  return (value) => value !== undefined && elementsOf(value).some((element) => set.has(element));
}

function equalsNone(unwanted: readonly Scalar[], { negationOnMissing, negationOnList }: PineconeQuirks): ValueTest {
  const set = new Set<Scalar>(unwanted);
  return (value) => {
    if (value === undefined) return negationOnMissing === 'include';
    const elements = elementsOf(value);
    return negationOnList === 'no-element'
      ? elements.every((element) => !set.has(element))
      : elements.some((element) => !set.has(element));
  };
}

function compares(operator: string, operand: unknown, holds: (value: number, bound: number) => boolean): ValueTest {
  if (typeof operand !== 'number') throw badRequest(`Invalid filter: ${operator} needs a number`);
  return (value) => typeof value === 'number' && holds(value, operand);
}

function elementsOf(value: MetadataValue): readonly Scalar[] {
  return typeof value === 'object' ? value : [value];
}

function scalarOf(operator: string, operand: unknown): Scalar {
  if (!isScalar(operand)) throw badRequest(`Invalid filter: ${operator} needs a string, number or boolean`);
  return operand;
}

function listOf(operator: string, operand: unknown): readonly (string | number)[] {
  if (!Array.isArray(operand) || operand.length === 0)
    throw badRequest(`Invalid filter: ${operator} needs a non-empty list`);
  if (operand.length > maximumListLength)
    throw badRequest(`Invalid filter: ${operator} takes at most ${maximumListLength} values`);
  return operand.map((element: unknown) => {
    if (typeof element !== 'string' && typeof element !== 'number')
      throw badRequest(`Invalid filter: ${operator} takes strings and numbers`);
    return element;
  });
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function entriesOf(value: unknown, what: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badRequest(`Invalid filter: ${what} needs an object`);
  const entries = Object.entries(value);
  if (entries.length === 0) throw badRequest(`Invalid filter: ${what} must not be empty`);
  return entries;
}
