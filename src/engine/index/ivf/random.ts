/** Numbers from 0 to below 1, by mulberry32: the same for the same seed. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The first steps of a Fisher-Yates shuffle: `count` of the numbers, without repetition. */
export function sampleOf(numbers: Iterable<number>, count: number, random: () => number): Uint32Array {
  const pool = Uint32Array.from(numbers);
  const chosen = Math.min(count, pool.length);
  for (let i = 0; i < chosen; i++) {
    const j = i + Math.floor(random() * (pool.length - i));
    const number = pool[j]!;
    pool[j] = pool[i]!;
    pool[i] = number;
  }
  return pool.slice(0, chosen);
}
