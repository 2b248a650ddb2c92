import type { Diversity, Scored } from './query.ts';

/** Up to `limit` of the hits, each chosen for its relevance less its likeness to those chosen before. Scores stay those of the query. */
export function diverse(hits: readonly Scored[], limit: number, { lambda, relevance, likeness }: Diversity): Scored[] {
  const left = hits.map((hit) => ({
    hit,
    relevance: relevance(hit.point) ?? 0,
    likenessTo: likeness(hit.point),
    likeness: Number.NEGATIVE_INFINITY,
  }));
  if (left.length < 2) return [...hits];
  const chosen: Scored[] = [];
  while (chosen.length < limit && left.length > 0) {
    let best = 0;
    let bestScore = Number.NEGATIVE_INFINITY;
    left.forEach((candidate, at) => {
      const score =
        chosen.length === 0 ? candidate.relevance : lambda * candidate.relevance - (1 - lambda) * candidate.likeness;
      if (score > bestScore) {
        best = at;
        bestScore = score;
      }
    });
    const [next] = left.splice(best, 1);
    if (next === undefined) break;
    chosen.push(next.hit);
    for (const candidate of left)
      candidate.likeness = Math.max(candidate.likeness, candidate.likenessTo(next.hit.point) ?? 0);
  }
  return chosen;
}
