import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printSeed, seed } from '../../test/support/seed.ts';
import type { StoredRecord } from '../driver.ts';
import type { FilterNode } from '../filter/normal-form.ts';
import { collectRows, countRows, pageOf, type RowSource } from './scan.ts';

printSeed('scans with a residual');

const wanted: FilterNode = { kind: 'eq', field: 'yes', path: ['yes'], value: true };
const include = { payload: true, vector: false };

/** Rows in order; a cursor is the position of the next one. */
function source(rows: readonly StoredRecord[], requests: number[] = []): RowSource<StoredRecord> {
  return {
    fetch: async (cursor, limit) => {
      requests.push(limit);
      const at = Number(cursor ?? 0);
      const next = at + limit;
      return { rows: rows.slice(at, next), ...(next < rows.length && { next: String(next) }) };
    },
    resume: (cursor, _, at) => String(Number(cursor ?? 0) + at),
  };
}

function rowsOf(marks: readonly boolean[]): StoredRecord[] {
  return marks.map((yes, i) => ({ id: String(i), payload: { yes } }));
}

describe('pages with a residual', () => {
  test('are full but the last one, hold every match once, and the last has no cursor', async () => {
    const property = fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 900 }),
      fc.integer({ min: 1, max: 50 }),
      async (marks, limit) => {
        const rows = rowsOf(marks);
        const found: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await pageOf(source(rows), wanted, {
            include,
            limit,
            scanBudget: 100_000,
            ...(cursor !== undefined && { cursor }),
          });
          if (page.cursor !== undefined) expect(page.records).toHaveLength(limit);
          found.push(...page.records.map((record) => record.id));
          cursor = page.cursor;
        } while (cursor !== undefined);
        expect(found).toEqual(rows.filter((row) => row.payload?.yes === true).map((row) => row.id));
      },
    );
    await fc.assert(property, { seed, numRuns: 200 });
  });

  test('a scan that reads more than its budget is refused', async () => {
    const rows = rowsOf(Array.from({ length: 1_000 }, () => false));
    await expect(pageOf(source(rows), wanted, { include, limit: 10, scanBudget: 500 })).rejects.toMatchObject({
      code: 'Unsupported',
    });
    await expect(countRows(source(rows), wanted, { pageRows: 100, scanBudget: 500 })).rejects.toMatchObject({
      code: 'Unsupported',
    });
    expect(await countRows(source(rows), wanted, { pageRows: 100, scanBudget: 1_000 })).toBe(0);
  });
});

test('without a residual the backend pages by itself', async () => {
  const requests: number[] = [];
  const page = await pageOf(source(rowsOf([true, false, true]), requests), undefined, {
    include,
    limit: 2,
    scanBudget: 1,
  });
  expect([page.records.length, page.cursor, requests]).toEqual([2, '2', [2]]);
});

test('collectRows takes what is picked of the true matches', async () => {
  const rows = rowsOf([true, false, true]);
  expect(await collectRows(source(rows), wanted, { pageRows: 2, scanBudget: 10 }, (row) => row.id)).toEqual(['0', '2']);
});
