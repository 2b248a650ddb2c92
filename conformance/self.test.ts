import { describe, expect, it } from 'vitest';
import { runCollected } from './collect.ts';
import { filterBugs } from './planted/filters.ts';
import { hybridBugs } from './planted/hybrid.ts';
import { readBugs } from './planted/reads.ts';
import { writeBugs } from './planted/writes.ts';

// A little of everything: what is planted is not subtle, and most bugs fall at the first case about them.
const budget = { filters: 60, documents: 60, sequences: 20, operations: 15, haystack: 2_000, caseTimeoutMs: 10_000 };

describe('the suite fails a backend with a planted bug', () => {
  it.each([
    ...[...filterBugs, ...readBugs, ...writeBugs].map((bug) => ({ ...bug, only: undefined })),
    ...hybridBugs.map((bug) => ({ ...bug, only: 'searchHybrid: ' })),
  ])(
    '$name',
    async ({ name, open, only }) => {
      const options = { failFast: true, log: () => {}, ...(only !== undefined && { only }) };
      const { failed, passed } = await runCollected({ name, open, budget }, options);
      expect(failed, `all ${passed.length} cases passed`).not.toHaveLength(0);
      // A bug is caught by an expectation that fails, not by the suite falling over.
      expect(failed[0]!.error).toBeInstanceOf(Error);
      console.log(`${name}: caught by "${failed[0]!.name}"`);
    },
    60_000,
  );
});
