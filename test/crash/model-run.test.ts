import { describe, expect, it } from 'vitest';
import { printSeed, seed as runSeed } from '../support/seed.ts';
import { smallShape, wideShape } from './generate.ts';
import { runModel } from './model-run.ts';
import { Random } from './random.ts';

const deep = process.env.ANYVEC_DEEP === '1';
const total = deep ? 1_000_000 : 20_000;

printSeed('model run');

describe('random operations, with restarts between them', () => {
  it('leave the database as they leave plain maps', { timeout: 3_600_000 }, async () => {
    const random = new Random(runSeed);
    let [operations, reopens, runs] = [0, 0, 0];
    while (operations < total) {
      const wide = random.chance(0.15);
      const run = { seed: random.seed(), operations: wide ? 500 : 2_500, shape: wide ? wideShape : smallShape };
      const { done, reopens: opened } = await runModel({ ...run, perSession: deep ? 450 : 100 });
      operations += done;
      reopens += opened;
      runs += 1;
    }
    console.log(`model run: ${operations} operations in ${runs} runs with ${reopens} reopens, 0 differences`);
    expect(operations).toBeGreaterThanOrEqual(total);
  });
});
