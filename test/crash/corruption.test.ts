import { describe, expect, it } from 'vitest';
import { printSeed, seed as runSeed } from '../support/seed.ts';
import { damageTrials, judge, makeSpecimens } from './corruption.ts';
import { Failures, shownError } from './failures.ts';

const deep = process.env.ANYVEC_DEEP === '1';

printSeed('damaged files');

describe('damage to any file of a database', () => {
  it('is a Corruption error, or does no harm, or costs a named tail that nobody can know to be acknowledged', {
    timeout: 3_600_000,
  }, async () => {
    const failures = new Failures();
    const trials = deep ? 20_000 : 5_200;
    const verdicts = await damageTrials({ seed: runSeed, trials, failures });
    console.log(
      `damage: ${trials} trials: ${[...verdicts].map(([name, count]) => `${count} ${name}`).join(', ')}; ${failures.count} failures`,
    );
    expect(failures.count, String(failures)).toBe(0);
    expect(verdicts.get('corruption')).toBeGreaterThan(trials / 4);
  });

  // Every bit of every file takes long: the deep tier alone has it.
  if (deep)
    it('so is every single bit of a small database', { timeout: 3_600_000 }, async () => {
      const failures = new Failures();
      const specimens = (await makeSpecimens(runSeed)).slice(0, 3);
      let bits = 0;
      for (const [i, specimen] of specimens.entries()) {
        for (const [file, { size }] of specimen.files.entries()) {
          for (let bit = 0; bit < 8 * size; bit++, bits++) {
            const damage = { kind: 'flip', file, bit } as const;
            await judge(specimen, damage).catch((error: unknown) =>
              failures.add(`makeSpecimens(${runSeed})[${i}], ${JSON.stringify(damage)}`, shownError(error)),
            );
          }
        }
      }
      console.log(`damage: ${bits} bits flipped one by one, ${failures.count} failures`);
      expect(failures.count, String(failures)).toBe(0);
    });
});
