import type { VectorInput } from '../types.ts';

/**
 * Maximal marginal relevance: the places of up to `k` vectors, each the best of those left by
 * `lambda` · (cosine to the query) − (1 − `lambda`) · (largest cosine to one chosen before). Earlier places win ties.
 *
 * LangChain's own function fails on a vector of zeros, which `dot` and `euclidean` allow: its cosine counts 0 here.
 */
export function mostMarginallyRelevant(
  query: VectorInput,
  vectors: readonly VectorInput[],
  lambda: number,
  k: number,
): number[] {
  const relevance = vectors.map((vector) => cosine(query, vector));
  const redundancy = vectors.map(() => -1);
  const chosen: number[] = [];
  const left = new Set(vectors.keys());
  while (chosen.length < k && left.size > 0) {
    let best = -1;
    let bestScore = -Infinity;
    for (const i of left) {
      const score = chosen.length === 0 ? relevance[i]! : lambda * relevance[i]! - (1 - lambda) * redundancy[i]!;
      if (score > bestScore) [best, bestScore] = [i, score];
    }
    left.delete(best);
    chosen.push(best);
    for (const i of left) redundancy[i] = Math.max(redundancy[i]!, cosine(vectors[i]!, vectors[best]!));
  }
  return chosen;
}

function cosine(a: VectorInput, b: VectorInput): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}
