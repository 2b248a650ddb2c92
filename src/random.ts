/** Numbers from 0 to below 1, by mulberry32: the same for the same seed, and from the same state on. */
export class Mulberry32 {
  /** A 32-bit integer. */
  state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  next(): number {
    const state = (this.state + 0x6d2b79f5) >>> 0;
    this.state = state;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** The same as a function. */
export function uniform(seed: number): () => number {
  const numbers = new Mulberry32(seed);
  return () => numbers.next();
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
