import { expect, test } from 'vitest';
import { hostileRun } from '../../test/support/hostile-process.ts';
import { printSeed, seed } from '../../test/support/seed.ts';

printSeed('hostile inputs');

test.each(['data', 'queries', 'settings', 'bytes', 'factories'])(
  'hostile %s never end the process, and only typed errors come out',
  { timeout: 120_000 },
  async (part) => {
    const { code, signal, unfinished, untyped, done, refused, stderr } = await hostileRun('faiss', part, seed);
    expect({ code, signal, unfinished, untyped, stderr }).toEqual({
      code: 0,
      signal: null,
      unfinished: undefined,
      untyped: [],
      stderr: '',
    });
    expect(done + refused).toBeGreaterThan(30);
  },
);

test('every kind trains on exactly as many vectors as it is said to need', { timeout: 120_000 }, async () => {
  // The library warns of few training vectors on stderr; here that is the point.
  const { code, signal, unfinished, untyped, done } = await hostileRun('faiss', 'minimum', seed);
  expect({ code, signal, unfinished, untyped }).toEqual({ code: 0, signal: null, unfinished: undefined, untyped: [] });
  expect(done).toBeGreaterThan(200);
});
