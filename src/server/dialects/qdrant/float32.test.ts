import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shortest } from './float32.ts';

test.each([0.19, 0.1, 1.2218001, 16777216, 3.4028235e38, 1e-45, -0.7, 0, 1 / 3])('%d', (value) => {
  const single = Math.fround(value);
  expect(Math.fround(shortest(single))).toBe(single);
});

test('decimals of few digits are printed as they were given', () => {
  for (const decimal of [0.19, 0.81, 0.05, 0.61, -12.5, 1.5e-7, 123456.7]) expect(shortest(decimal)).toBe(decimal);
});

test('reads back as the same f32, and no shorter decimal does', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const printed = shortest(value);
      expect(Math.fround(printed)).toBe(value);
      const digits = String(Math.abs(printed))
        .replace(/e.*|\./g, '')
        .replace(/^0+|0+$/g, '').length;
      for (let fewer = 1; fewer < digits && fewer < 9; fewer++)
        expect(Math.fround(Number(value.toPrecision(fewer)))).not.toBe(value);
    }),
  );
});
