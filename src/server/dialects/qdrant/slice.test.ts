import { expect, test } from 'vitest';
import { sliceOf } from './slice.ts';

test('slices of a larger total lie inside those of a smaller one that divides it', () => {
  for (let id = 0; id < 200; id++) expect(sliceOf(id, 8) % 4).toBe(sliceOf(id, 4));
});

test('numbers and UUIDs fall into all slices', () => {
  const uuid = (at: number) => `00000000-0000-0000-0000-${at.toString(16).padStart(12, '0')}`;
  for (const ids of [Array.from({ length: 100 }, (_, at) => at), Array.from({ length: 100 }, (_, at) => uuid(at))])
    expect(new Set(ids.map((id) => sliceOf(id, 4))).size).toBe(4);
});
