/** Records as a search over articles has them: vectors in clusters, texts with rare and common words. */
import { uniforms } from '../lib/random.ts';

export const dimension = 384;

export interface Row {
  readonly id: string;
  readonly vector: Float32Array;
  readonly payload: { readonly text: string; readonly lang: string; readonly year: number; readonly part: number };
}

const clusters = 200;
const wordsPerText = 60;
const vocabulary = 20_000;

/** The same ones for the same numbers. `part` is the row's number modulo 1,000. */
export function rows(count: number, from = 0): Row[] {
  return Array.from({ length: count }, (_, i) => row(from + i));
}

export function vectorOf(n: number): Float32Array {
  const random = uniforms(n + 1_000_000);
  const around = uniforms((n % clusters) + 1);
  return Float32Array.from({ length: dimension }, () => around() - 0.5 + 1.2 * (random() + random() - 1));
}

function row(n: number): Row {
  const random = uniforms(n);
  // By Zipf's law, about.
  const word = () => `w${Math.floor(vocabulary ** random()).toString(36)}`;
  const text = Array.from({ length: wordsPerText }, word).join(' ');
  const lang = n % 3 === 0 ? 'de' : 'en';
  return { id: `article-${n}`, vector: vectorOf(n), payload: { text, lang, year: 2000 + (n % 25), part: n % 1_000 } };
}
