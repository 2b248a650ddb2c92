import fc from 'fast-check';
import { expect, it } from 'vitest';
import { printSeed, seed } from '../../../test/support/seed.ts';
import { PostingList } from './posting-list.ts';

printSeed('posting lists against a sorted map');

it('holds the slots that were entered and not taken out, ascending, each with its frequency, in blocks of at most 512', () => {
  // Long stretches of slots, so that blocks fill, split and empty.
  const step = fc.record({
    first: fc.nat(6_000),
    count: fc.integer({ min: 1, max: 900 }),
    by: fc.constantFrom(1, -1, 7),
    add: fc.boolean(),
  });
  let most = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 30 }), (steps) => {
      const list = new PostingList(20_000, 3);
      const expected = new Map([[20_000, 3]]);
      for (const { first, count, by, add } of steps) {
        for (let i = 0, slot = first; i < count && slot >= 0; i++, slot += by) {
          if (add === expected.has(slot)) continue;
          if (add) {
            list.add(slot, (slot % 5) + 1);
            expected.set(slot, (slot % 5) + 1);
          } else {
            list.remove(slot);
            expected.delete(slot);
          }
        }
      }
      const held = list.blocks.flatMap(({ slots, frequencies }) => slots.map((slot, i) => [slot, frequencies[i]]));
      expect(held).toEqual([...expected].sort(([a], [b]) => a - b));
      expect(list.length).toBe(expected.size);
      for (const { slots, frequencies } of list.blocks) {
        expect(slots.length).toBeGreaterThan(0);
        expect(slots.length).toBeLessThanOrEqual(512);
        expect(frequencies.length).toBe(slots.length);
      }
      most = Math.max(most, list.blocks.length);
    }),
    { seed, numRuns: 100 },
  );
  expect(most, 'blocks of the longest list').toBeGreaterThan(5);
});
