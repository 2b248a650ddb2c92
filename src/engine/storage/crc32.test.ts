import fc from 'fast-check';
import { expect, test } from 'vitest';
import { printSeed, seed } from '../../../test/support/seed.ts';
import { crc32, crc32InScript } from './crc32.ts';

printSeed('CRC-32');

test('has the published check value', () => {
  const digits = new TextEncoder().encode('123456789');
  expect(crc32(digits)).toBe(0xcbf43926);
  expect(crc32InScript(digits)).toBe(0xcbf43926);
});

test('is the same with and without zlib, at any length, in one piece or two', () => {
  const bytes = fc.uint8Array({ maxLength: 600, size: 'max' });
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(crc32(a)).toBe(crc32InScript(a));
      expect(crc32(b, crc32(a))).toBe(crc32InScript(Uint8Array.of(...a, ...b)));
    }),
    { seed, numRuns: 500 },
  );
});
