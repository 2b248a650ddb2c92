import { describe, expect, it } from 'vitest';
import { Found, poolHead, slackFor, worthComparing } from './proposal.ts';

/** What a search found at these code distances, nearest first. */
function found(codes: readonly number[]): Found {
  const words = new Uint32Array(poolHead + 2 * codes.length);
  words[0] = codes.length;
  for (const [i, code] of codes.entries()) {
    words[poolHead + 2 * i] = i << 1;
    const bits = new Uint32Array(Float32Array.of(code).buffer)[0]!;
    words[poolHead + 2 * i + 1] = code < 0 ? ~bits : bits ^ 0x8000_0000;
  }
  return new Found(words, 0);
}

const squared = (distance: number) => distance * distance;
const doubled = (distance: number) => 2 * distance;
const codes = [1, 2, 3, 4, 4.5, 5, 6, 9];

describe('what is worth comparing once the first few are', () => {
  it('without error: what is as near by its code as the last of them, and all that ties', () => {
    const worth = worthComparing(found([1, 2, 3, 3, 3, 4]), 6, slackFor(0, undefined), doubled);
    expect(worth([0.5, 1, 1.5])).toBe(5);
  });

  it('grows with the error of the codes, and is never less than what is compared nor more than what is proposed', () => {
    const counts = [0, 0.1, 0.3, 1, 10].map((error) =>
      worthComparing(found(codes), 8, slackFor(error, undefined), doubled)([0.5, 1, 1.5]),
    );
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect([counts[0], counts.at(-1)]).toEqual([3, 8]);
    expect(worthComparing(found(codes), 5, slackFor(10, undefined), doubled)([0.5, 1, 1.5])).toBe(5);
  });

  it('does not count what all codes are aside: a constant of inner products, or the rounding of one query', () => {
    for (const aside of [-0.7, 0, 2, 300]) {
      const moved = codes.map((code) => code + aside);
      expect(worthComparing(found(moved), 8, slackFor(0.2, 1), doubled)([0.5, 1, 1.5])).toBe(
        worthComparing(found(codes), 8, slackFor(0.2, 1), doubled)([0.5, 1, 1.5]),
      );
    }
  });

  it('takes the greatest of the distances for the last, whatever their order, on the scale of the codes', () => {
    const ask = worthComparing(found([1, 4, 9, 16]), 4, slackFor(0, undefined), squared);
    // The third lies farther than its code says, and the second nearer.
    expect(ask([1, 3, 2])).toBe(3);
    expect(worthComparing(found([1, 4, 9, 9]), 4, slackFor(0, undefined), squared)([1, 3, 2])).toBe(4);
  });
});
