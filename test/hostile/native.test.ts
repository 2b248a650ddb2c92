import { expect, it } from 'vitest';
import { printSeed } from '../support/seed.ts';
import { attack } from './hostile-input.ts';

printSeed('hostile input');

it('any input to any method of the native engine gives an answer or a typed error', async () => {
  const { calls, refused } = await attack({ provider: 'native' }, process.env.ANYVEC_DEEP ? 50_000 : 5_000);
  console.log(`${calls} calls, ${refused} refused`);
  expect(refused).toBeGreaterThan(calls / 2);
}, 300_000);
