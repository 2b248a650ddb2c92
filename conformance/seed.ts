/** `$ANYVEC_SEED`, else a random one, so that every run tries something new. */
export function chooseSeed(): number {
  const wanted = environment('ANYVEC_SEED');
  if (wanted === undefined || wanted === '') return crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1;
  const seed = Number(wanted);
  if (!Number.isInteger(seed) || seed < -(2 ** 31) || seed >= 2 ** 31)
    throw new RangeError(`ANYVEC_SEED is no 32-bit integer: ${wanted}`);
  return seed;
}

/** How much more is tried with `$ANYVEC_DEEP`. */
export function deepFactor(): number {
  const deep = environment('ANYVEC_DEEP');
  return deep === undefined || deep === '' || deep === '0' ? 1 : 10;
}

function environment(name: string): string | undefined {
  const host = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return host.process?.env?.[name];
}
