import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printSeed, seed } from '../../test/support/seed.ts';
import { parseInstant } from './datetime.ts';

printSeed('datetimes');

describe('a datetime', () => {
  it.each([
    ['2024-01-02T03:04:05Z', Date.UTC(2024, 0, 2, 3, 4, 5)],
    ['2024-01-02t03:04:05z', Date.UTC(2024, 0, 2, 3, 4, 5)],
    ['2024-01-02T03:04:05.1Z', Date.UTC(2024, 0, 2, 3, 4, 5, 100)],
    ['2024-01-02T03:04:05.123+05:30', Date.UTC(2024, 0, 1, 21, 34, 5, 123)],
    ['2024-02-29T23:59:59-00:00', Date.UTC(2024, 1, 29, 23, 59, 59)],
    ['0001-01-01T00:00:00Z', Date.parse('0001-01-01T00:00:00Z')],
  ])('%s is an instant', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    '2024-01-02',
    '2024-01-02T03:04:05',
    '2024-01-02 03:04:05Z',
    '2024-01-02T03:04Z',
    '2024-01-02T03:04:05.1234Z',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-00-01T00:00:00Z',
    '2024-01-32T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2016-12-31T23:59:60Z',
    '2024-01-01T00:00:00+24:00',
    '2024-01-01T00:00:00+0100',
    '20240101T000000Z',
    '',
    'now',
  ])('%j is none', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('agrees with Date on every ISO text that Date writes', () => {
    const date = fc.date({ min: new Date('0000-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(date, (when) => {
        expect(parseInstant(when.toISOString())).toBe(when.getTime());
      }),
      { seed, numRuns: 2_000 },
    );
  });
});
