import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { otherQuirks, pineconeHarness, quirkCombinations } from '../../conformance/backends/pinecone.ts';
import { runConformance } from '../../conformance/index.ts';

/** The laws that a switch could break: filters, what writes leave behind, the order and scores of hits, namespaces, visibility. */
const only =
  /^(?:random filters|random operations|payload|namespaces): |^search: (?:euclidean|equal matches)|^writes are visible .*: (?:an upsert over|a delete of all)/;
const budget = { filters: 16, documents: 60, sequences: 3, operations: 15 };

// The first has all defaults, under which the whole suite runs.
for (const [row, quirks] of quirkCombinations.slice(1).entries()) {
  const harness = pineconeHarness({ client: row % 2 === 0 ? '9.0' : '8.2', quirks, budget });
  await runConformance({ runner: { describe, it, beforeAll, afterAll }, harness, only });
}

it('every two switches are seen in all four ways', () => {
  const names = Object.keys(otherQuirks);
  for (const [i, a] of names.entries()) {
    for (const b of names.slice(i + 1)) {
      const ways = quirkCombinations.map((quirks) => `${a in quirks} ${b in quirks}`);
      expect(new Set(ways).size, `${a} and ${b}`).toBe(4);
    }
  }
});
