import { describe, expect, it } from 'vitest';
import type { Durability } from '../../src/engine/storage/settings.ts';
import { printSeed, seed as runSeed } from '../support/seed.ts';
import { Failures } from './failures.ts';
import { smallShape, type WorkloadShape, wideShape } from './generate.ts';
import { checkImages, drawLosses, record } from './power-loss.ts';
import { Random } from './random.ts';

const deep = process.env.ANYVEC_DEEP === '1';

/** Images of many runs; prints how many. */
async function losePower(
  name: string,
  shape: WorkloadShape,
  durability: Durability,
  plan: { runs: number; groups: number; images: number },
) {
  const failures = new Failures();
  const random = new Random(runSeed);
  let [images, moments] = [0, 0];
  for (let i = 0; i < plan.runs; i++) {
    const seed = random.seed();
    const run = await record({ seed, shape, durability, groups: plan.groups });
    moments += run.journal.length;
    const losses = drawLosses(run, plan.images, random);
    await checkImages(
      run,
      losses,
      failures,
      (loss) => `ANYVEC_SEED=${runSeed}: run ${i} (seed ${seed}), ${JSON.stringify(loss)}`,
    );
    images += losses.length;
  }
  console.log(`${name}: ${images} images from ${moments} moments, ${failures.count} failures`);
  expect(failures.count, String(failures)).toBe(0);
}

printSeed('power loss');

describe('after a loss of power at any moment, whatever of the unsynced survives', () => {
  it('what was acknowledged under `always` is there, each operation whole or not at all', { timeout: 900_000 }, () =>
    losePower(
      'always',
      smallShape,
      'always',
      deep ? { runs: 60, groups: 60, images: 200 } : { runs: 8, groups: 40, images: 90 },
    ),
  );
  it('so it is with snapshots and saved indexes', { timeout: 900_000 }, () =>
    losePower(
      'always, wide',
      wideShape,
      'always',
      deep ? { runs: 20, groups: 40, images: 200 } : { runs: 4, groups: 24, images: 75 },
    ),
  );
  it('what was flushed in the other modes is there, and of the rest the first part', { timeout: 900_000 }, async () => {
    await losePower(
      'interval',
      smallShape,
      'interval',
      deep ? { runs: 10, groups: 60, images: 200 } : { runs: 4, groups: 40, images: 60 },
    );
    await losePower(
      'memory',
      smallShape,
      'memory',
      deep ? { runs: 10, groups: 60, images: 200 } : { runs: 4, groups: 40, images: 60 },
    );
  });
});
