import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printSeed, seed } from '../test/support/seed.ts';
import { sortedInPieces } from './sorted-in-pieces.ts';
import { atOnce } from './time-slice.ts';

printSeed('sorting in pieces');

it('sorts as toSorted does, equals in their order, and leaves the array as it was', () => {
  const lengths = fc.constantFrom(0, 1, 1_023, 1_024, 1_025, 2_048, 5_000, 10_000);
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 10_000 }), fc.nat(), (length, different, salt) => {
      const items = Array.from({ length }, (_, at) => ({ key: (at * 7_919 + salt) % different, at }));
      const before = items.slice();
      const sorted = atOnce(sortedInPieces(items, (a, b) => a.key - b.key));
      expect(sorted).toEqual(before.slice().sort((a, b) => a.key - b.key));
      expect(items).toEqual(before);
    }),
    { seed, numRuns: 40 },
  );
});

it('yields at least once for each 1,024 items that are moved', () => {
  const items = Array.from({ length: 10_000 }, (_, i) => (i * 7_919) % 10_000);
  let pieces = 0;
  for (const piece of sortedInPieces(items, (a, b) => a - b)) pieces += piece === undefined ? 1 : 0;
  expect(pieces).toBeGreaterThan(40);
});
