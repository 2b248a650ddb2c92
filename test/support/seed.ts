/** The seed of this run's random tests: printed, and taken from $ANYVEC_SEED to replay one. */
export const seed = Number(process.env.ANYVEC_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Says how to replay; once per test file, before anything can fail. */
export function printSeed(what: string): void {
  console.log(`${what}: seed ${seed} (replay with ANYVEC_SEED=${seed})`);
}
