import { expect, test } from 'vitest';
import { hostileRun } from '../../test/support/hostile-process.ts';
import { printSeed, seed } from '../../test/support/seed.ts';

printSeed('hostile inputs');

test.each(['data', 'queries', 'settings', 'bytes'])(
  'hostile %s never end the process, and only typed errors come out',
  { timeout: 120_000 },
  async (part) => {
    const { code, signal, unfinished, untyped, done, refused, stderr } = await hostileRun('hnswlib', part, seed);
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
