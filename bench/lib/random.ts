import { uniform } from '../../src/random.ts';

/** Numbers from 0 to below 1, the same for the same seed. */
export const uniforms = uniform;

/** 0 … count − 1 in an order that the seed decides (Fisher and Yates). */
export function shuffled(count: number, seed: number): Uint32Array {
  const random = uniforms(seed);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
