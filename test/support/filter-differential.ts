import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Harness } from '../../conformance/harness.ts';
import { evaluate } from '../../src/filter/evaluate.ts';
import { parseFilter } from '../../src/filter/parse.ts';
import type { FieldType, Filter, Payload, VectorDatabase, VectorStore } from '../../src/index.ts';
import { declaredDocument, declaredFields, declaredFilter, document, filter } from './arbitrary-filters.ts';
import { seed } from './seed.ts';

export interface DifferentialOptions {
  /** Random filters, half of them on declared fields. */
  readonly filters: number;
  /** Records that each filter is tried on. Default 200. */
  readonly documents?: number;
}

/** How many of the filters also go into a search and a count. */
const everyTenth = 10;

/** Registers tests that random filters, sent through a backend's adapter, select exactly what the reference evaluator selects. */
export function describeFilterDifferential(harness: Harness, { filters, documents = 200 }: DifferentialOptions): void {
  describe(`random filters through ${harness.name}`, () => {
    let db: VectorDatabase;
    beforeAll(async () => {
      db = await harness.open();
    }, 60_000);
    afterAll(async () => {
      await db?.close();
      await harness.close?.();
    });

    const kinds = [
      ['undeclared fields', {}, document, filter],
      ['declared fields', declaredFields, declaredDocument, declaredFilter],
    ] as const;
    const count = Math.ceil(filters / kinds.length);
    test.each(kinds)(
      `${count} on %s select what the reference evaluator selects`,
      async (kind, fields, documentOf, filterOf) => {
        const payloads = fc.sample(documentOf as fc.Arbitrary<Payload>, { numRuns: documents, seed });
        const store = await db.createCollection(
          `differential-${kind.split(' ')[0]}`,
          { dimension: 2, metric: 'euclidean', fields, ...harness.createOptions },
          { ifExists: 'recreate' },
        );
        await store.upsert(payloads.map((payload, i) => ({ id: String(i), vector: [i, 1], payload })));
        let asked = 0;
        await fc.assert(
          fc.asyncProperty(filterOf, (given) => compare(store, payloads, fields, given, asked++ % everyTenth === 0)),
          { numRuns: count, seed },
        );
      },
      3_600_000,
    );
  });
}

async function compare(
  store: VectorStore,
  payloads: readonly Payload[],
  fields: { readonly [field: string]: FieldType },
  given: object,
  isThorough: boolean,
): Promise<void> {
  const node = parseFilter(given, { fields });
  const what = JSON.stringify(given);
  const expected = payloads.flatMap((payload, i) => (evaluate(node, payload) ? [String(i)] : []));
  const asked = given as Filter;
  const page = await store.filter(asked, { limit: 1_000, include: { payload: false } });
  expect(page.records.map(({ id }) => id).sort(numerically), what).toEqual(expected);
  if (!isThorough) return;
  expect(await store.count(asked), `the count of ${what}`).toBe(expected.length);
  // Among vectors on a line the nearest to its beginning come in the order of their ids.
  const matches = await store.search([0, 1], { k: payloads.length, filter: asked, include: { payload: false } });
  expect(
    matches.map(({ id }) => id),
    `the search with ${what}`,
  ).toEqual(expected);
}

function numerically(a: string, b: string): number {
  return Number(a) - Number(b);
}
