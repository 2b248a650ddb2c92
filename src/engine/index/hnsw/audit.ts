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
   * Undefined where nobody knows: what was asked for found only copies of itself.
   */
  readonly error: number | undefined;
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
    const length = norm(query);
    const found = graph.search(query, looked);
    const ranked = found.positions().map((position, rank) => {
      const distance = distanceBetween(vectors.metric, query, vectors.at(positions.slotAt(position)));
      return { rank, distance, code: found.distance(rank) };
    });
    const deviation = length > 0 || vectors.metric !== 'dot' ? deviationOf(ranked, vectors.metric, length) : undefined;
    if (deviation !== undefined) deviations.push(deviation);
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
    // Not the mean: errors are large beside what lies closest together, and a few of that would outweigh the others.
    error: quantile(deviations, 0.75),
  };
}

/** Squared distances of copies: no more than rounding, for a length of 1. */
const copies = 1e-12;

/** The standard deviation of the errors of code distances, relative to what they grow with; undefined where nothing is found but copies. */
function deviationOf(
  ranked: readonly { readonly distance: number; readonly code: number }[],
  metric: Metric,
  length: number,
): number | undefined {
  // Each once: copies of one another, all of them aside by as much, would hide how far codes err.
  const distinct = new Set<number>();
  for (const { distance, code } of ranked) {
    const exact = metric === 'euclidean' ? distance ** 2 : 2 * distance;
    if (metric === 'dot') distinct.add((code - exact) / length);
    // Of the query itself, and what is as near, nothing can be said: relative to rounding every error is huge.
    else if (exact > copies * (metric === 'cosine' ? 1 : length ** 2)) distinct.add((code - exact) / Math.sqrt(exact));
  }
  const errors = [...distinct];
  // One alone says how far all are aside, not how far they differ; but that there is none.
  if (errors.length < 2) return errors[0] === 0 ? 0 : undefined;
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  return Math.sqrt(errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length);
}

/** What this share of the numbers is not above; undefined of none. */
function quantile(numbers: readonly number[], share: number): number | undefined {
  return numbers.toSorted((a, b) => a - b)[Math.ceil(share * (numbers.length - 1))];
}
