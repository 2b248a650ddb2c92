import { distanceBetween, norm } from '../../../score.ts';
import type { Metric } from '../../../types.ts';
import type { Positions } from '../positions.ts';
import type { VectorSource } from '../vector-index.ts';
import type { Graph } from './graph.ts';

const queries = 24;
const neighbours = 10;
/** Fewer than a search for ten near neighbours proposes: there will be more vectors, and they will be closer. */
const proposed = 15;
const looked = 64;

/** How well a graph's codes serve its vectors. */
export interface Audit {
  /** Of the ten that are nearest among those found near some of the vectors, the share that the codes rank so high that they are proposed. */
  readonly fidelity: number;
  /** Comparisons of a search, for each of its `ef`. */
  readonly comparisonsPerEf: number;
  /**
   * Standard deviation of a code distance from the distance itself (both as {@link Found.distance} says), in units of the root of the latter, with
   * which it grows; under dot in units of the query's length. Of three in four queries it is no more.
   */
  readonly error: number;
}

/** Asks a graph for the neighbours of some of its own vectors. */
export function auditGraph(graph: Graph, positions: Positions, vectors: VectorSource): Audit {
  const slots = positions.liveSlots();
  const step = Math.max(1, Math.floor(slots.length / queries));
  let [kept, wanted, searches] = [0, 0, 0];
  const deviations: number[] = [];
  graph.takeEvaluations();
  for (let i = 0; i < slots.length; i += step) {
    const query = vectors.at(slots[i]!).slice();
    const found = graph.search(query, looked);
    const ranked = found.positions().map((position, rank) => {
      const distance = distanceBetween(vectors.metric, query, vectors.at(positions.slotAt(position)));
      return { rank, distance, code: found.distance(rank) };
    });
    deviations.push(deviationOf(ranked, vectors.metric, norm(query)));
    const nearest = ranked.toSorted((a, b) => a.distance - b.distance).slice(0, neighbours);
    // What is as near as the last of them may stand in for it.
    const bound = nearest.at(-1)?.distance ?? 0;
    const high = ranked.filter(({ rank, distance }) => rank < proposed && distance <= bound).length;
    kept += Math.min(nearest.length, high);
    wanted += nearest.length;
    searches += 1;
  }
  return {
    fidelity: wanted === 0 ? 1 : kept / wanted,
    comparisonsPerEf: graph.takeEvaluations() / Math.max(1, searches * looked),
    // Not the mean: what lies among copies of itself says nothing of the others, and would outweigh them.
    error: quantile(deviations, 0.75),
  };
}

/** The standard deviation of the errors of code distances, relative to what they grow with, as the median says it: the query itself is among what it finds. */
function deviationOf(
  ranked: readonly { readonly distance: number; readonly code: number }[],
  metric: Metric,
  length: number,
): number {
  const errors: number[] = [];
  for (const { distance, code } of ranked) {
    const exact = metric === 'euclidean' ? distance ** 2 : 2 * distance;
    const unit = metric === 'dot' ? length : Math.sqrt(exact);
    if (unit > 0) errors.push((code - exact) / unit);
  }
  const middle = quantile(errors, 0.5);
  return (
    standardOfMedian *
    quantile(
      errors.map((error) => Math.abs(error - middle)),
      0.5,
    )
  );
}

/** The standard deviation of a normal distribution, for a median deviation of 1. */
const standardOfMedian = 1.4826;

/** What this share of the numbers is not above; 0 of none. */
function quantile(numbers: readonly number[], share: number): number {
  return numbers.toSorted((a, b) => a - b)[Math.ceil(share * (numbers.length - 1))] ?? 0;
}
