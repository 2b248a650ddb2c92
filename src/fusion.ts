import { compareIds } from './score.ts';
import { sortedInPieces } from './sorted-in-pieces.ts';
import { atOnce, type Pieces } from './time-slice.ts';
import type { Id } from './types.ts';

/** How two rankings become one, with every setting said; see `Fusion`. */
export type FusionSettings =
  | { readonly type: 'rrf'; readonly rankConstant: number }
  | { readonly type: 'weighted'; readonly vectorWeight: number };

/** A record in a ranking. Higher scores are better. */
export interface RankedHit {
  readonly id: Id;
  readonly score: number;
}

/** A record in the fused ranking, with its score in each of the two that has it. */
export interface FusedHit<H extends RankedHit> {
  readonly hit: H;
  readonly score: number;
  readonly vectorScore?: number;
  readonly textScore?: number;
}

/**
 * The best `k` of two rankings, each sorted best first: every record of either, once; ties by id. Without `vector` the scores of `text` stand.
 */
export function fuse<H extends RankedHit>(
  vector: readonly H[] | undefined,
  text: readonly H[],
  settings: FusionSettings,
  k: number,
): FusedHit<H>[] {
  return atOnce(fuseInPieces(vector, text, settings, k));
}

/** Hits fused between two looks at the clock. */
const together = 1_024;

/** The same in pieces. */
export function* fuseInPieces<H extends RankedHit>(
  vector: readonly H[] | undefined,
  text: readonly H[],
  settings: FusionSettings,
  k: number,
): Pieces<FusedHit<H>[]> {
  if (vector === undefined) return text.slice(0, k).map((hit) => ({ hit, score: hit.score, textScore: hit.score }));
  const [vectorShares, textShares] = shares(vector, text, settings);
  const fused = new Map<Id, FusedHit<H>>();
  for (const [i, hit] of vector.entries()) {
    fused.set(hit.id, { hit, score: vectorShares[i]!, vectorScore: hit.score });
    if (i % together === together - 1) yield;
  }
  for (const [i, hit] of text.entries()) {
    const other = fused.get(hit.id) ?? { hit, score: 0 };
    fused.set(hit.id, { ...other, score: other.score + textShares[i]!, textScore: hit.score });
    if (i % together === together - 1) yield;
  }
  const best = (a: FusedHit<H>, b: FusedHit<H>) => b.score - a.score || compareIds(a.hit.id, b.hit.id);
  return (yield* sortedInPieces([...fused.values()], best)).slice(0, k);
}

/** What each place of the two rankings adds to the fused score. */
function shares(
  vector: readonly RankedHit[],
  text: readonly RankedHit[],
  settings: FusionSettings,
): readonly [number[], number[]] {
  if (settings.type === 'rrf') {
    const reciprocal = (_: RankedHit, i: number) => 1 / (settings.rankConstant + i + 1);
    return [vector.map(reciprocal), text.map(reciprocal)];
  }
  const { vectorWeight } = settings;
  return [normalised(vector).map((x) => vectorWeight * x), normalised(text).map((x) => (1 - vectorWeight) * x)];
}

/** Scores from 0 for the last to 1 for the first; all 1 where they are equal. */
function normalised(ranking: readonly RankedHit[]): number[] {
  const [best = 0, worst = 0] = [ranking[0]?.score, ranking.at(-1)?.score];
  return ranking.map(({ score }) => (best > worst ? (score - worst) / (best - worst) : 1));
}
