import { expect, test } from 'vitest';
import { joined, open, openVerified, parts, seal } from './package.ts';

const identity = { maker: 'x', format: 1, dimension: 3 };
const sections = [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(9)];
const corruption = (message: RegExp) =>
  expect.objectContaining({ code: 'Corruption', message: expect.stringMatching(message) });

test('the sections come back', () => {
  expect(open(seal(identity, sections), identity, 3).map((section) => [...section])).toEqual([[1, 2, 3], [], [9]]);
  const pieces = parts(identity, sections);
  expect(openVerified(joined(pieces), identity, 3).map((section) => [...section])).toEqual([[1, 2, 3], [], [9]]);
  expect(pieces.slice(-3).every((piece, i) => piece === sections[i])).toBe(true);
});

test('every flipped bit and every cut is noticed', () => {
  const bytes = seal(identity, sections);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Uint8Array.from(bytes);
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    expect(() => open(damaged, identity, 3)).toThrow(corruption(/not written by this library|checksum/));
  }
  for (let length = 0; length < bytes.length; length++) {
    expect(() => open(bytes.subarray(0, length), identity, 3)).toThrow(
      corruption(/not written by this library|checksum/),
    );
  }
});

test('what belongs to other settings, or has other sections, is refused', () => {
  const bytes = seal(identity, sections);
  expect(() => open(bytes, { ...identity, dimension: 4 }, 3)).toThrow(corruption(/other settings/));
  expect(() => open(bytes, identity, 2)).toThrow(corruption(/do not add up/));
});
