import fc from 'fast-check';
import { fail } from '../assertions.ts';
import type { Context } from '../context.ts';

/**
 * Tries a law on random values. Fails with the smallest counterexample found, and the seed that finds it again.
 *
 * @param runs How many values.
 */
export async function holdsFor<T>(
  t: Context,
  runs: number,
  arbitrary: fc.Arbitrary<T>,
  check: (value: T) => Promise<void>,
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, check);
  const parameters = {
    seed: t.seed,
    numRuns: runs,
    // A run that is cut short must not look like a whole one, and shrinking must end before the runner gives the case up.
    interruptAfterTimeLimit: t.budget.caseTimeoutMs * 0.8,
    markInterruptAsFailure: true,
  };
  const details = await fc.check(property, parameters);
  if (!details.failed) return;
  const problem = details.interrupted
    ? `only ${details.numRuns} of ${runs} runs fitted into the time; give it more, or a smaller budget`
    : '';
  const cause = details.errorInstance;
  const why = cause instanceof Error ? cause.message : String(cause ?? '');
  fail(
    `${problem}${why}\n  counterexample: ${fc.stringify(details.counterexample)}\n  after ${details.numRuns} runs and ${details.numShrinks} shrinks; ANYVEC_SEED=${t.seed} repeats it`,
    cause,
  );
}

/** So many random values, the same for the same seed. */
export function sample<T>(t: Context, arbitrary: fc.Arbitrary<T>, amount: number): T[] {
  return fc.sample(arbitrary, { seed: t.seed, numRuns: amount });
}
