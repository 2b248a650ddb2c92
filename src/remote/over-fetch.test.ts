import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printSeed, seed } from '../../test/support/seed.ts';
import type { StoredMatch } from '../driver.ts';
import { evaluate } from '../filter/evaluate.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { compareMatches } from '../score.ts';
import { type OverFetch, searchOverFetching } from './over-fetch.ts';

printSeed('over-fetching');

const wanted: FilterNode = { kind: 'eq', field: 'yes', path: ['yes'], value: true };
const everything = { payload: true, vector: false };

/** A backend that returns its rows by distance, equal ones in the order in which they are given here. */
function backend(rows: readonly StoredMatch[]) {
  const sorted = rows.toSorted((a, b) => a.distance - b.distance);
  const limits: number[] = [];
  const fetch = async (queries: readonly string[], limit: number) => {
    limits.push(limit);
    return queries.map(() => sorted.slice(0, limit));
  };
  return { fetch, limits };
}

function asked(differences: Partial<OverFetch>): OverFetch {
  return {
    k: 3,
    maxDistance: Number.POSITIVE_INFINITY,
    exact: false,
    residual: undefined,
    include: everything,
    window: 100_000,
    ...differences,
  };
}

describe('searchOverFetching', () => {
  test('finds the best k true matches, ties by id, whatever the rows are', async () => {
    const rows = fc.uniqueArray(
      fc.record({ id: fc.string({ minLength: 1 }), distance: fc.integer({ min: 0, max: 5 }), yes: fc.boolean() }),
      { maxLength: 300, selector: (row) => row.id },
    );
    const property = fc.asyncProperty(
      rows,
      fc.integer({ min: 1, max: 40 }),
      fc.option(fc.integer({ min: 0, max: 5 })),
      fc.boolean(),
      async (given, k, bound, filtered) => {
        const matches = given.map(({ id, distance, yes }) => ({ id, distance, payload: { yes } }));
        const maxDistance = bound ?? Number.POSITIVE_INFINITY;
        const residual = filtered ? wanted : undefined;
        const [found] = await searchOverFetching(
          ['q'],
          asked({ k, maxDistance, residual, exact: true }),
          backend(matches).fetch,
        );
        const truth = matches.filter(
          (match) => match.distance <= maxDistance && (residual === undefined || evaluate(residual, match.payload)),
        );
        expect(found).toEqual(truth.toSorted(compareMatches).slice(0, k));
      },
    );
    await fc.assert(property, { seed, numRuns: 300 });
  });

  test('one request is enough where nothing is to be decided here', async () => {
    const { fetch, limits } = backend(Array.from({ length: 50 }, (_, i) => ({ id: String(i), distance: i })));
    await searchOverFetching(['q', 'r'], asked({ k: 10 }), fetch);
    expect(limits).toEqual([10]);
  });

  test('only the queries that are not settled are asked again', async () => {
    const rare = Array.from({ length: 1_000 }, (_, i) => ({ id: String(i), distance: i, payload: { yes: i === 900 } }));
    const common = Array.from({ length: 1_000 }, (_, i) => ({ id: String(i), distance: i, payload: { yes: true } }));
    const queries: string[][] = [];
    const answers = await searchOverFetching(
      ['rare', 'common'],
      asked({ k: 1, residual: wanted }),
      async (some, limit) => {
        queries.push([...some]);
        return some.map((name) => (name === 'rare' ? rare : common).slice(0, limit));
      },
    );
    expect(answers.map((matches) => matches[0]?.id)).toEqual(['900', '0']);
    expect(queries[0]).toEqual(['rare', 'common']);
    expect(queries.slice(1).every((some) => some.join() === 'rare')).toBe(true);
  });

  test('a window that is too small is refused, never a short answer', async () => {
    const rows = Array.from({ length: 500 }, (_, i) => ({ id: String(i), distance: i, payload: { yes: i === 400 } }));
    await expect(
      searchOverFetching(['q'], asked({ k: 1, residual: wanted, window: 200 }), backend(rows).fetch),
    ).rejects.toMatchObject({ code: 'Unsupported' });
    const ties = Array.from({ length: 500 }, (_, i) => ({ id: String(i), distance: 1 }));
    await expect(
      searchOverFetching(['q'], asked({ k: 1, exact: true, window: 200 }), backend(ties).fetch),
    ).rejects.toMatchObject({ code: 'Unsupported' });
  });

  test('a payload that only the filter needed is left out', async () => {
    const rows = [{ id: 'a', distance: 0, payload: { yes: true } }];
    const [found] = await searchOverFetching(
      ['q'],
      asked({ residual: wanted, include: { payload: false, vector: false } }),
      backend(rows).fetch,
    );
    expect(found).toEqual([{ id: 'a', distance: 0 }]);
  });
});
