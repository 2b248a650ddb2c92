import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filter as arbitraryFilter, document } from '../../test/support/arbitrary-filters.ts';
import { printSeed, seed } from '../../test/support/seed.ts';
import { evaluate } from '../filter/evaluate.ts';
import type { FilterLeaf } from '../filter/normal-form.ts';
import { parseFilter } from '../filter/parse.ts';
import { compileFilter, type FilterDialect, type LeafCompiler, type LeafCondition } from './compiled-filter.ts';

printSeed('compiled filters');

type Test = (payload: unknown) => boolean;

/** A backend that says some leaves exactly, some loosely, and some not at all; which is which is drawn. */
function dialectOf(quality: (leaf: FilterLeaf, negated: boolean) => 'exact' | 'loose' | 'none'): FilterDialect<Test> {
  const compiled = (leaf: FilterLeaf, negated: boolean): LeafCondition<Test> => {
    const truth: Test = (payload) => evaluate(leaf, payload) !== negated;
    switch (quality(leaf, negated)) {
      case 'exact':
        return { native: truth, exact: true };
      case 'loose':
        // A superset: everything with an even number of keys as well.
        return { native: (payload) => truth(payload) || Object.keys(payload as object).length % 2 === 0, exact: false };
      case 'none':
        return undefined;
    }
  };
  const compiler: LeafCompiler<FilterLeaf, Test> = {
    matches: (leaf) => compiled(leaf, false),
    complement: (leaf) => compiled(leaf, true),
  };
  return {
    leaves: {
      eq: compiler,
      in: compiler,
      range: compiler,
      exists: compiler,
      contains: compiler,
      startsWith: compiler,
      match: compiler,
    },
    and: (members) => (payload) => members.every((member) => member(payload)),
    or: (members) => (payload) => members.some((member) => member(payload)),
  };
}

const qualities = ['exact', 'loose', 'none'] as const;

describe('compileFilter', () => {
  test('native selects a superset, and with the residual exactly the matches, whatever the leaves can do', () => {
    const property = fc.property(
      arbitraryFilter,
      fc.array(document, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(2), { minLength: 1 }),
      (text, payloads, draws) => {
        const filter = parseFilter(text, { fields: {} });
        const dialect = dialectOf(
          (leaf, negated) => qualities[draws[(leaf.kind.length + Number(negated)) % draws.length]!]!,
        );
        const { native, residual } = compileFilter(filter, dialect);
        for (const payload of payloads) {
          const selected = native === 'all' || (native !== 'none' && native.native(payload));
          const truth = evaluate(filter, payload);
          if (truth) expect(selected).toBe(true);
          expect(selected && (residual === undefined || evaluate(residual, payload))).toBe(truth);
        }
      },
    );
    fc.assert(property, { seed, numRuns: 2_000 });
  });

  test('leaves that are all exact leave no residual', () => {
    const property = fc.property(arbitraryFilter, (text) => {
      expect(
        compileFilter(
          parseFilter(text, { fields: {} }),
          dialectOf(() => 'exact'),
        ).residual,
      ).toBeUndefined();
    });
    fc.assert(property, { seed, numRuns: 500 });
  });

  test('of a conjunction only what is not exact stays', () => {
    const filter = parseFilter({ a: 1, b: { $startsWith: 'x' } }, { fields: {} });
    const { residual } = compileFilter(
      filter,
      dialectOf((leaf) => (leaf.kind === 'startsWith' ? 'loose' : 'exact')),
    );
    expect(residual).toMatchObject({ kind: 'startsWith', field: 'b' });
  });
});
