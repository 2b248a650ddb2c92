/** What is written and asked: vectors as a sentence encoder gives them, payloads as an article's section has them. */
import { uniforms } from '../lib/random.ts';

/** One record, as the store takes it. */
export interface Article {
  readonly id: string;
  readonly vector: Float32Array;
  readonly payload: ArticlePayload;
}

/** One record, as the raw clients take it without converting anything. */
export interface RawArticle {
  readonly id: string;
  readonly vector: number[];
  /** The same, for a client that is faster with it. */
  readonly typed: Float32Array;
  readonly payload: ArticlePayload;
}

export interface ArticlePayload {
  readonly title: string;
  readonly text: string;
  readonly lang: string;
  readonly year: number;
}

export const dimension = 384;

/** Random directions: unit length, every component an f32 with all its digits, as encoders put them out. */
export function unitVectors(count: number, seed: number): Float32Array[] {
  const gaussian = gaussians(seed);
  return Array.from({ length: count }, () => {
    const raw = Float64Array.from({ length: dimension }, gaussian);
    const norm = Math.sqrt(raw.reduce((sum, x) => sum + x * x, 0));
    return Float32Array.from(raw, (x) => x / norm);
  });
}

export function articles(count: number, seed: number): Article[] {
  const words =
    'index vector search cosine payload filter graph cluster query shard recall latency token model store'.split(' ');
  return unitVectors(count, seed).map((vector, i) => ({
    // Both a string id and one that Qdrant takes as it is.
    id: `00000000-0000-4000-8000-${i.toString(16).padStart(12, '0')}`,
    vector,
    payload: {
      title: `Section ${i}`,
      text: Array.from({ length: 40 }, (_, j) => words[(i * 7 + j * j) % words.length]).join(' '),
      lang: i % 3 === 0 ? 'de' : 'en',
      year: 2000 + (i % 25),
    },
  }));
}

export function rawForm(given: readonly Article[]): RawArticle[] {
  return given.map(({ vector, ...rest }) => ({ ...rest, vector: Array.from(vector), typed: vector }));
}

/** Standard normal deviates by Box and Muller, the same for the same seed. */
function gaussians(seed: number): () => number {
  const uniform = uniforms(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
